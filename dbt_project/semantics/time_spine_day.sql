-- Every day, for tools that read the semantic definitions of the metrics: they join on it.
with

spine as (

    {{ day_spine() }}

),

days as (

    select cast(date_day as date) as date_day
    from spine

)

select * from days
