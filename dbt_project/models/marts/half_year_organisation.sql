-- Organisation figures by indicator. A flow is summed, a stock is that of the through month, of the
-- others the last one given counts; the shares that several authorities gave which are one now do
-- not make one.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_organisation')) }}

),

indicators as (

    select * from {{ ref('organisation_indicator') }}

),

counted as (

    select
        facts.*,
        indicators.kind,
        months.period,
        months.is_through_month,
        row_number() over (
            partition by facts.authority_code, facts.indicator_code, months.period
            order by
                case when facts.indicator_value is null then 1 else 0 end,
                facts.period_month desc,
                facts.row_number desc
        ) as recency,
        count(facts.indicator_value) filter (
            where facts.merged_on > months.period_last_day
        ) over (
            partition by facts.authority_code, facts.indicator_code, months.period
        ) as apart_count
    from facts
    inner join indicators
        on facts.indicator_code = indicators.code
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month

),

chosen as (

    select * from counted
    where
        kind = 'flow'
        or (kind = 'stock' and is_through_month)
        or (kind = 'latest' and recency = 1 and apart_count = 0)

),

summed as (

    select
        authority_code,
        indicator_code,
        sum(indicator_value) filter (where period = 'current') as indicator_value,
        sum(indicator_value) filter (where period = 'base') as same_period_value
    from chosen
    group by authority_code, indicator_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.indicator_code,
        indicators.label_vi,
        indicators.label_en,
        indicators.unit,
        indicators.kind as indicator_kind,
        indicators.display_order,
        {{ amount('summed.indicator_value') }} as indicator_value,
        {{ amount('summed.same_period_value') }} as same_period_value,
        {{ growth_pct('summed.indicator_value', 'summed.same_period_value') }} as growth_pct
    from summed
    inner join indicators
        on summed.indicator_code = indicators.code

)

select * from described
