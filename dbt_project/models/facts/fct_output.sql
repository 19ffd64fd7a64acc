-- Output: enterprise × month × product, from current reports. The year whose prices are held
-- constant belongs to the version of the form that the report was made on.
with

reported as (

    select * from {{ ref('stg_output') }}

),

forms as (

    select * from {{ ref('stg_form_version') }}
    where form_code = 'monthly_report'

),

current_rows as (

    select
        reported.authority_code,
        reported.submission_id,
        reported.submission_version,
        reported.sheet_name,
        reported.row_number,
        reported.period_month,
        reported.period_start,
        reported.period_end,
        reported.tax_code,
        reported.product_code,
        reported.product_name,
        reported.quantity_unit,
        reported.quantity,
        reported.gross_output_constant_vnd_million,
        reported.gross_output_current_vnd_million,
        reported.net_revenue_vnd_million,
        forms.price_base_year
    from reported
    left join forms
        on reported.form_version = forms.form_version
    where
        reported.is_current
        and {{ touched('reported.period_month') }}

)

select * from current_rows
