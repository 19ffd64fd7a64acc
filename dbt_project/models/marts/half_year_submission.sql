-- What was sent for each counted month and what became of it; what was owed and did not come; and
-- which enterprises owed nothing. A file that came twice on a day is one row.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where period = 'current'

),

receipts as (

    select * from {{ ref('stg_receipt') }}

),

submissions as (

    select * from {{ ref('stg_submission') }}

),

held as (

    select * from {{ ref('stg_held_receipt') }}

),

obligations as (

    select * from {{ ref('fct_submission') }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

authorities as (

    select * from {{ ref('int_half_year_authority') }}

),

arrivals as (

    select
        receipts.authority_code,
        receipts.form_code,
        receipts.reporting_unit_code,
        receipts.period_month,
        receipts.submission_id,
        receipts.received_on,
        case
            when submissions.is_superseded then 'superseded'
            when submissions.is_held then 'held'
            else receipts.intake_state
        end as state,
        max(receipts.original_name) as original_name,
        max(submissions.submission_version) as submission_version,
        max(coalesce(receipts.reason_code, held.held_code)) as reason_code,
        max(receipts.error_count) as error_count,
        max(receipts.warning_count) as warning_count,
        max(receipts.info_count) as info_count,
        count(*) as receipt_count
    from receipts
    inner join months
        on
            receipts.authority_code = months.authority_code
            and receipts.period_month = months.period_month
    left join submissions
        on receipts.receipt_id = submissions.receipt_id
    left join held
        on receipts.receipt_id = held.receipt_id
    where receipts.reporting_unit_code is not null
    group by
        receipts.authority_code,
        receipts.form_code,
        receipts.reporting_unit_code,
        receipts.period_month,
        receipts.submission_id,
        receipts.received_on,
        case
            when submissions.is_superseded then 'superseded'
            when submissions.is_held then 'held'
            else receipts.intake_state
        end

),

numbered as (

    select
        *,
        row_number() over (
            partition by authority_code, form_code, reporting_unit_code, period_month
            order by
                received_on asc,
                coalesce(submission_version, 0) asc,
                submission_id asc,
                state asc
        ) as arrival_no
    from arrivals

),

owed as (

    select obligations.*
    from obligations
    inner join months
        on
            obligations.authority_code = months.authority_code
            and obligations.period_month = months.period_month

),

unit_months as (

    select
        authority_code,
        form_code,
        reporting_unit_code,
        period_month
    from owed

    union distinct

    select
        authority_code,
        form_code,
        reporting_unit_code,
        period_month
    from numbered

    union distinct

    select
        enterprises.authority_code,
        'monthly_report' as form_code,
        enterprises.tax_code as reporting_unit_code,
        months.period_month
    from enterprises
    inner join months
        on enterprises.authority_code = months.authority_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        unit_months.authority_code,
        unit_months.form_code,
        unit_months.reporting_unit_code,
        coalesce(enterprises.enterprise_name, authorities.authority_name) as reporting_unit_name,
        enterprises.zone_code,
        unit_months.period_month,
        cast(coalesce(numbered.arrival_no, 0) as integer) as arrival_no,
        owed.form_code is not null as is_obliged,
        owed.due_on,
        numbered.received_on,
        numbered.received_on <= owed.due_on as is_on_time,
        case
            when numbered.state is not null then numbered.state
            when owed.form_code is not null then 'missing'
            else 'not_obliged'
        end as arrival_state,
        numbered.submission_id,
        numbered.original_name,
        numbered.submission_version,
        numbered.reason_code,
        cast(coalesce(numbered.receipt_count, 0) as bigint) as receipt_count,
        cast(coalesce(numbered.error_count, 0) as bigint) as error_count,
        cast(coalesce(numbered.warning_count, 0) as bigint) as warning_count,
        cast(coalesce(numbered.info_count, 0) as bigint) as info_count
    from unit_months
    left join numbered
        on
            unit_months.authority_code = numbered.authority_code
            and unit_months.form_code = numbered.form_code
            and unit_months.reporting_unit_code = numbered.reporting_unit_code
            and unit_months.period_month = numbered.period_month
    left join owed
        on
            unit_months.authority_code = owed.authority_code
            and unit_months.form_code = owed.form_code
            and unit_months.reporting_unit_code = owed.reporting_unit_code
            and unit_months.period_month = owed.period_month
    left join enterprises
        on
            unit_months.authority_code = enterprises.authority_code
            and unit_months.reporting_unit_code = enterprises.tax_code
    left join authorities
        on unit_months.reporting_unit_code = authorities.authority_code

)

select * from described
