{{
    config(
        materialized = 'incremental',
        incremental_strategy = 'replace_months',
        on_schema_change = 'append_new_columns'
    )
}}
-- Accepted receipts with their version. The latest counted version of a (form, authority, reporting
-- unit, month) is the current one: latest by time of arrival, then by the order of the register.
-- Earlier versions stay. What is held has no version, is never current, and takes nobody's place.
with

receipts as (

    select * from {{ ref('stg_receipt') }}

),

held as (

    select * from {{ ref('stg_held_receipt') }}
    where {{ touched('period_month') }}

),

months as (

    select * from {{ ref('calendar_month') }}

),

accepted as (

    select
        receipts.*,
        held.receipt_id is not null as is_held
    from receipts
    left join held
        on receipts.receipt_id = held.receipt_id
    where
        receipts.is_accepted
        and {{ touched('receipts.period_month') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by is_held, form_code, authority_code, reporting_unit_code, period_month
            order by received_at, batch_id, receipt_no, receipt_id
        ) as version_rank,
        count(*) filter (where not is_held) over (
            partition by form_code, authority_code, reporting_unit_code, period_month
        ) as version_count,
        count(*) filter (where not is_held) over (
            partition by form_code, authority_code, reporting_unit_code, period_month
            order by received_at, batch_id, receipt_no, receipt_id
            rows between 1 following and unbounded following
        ) as later_version_count
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
        cast(case when not ranked.is_held then ranked.version_rank end as integer)
            as submission_version,
        cast(ranked.version_count as integer) as version_count,
        not ranked.is_held and ranked.version_rank = ranked.version_count as is_current,
        ranked.is_held,
        ranked.later_version_count > 0 as is_superseded
    from ranked
    left join months
        on ranked.period_month = months.period_month

)

select * from versioned
