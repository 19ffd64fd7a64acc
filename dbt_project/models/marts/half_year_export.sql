-- Exports and imports of the counted months by enterprise, HS group and market, against the same
-- months a year before.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_export')) }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

markets as (

    select * from {{ ref('dim_market') }}

),

goods as (

    select * from {{ ref('hs_chapter') }}

),

summed as (

    select
        facts.authority_code,
        facts.tax_code,
        facts.hs_group,
        facts.market_code,
        sum(facts.export_usd) filter (where months.period = 'current') as export_usd,
        sum(facts.export_usd) filter (where months.period = 'base') as export_same_period_usd,
        sum(facts.import_usd) filter (where months.period = 'current') as import_usd,
        sum(facts.import_usd) filter (where months.period = 'base') as import_same_period_usd
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month
    group by facts.authority_code, facts.tax_code, facts.hs_group, facts.market_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.tax_code,
        enterprises.enterprise_name,
        enterprises.zone_code,
        enterprises.zone_name,
        enterprises.ownership,
        enterprises.sector_code,
        enterprises.sector_short_vi,
        enterprises.sector_short_en,
        summed.hs_group,
        goods.label_vi as hs_label_vi,
        goods.label_en as hs_label_en,
        summed.market_code,
        markets.label_vi as market_vi,
        markets.label_en as market_en,
        markets.region_code,
        markets.region_vi,
        markets.region_en,
        {{ amount('summed.export_usd') }} as export_usd,
        {{ amount('summed.export_same_period_usd') }} as export_same_period_usd,
        {{ growth_pct('summed.export_usd', 'summed.export_same_period_usd') }}
            as export_growth_pct,
        {{ amount('summed.import_usd') }} as import_usd,
        {{ amount('summed.import_same_period_usd') }} as import_same_period_usd,
        {{ growth_pct('summed.import_usd', 'summed.import_same_period_usd') }}
            as import_growth_pct
    from summed
    left join enterprises
        on
            summed.authority_code = enterprises.authority_code
            and summed.tax_code = enterprises.tax_code
    left join markets
        on summed.market_code = markets.market_code
    left join goods
        on summed.hs_group = goods.code

)

select * from described
