-- The authority's organisation figures: month × indicator, from its current returns.
with

reported as (

    select * from {{ edited('organisation') }}

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
        indicator_code,
        indicator_value
    from reported
    where
        is_current
        and {{ touched('period_month') }}

)

select * from current_rows
