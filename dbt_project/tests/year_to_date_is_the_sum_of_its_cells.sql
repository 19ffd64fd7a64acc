{{ config(tags = ['half_year']) }}
-- Where lineage has cells of years to date, they sum to those of the trend.
with

trend as (

    select * from {{ ref('half_year_trend') }}

),

authorities as (

    select * from {{ ref('int_half_year_authority') }}

),

lineage as (

    select * from {{ ref('half_year_lineage') }}

),

summed as (

    select
        authority_code,
        indicator_code,
        sum(contribution) filter (where period = 'year_to_date') as ytd_value,
        sum(contribution) filter (where period = 'base_year_to_date') as ytd_same_period_value
    from lineage
    where period in ('year_to_date', 'base_year_to_date')
    group by authority_code, indicator_code

),

apart as (

    select
        summed.authority_code,
        summed.indicator_code,
        summed.ytd_value,
        trend.ytd_value as trend_ytd_value,
        summed.ytd_same_period_value,
        trend.ytd_same_period_value as trend_ytd_same_period_value
    from summed
    inner join authorities
        on summed.authority_code = authorities.authority_code
    left join trend
        on
            summed.authority_code = trend.authority_code
            and summed.indicator_code = trend.indicator_code
            and authorities.through_month = trend.period_month
    where
        coalesce(summed.ytd_value, 0) <> coalesce(trend.ytd_value, 0)
        or coalesce(summed.ytd_same_period_value, 0) <> coalesce(trend.ytd_same_period_value, 0)

)

select * from apart
