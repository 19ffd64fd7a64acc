-- Output: enterprise × month × product, from current reports. The year whose prices are held
-- constant belongs to the version of the form that the report was made on; so does the version of
-- VSIC. What a code of another version is compared under stands beside it.
with

reported as (

    select * from {{ edited('output') }}

),

forms as (

    select * from {{ ref('stg_form_version') }}
    where form_code = 'monthly_report'

),

product_versions as (

    select * from {{ ref('dim_product_version') }}

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
        forms.vsic_version,
        product_versions.comparable_product_code,
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
    left join product_versions
        on
            forms.vsic_version = product_versions.vsic_version
            and reported.product_code = product_versions.product_code
    where
        reported.is_current
        and {{ touched('reported.period_month') }}

)

select * from current_rows
