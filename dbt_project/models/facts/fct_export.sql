-- Exports and imports: enterprise × month × HS group × market, from current reports.
with

reported as (

    select * from {{ edited('export') }}

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
        hs_group,
        market_code,
        export_usd,
        import_usd
    from reported
    where
        is_current
        and {{ touched('period_month') }}

)

select * from current_rows
