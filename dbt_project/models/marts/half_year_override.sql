-- What stewards accepted or replaced in the reports of the counted months, in force or not.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

entries as (

    select * from {{ ref('fct_override') }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

authorities as (

    select * from {{ ref('int_half_year_authority') }}

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        entries.authority_code,
        entries.override_id,
        months.period,
        entries.period_month,
        entries.form_code,
        entries.reporting_unit_code,
        coalesce(enterprises.enterprise_name, authorities.authority_name) as reporting_unit_name,
        entries.section_code,
        entries.row_key,
        entries.column_code,
        entries.entry_version,
        entries.action,
        entries.state,
        entries.reported_value,
        entries.edited_value,
        entries.current_value,
        entries.entered_at,
        entries.entered_by,
        entries.reason,
        entries.revoked_at,
        entries.revoked_by,
        entries.revoke_reason
    from entries
    inner join months
        on
            entries.authority_code = months.authority_code
            and entries.period_month = months.period_month
    left join enterprises
        on
            entries.authority_code = enterprises.authority_code
            and entries.reporting_unit_code = enterprises.tax_code
    left join authorities
        on entries.reporting_unit_code = authorities.authority_code

)

select * from described
