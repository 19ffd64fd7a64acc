-- What the gate and the stewards decided about each candidate, and what was published.
with

landed as (

    select * from {{ landing('gate_decision') }}

),

renamed as (

    select
        decided_at,
        candidate_id,
        half_year,
        inputs_digest,
        outcome,
        decided_by,
        reason,
        run_id
    from landed

)

select * from renamed
