-- Infrastructure works: work × month, from the authority's current returns.
with

reported as (

    select * from {{ edited('infrastructure') }}

),

current_rows as (

    select
        authority_code,
        submission_id,
        submission_version,
        sheet_name,
        row_number,
        period_month,
        period_start,
        period_end,
        work_code,
        work_name,
        zone_code,
        allocated_year_vnd_million,
        disbursed_vnd_million
    from reported
    where
        is_current
        and {{ touched('period_month') }}

)

select * from current_rows
