-- Plans of a year: month of the return × year × indicator. Which return counts is for the reader to
-- say.
with

reported as (

    select * from {{ edited('annual_plan') }}

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
        plan_year,
        indicator_code,
        plan_value
    from reported
    where
        is_current
        and {{ touched('period_month') }}

)

select * from current_rows
