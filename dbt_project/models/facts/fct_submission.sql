-- Obligations: form × reporting unit × month, and what became of them. An enterprise owes the
-- monthly report from the month it reports from to the month it reports until; the authority owes
-- its return for each month that its facts span. What nobody owes is not missing and has no row.
-- A held report is not received yet: the share of reports received is that of reports counted. Once
-- it is counted, it was received on the day it arrived.
with

months as (

    select * from {{ ref('int_reported_month') }}
    where {{ touched('period_month') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

forms as (

    select * from {{ ref('stg_form_version') }}
    where frequency = 'month'

),

submissions as (

    select * from {{ ref('stg_submission') }}
    where {{ touched('period_month') }}

),

receipts as (

    select * from {{ ref('stg_receipt') }}
    where {{ touched('period_month') }}

),

reporting_units as (

    select
        months.authority_code,
        'enterprise' as reporting_unit,
        enterprises.tax_code as reporting_unit_code,
        enterprises.zone_code,
        months.period_month,
        months.period_start,
        months.period_end
    from months
    inner join enterprises
        on
            months.authority_code = enterprises.authority_code
            and months.period_end >= enterprises.valid_from
            and (enterprises.valid_to is null or months.period_end < enterprises.valid_to)
            and months.period_end >= enterprises.reporting_from
            and (
                enterprises.reporting_to is null or months.period_start <= enterprises.reporting_to
            )

    union all

    select
        months.authority_code,
        'authority' as reporting_unit,
        months.authority_code as reporting_unit_code,
        cast(null as varchar) as zone_code,
        months.period_month,
        months.period_start,
        months.period_end
    from months

),

obligations as (

    select
        forms.form_code,
        reporting_units.*,
        {{ day_of_later_month(
            'reporting_units.period_start', 'forms.due_months_after', 'forms.due_day'
        ) }} as due_on
    from reporting_units
    inner join forms
        on
            reporting_units.reporting_unit = forms.reporting_unit
            and reporting_units.period_month between forms.valid_from_month
            and forms.valid_to_month

),

received as (

    select
        form_code,
        authority_code,
        reporting_unit_code,
        period_month,
        min(received_on) filter (where not is_held) as first_received_on,
        bool_or(is_held) as has_held
    from submissions
    group by form_code, authority_code, reporting_unit_code, period_month

),

current_versions as (

    select * from submissions
    where is_current

),

refused as (

    select distinct
        form_code,
        authority_code,
        reporting_unit_code,
        period_month
    from receipts
    where intake_state = 'rejected'

),

joined as (

    select
        obligations.authority_code,
        current_versions.submission_id,
        current_versions.submission_version,
        cast(null as varchar) as sheet_name,
        cast(null as integer) as row_number,
        obligations.period_month,
        obligations.period_start,
        obligations.period_end,
        obligations.form_code,
        obligations.reporting_unit_code,
        obligations.zone_code,
        obligations.due_on,
        received.first_received_on,
        received.first_received_on is not null as is_received,
        coalesce(received.first_received_on <= obligations.due_on, false) as is_on_time,
        coalesce(current_versions.version_count, 0) as version_count,
        case
            when current_versions.submission_id is not null then current_versions.intake_state
            when received.has_held then 'held'
            when refused.form_code is not null then 'rejected'
            else 'missing'
        end as state,
        coalesce(current_versions.error_count, 0) as error_count,
        coalesce(current_versions.warning_count, 0) as warning_count
    from obligations
    left join received
        on
            obligations.form_code = received.form_code
            and obligations.authority_code = received.authority_code
            and obligations.reporting_unit_code = received.reporting_unit_code
            and obligations.period_month = received.period_month
    left join current_versions
        on
            obligations.form_code = current_versions.form_code
            and obligations.authority_code = current_versions.authority_code
            and obligations.reporting_unit_code = current_versions.reporting_unit_code
            and obligations.period_month = current_versions.period_month
    left join refused
        on
            obligations.form_code = refused.form_code
            and obligations.authority_code = refused.authority_code
            and obligations.reporting_unit_code = refused.reporting_unit_code
            and obligations.period_month = refused.period_month

)

select * from joined
