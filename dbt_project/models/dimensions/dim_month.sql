-- Months and how they make half-years, as zonehouse.periods knows it.
with

calendar as (

    select * from {{ ref('calendar_month') }}

),

lunar_years as (

    select * from {{ ref('lunar_new_year') }}

),

months as (

    select
        calendar.period_month,
        calendar.first_day,
        calendar.last_day,
        calendar.year_number,
        calendar.month_number,
        calendar.quarter,
        calendar.half_year,
        calendar.same_month_last_year,
        calendar.half_year_first_month,
        calendar.half_year_last_month,
        calendar.same_half_year_last_year,
        lunar_years.first_day as tet_on
    from calendar
    left join lunar_years
        on lunar_years.first_day between calendar.first_day and calendar.last_day

)

select * from months
