-- The months that an authority's facts span: from the first to the last for which any enterprise's
-- report is counted, months between without a report included.
with

submissions as (

    select * from {{ ref('stg_submission') }}

),

months as (

    select * from {{ ref('calendar_month') }}

),

spans as (

    select
        authority_code,
        min(period_month) as first_month,
        max(period_month) as last_month
    from submissions
    where
        form_code = 'monthly_report'
        and not is_held
    group by authority_code

),

spanned as (

    select
        spans.authority_code,
        months.period_month,
        months.first_day as period_start,
        months.last_day as period_end
    from spans
    inner join months
        on months.period_month between spans.first_month and spans.last_month

)

select * from spanned
