-- Labour: enterprise × month × category, from current reports. Headcounts are those of month end
-- (stock).
with

reported as (

    select * from {{ edited('labour') }}

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
        tax_code,
        category_code,
        headcount_persons,
        women_persons,
        local_persons,
        foreign_persons,
        hires_persons,
        leavers_persons,
        average_income_vnd_million
    from reported
    where
        is_current
        and {{ touched('period_month') }}

)

select * from current_rows
