-- Visits of investors in the counted months by country and sector of interest.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_investor_contact')) }}

),

markets as (

    select * from {{ ref('dim_market') }}

),

sectors as (

    select * from {{ ref('dim_product') }}

),

summed as (

    select
        facts.authority_code,
        facts.country_code,
        facts.sector_code,
        sum(facts.visits_count) filter (where months.period = 'current') as visits_count,
        sum(facts.visits_count) filter (where months.period = 'base')
            as visits_same_period_count
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month
    group by facts.authority_code, facts.country_code, facts.sector_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.country_code,
        markets.label_vi as country_vi,
        markets.label_en as country_en,
        markets.region_code,
        markets.region_vi,
        markets.region_en,
        summed.sector_code,
        sectors.short_vi as sector_short_vi,
        sectors.short_en as sector_short_en,
        cast(summed.visits_count as bigint) as visits_count,
        cast(summed.visits_same_period_count as bigint) as visits_same_period_count
    from summed
    left join markets
        on summed.country_code = markets.market_code
    left join sectors
        on summed.sector_code = sectors.product_code

)

select * from described
