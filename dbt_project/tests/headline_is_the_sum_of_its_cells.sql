{{ config(tags = ['half_year']) }}
-- Each headline value, of the half-year and of its base, is exactly the sum of what workbook cells
-- contribute to it.
with

headline as (

    select * from {{ ref('half_year_headline') }}

),

lineage as (

    select * from {{ ref('half_year_lineage') }}

),

summed as (

    select
        authority_code,
        zone_code,
        indicator_code,
        sum(contribution) filter (where period = 'current') as value,
        sum(contribution) filter (where period = 'base') as same_period_value
    from lineage
    group by authority_code, zone_code, indicator_code

),

apart as (

    select
        authority_code,
        zone_code,
        indicator_code,
        headline.value,
        summed.value as summed_value,
        headline.same_period_value,
        summed.same_period_value as summed_same_period_value
    from headline
    full outer join summed
        using (authority_code, zone_code, indicator_code)
    where
        coalesce(headline.value, 0) <> coalesce(summed.value, 0)
        or coalesce(headline.same_period_value, 0) <> coalesce(summed.same_period_value, 0)

)

select * from apart
