-- The register in force of each authority: the current version for the latest month that it was
-- sent for.
with

submissions as (

    select * from {{ ref('stg_submission') }}

),

ranked as (

    select
        authority_code,
        submission_id,
        submission_version,
        period_month,
        original_name,
        received_on,
        row_number() over (
            partition by authority_code order by period_month desc
        ) as recency
    from submissions
    where
        form_code = 'project_register'
        and is_current

),

latest as (

    select
        authority_code,
        submission_id,
        submission_version,
        period_month,
        original_name,
        received_on
    from ranked
    where recency = 1

)

select * from latest
