{{ config(tags = ['half_year']) }}
-- What is told by zone adds up to what is told for the whole.
with

headline as (

    select * from {{ ref('half_year_headline') }}

),

compared as (

    select
        authority_code,
        indicator_code,
        max(value) filter (where zone_code = 'TOTAL') as total_value,
        sum(value) filter (where zone_code <> 'TOTAL') as zones_value,
        count(*) filter (where zone_code <> 'TOTAL') as zone_count
    from headline
    group by authority_code, indicator_code

),

apart as (

    select * from compared
    where
        zone_count > 0
        and coalesce(total_value, 0) <> coalesce(zones_value, 0)

)

select * from apart
