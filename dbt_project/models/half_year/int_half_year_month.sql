-- The months that the half-year counts, by authority: from its first month up to the last one of it
-- that any enterprise reported (through month), and the same months a year before as the base of
-- growth.
with

submissions as (

    select * from {{ ref('stg_submission') }}

),

calendar as (

    select * from {{ ref('calendar_month') }}

),

own_months as (

    select * from calendar
    where half_year = '{{ var("half_year") }}'

),

reported as (

    select
        submissions.authority_code,
        max(own_months.period_month) as through_month
    from submissions
    inner join own_months
        on submissions.period_month = own_months.period_month
    where
        submissions.form_code = 'monthly_report'
        and not submissions.is_held
    group by submissions.authority_code

),

counted as (

    select
        reported.authority_code,
        reported.through_month,
        own_months.period_month,
        own_months.same_month_last_year,
        own_months.year_number,
        own_months.period_month = reported.through_month as is_through_month,
        reported.through_month = own_months.half_year_last_month as is_whole_half_year
    from reported
    inner join own_months
        on reported.through_month >= own_months.period_month

),

both_periods as (

    select
        authority_code,
        'current' as period,
        period_month,
        through_month,
        year_number,
        is_through_month,
        is_whole_half_year
    from counted

    union all

    select
        authority_code,
        'base' as period,
        same_month_last_year as period_month,
        through_month,
        year_number - 1 as year_number,
        is_through_month,
        is_whole_half_year
    from counted

),

dated as (

    select
        both_periods.*,
        calendar.last_day as period_end,
        max(calendar.last_day) over (
            partition by both_periods.authority_code, both_periods.period
        ) as period_last_day
    from both_periods
    left join calendar
        on both_periods.period_month = calendar.period_month

)

select * from dated
