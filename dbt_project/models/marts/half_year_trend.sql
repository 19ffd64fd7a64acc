-- Month by month from the first month of the base to the through month: what a trend is drawn from,
-- and where Tết falls. A month for which nothing was reported has no value; it is not zero.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

calendar as (

    select * from {{ ref('dim_month') }}

),

outputs as (

    select * from {{ ref('fct_output') }}

),

exports as (

    select * from {{ ref('fct_export') }}

),

labour as (

    select * from {{ ref('fct_labour') }}

),

indicators as (

    select * from {{ ref('headline_indicator') }}
    where code in ('gross_output', 'exports', 'labour')

),

spans as (

    select
        authority_code,
        through_month as last_month,
        min(period_month) as first_month
    from months
    where period = 'base'
    group by authority_code, through_month

),

grid as (

    select
        spans.authority_code,
        calendar.period_month,
        calendar.same_month_last_year,
        calendar.tet_on,
        indicators.code as indicator_code,
        indicators.label_vi,
        indicators.label_en,
        indicators.unit
    from spans
    inner join calendar
        on calendar.period_month between spans.first_month and spans.last_month
    cross join indicators

),

monthly as (

    select
        authority_code,
        period_month,
        'gross_output' as indicator_code,
        sum(gross_output_constant_vnd_million) as value
    from outputs
    group by authority_code, period_month

    union all

    select
        authority_code,
        period_month,
        'exports' as indicator_code,
        sum(export_usd) as value
    from exports
    group by authority_code, period_month

    union all

    select
        authority_code,
        period_month,
        'labour' as indicator_code,
        sum(headcount_persons) as value
    from labour
    group by authority_code, period_month

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        grid.authority_code,
        grid.period_month,
        grid.indicator_code,
        grid.label_vi,
        grid.label_en,
        grid.unit,
        {{ amount('monthly.value') }} as value,
        {{ amount('earlier.value') }} as same_month_last_year_value,
        grid.tet_on
    from grid
    left join monthly
        on
            grid.authority_code = monthly.authority_code
            and grid.period_month = monthly.period_month
            and grid.indicator_code = monthly.indicator_code
    left join monthly as earlier
        on
            grid.authority_code = earlier.authority_code
            and grid.same_month_last_year = earlier.period_month
            and grid.indicator_code = earlier.indicator_code

)

select * from described
