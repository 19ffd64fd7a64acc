-- Contacts with investors, from the authority's current returns.
with

reported as (

    select * from {{ edited('investor_contact') }}

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
        contact_no,
        contact_on,
        country_code,
        sector_code,
        visits_count
    from reported
    where
        is_current
        and {{ touched('period_month') }}

)

select * from current_rows
