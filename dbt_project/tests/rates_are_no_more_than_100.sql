{{ config(tags = ['half_year']) }}
-- Who reported in time has reported, and who has reported owed it: no share of what was owed is
-- above 100 %.
with

reporting as (

    select
        'reporting' as mart,
        obliged_count,
        received_count,
        on_time_count,
        late_count,
        missing_count,
        received_pct,
        on_time_pct
    from {{ ref('half_year_reporting') }}

),

coverage as (

    select
        'coverage' as mart,
        obliged_count,
        received_count,
        on_time_count,
        late_count,
        missing_count,
        received_pct,
        on_time_pct
    from {{ ref('half_year_coverage') }}

),

both_marts as (

    select * from reporting

    union all

    select * from coverage

),

wrong as (

    select * from both_marts
    where
        received_count + missing_count <> obliged_count
        or on_time_count + late_count <> received_count
        or received_pct > 100
        or on_time_pct > received_pct

)

select * from wrong
