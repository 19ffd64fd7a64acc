-- Months and how they make half-years, as zonehouse.periods knows it.
with

months as (

    select * from {{ ref('calendar_month') }}

)

select * from months
