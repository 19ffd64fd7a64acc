-- Results of every run of the checks, so that quality can be followed over time.
with

landed as (

    select * from {{ landing('validation_result') }}

),

renamed as (

    select
        run_id,
        checked_at,
        scope,
        scope_key,
        checkpoint as checkpoint_name,
        suite as suite_name,
        table_name,
        expectation_type,
        column_name,
        severity,
        success as is_success,
        raised as is_raised,
        observed,
        unexpected_count,
        element_count,
        reason_vi,
        reason_en,
        owner as owner_name,
        rule as rule_name,
        title_vi,
        title_en,
        accepted_by
    from landed

)

select * from renamed
