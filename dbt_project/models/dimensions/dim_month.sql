-- Months and how they make half-years, as zonehouse.periods knows it.
with

months as (

    select
        period_month,
        first_day,
        last_day,
        year_number,
        month_number,
        quarter,
        half_year,
        same_month_last_year,
        half_year_first_month,
        half_year_last_month,
        same_half_year_last_year
    from {{ ref('calendar_month') }}

)

select * from months
