{{
    config(
        materialized = 'incremental',
        incremental_strategy = 'replace_months',
        on_schema_change = 'append_new_columns'
    )
}}
-- Accepted receipts with their version. The latest accepted version of a (form, reporting unit,
-- month) is the current one: latest by time of arrival, then by the order of the register. Earlier
-- versions stay.
with

receipts as (

    select * from {{ ref('stg_receipt') }}

),

months as (

    select * from {{ ref('calendar_month') }}

),

accepted as (

    select *
    from receipts
    where
        is_accepted
        and {{ touched('period_month') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by form_code, reporting_unit_code, period_month
            order by received_at, batch_id, receipt_no, receipt_id
        ) as submission_version,
        count(*) over (
            partition by form_code, reporting_unit_code, period_month
        ) as version_count
    from accepted

),

versioned as (

    select
        ranked.submission_id,
        ranked.receipt_id,
        ranked.batch_id,
        ranked.form_code,
        ranked.form_version,
        ranked.authority_code,
        ranked.reporting_unit_code,
        ranked.period_month,
        coalesce(ranked.period_start, months.first_day) as period_start,
        coalesce(ranked.period_end, months.last_day) as period_end,
        ranked.received_at,
        ranked.received_on,
        ranked.intake_state,
        ranked.original_name,
        ranked.error_count,
        ranked.warning_count,
        ranked.info_count,
        cast(ranked.submission_version as integer) as submission_version,
        cast(ranked.version_count as integer) as version_count,
        ranked.submission_version = ranked.version_count as is_current
    from ranked
    left join months
        on ranked.period_month = months.period_month

)

select * from versioned
