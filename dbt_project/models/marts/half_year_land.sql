-- How much of each zone's land for lease is leased, and what a leased hectare and a worker give.
-- Areas are those of the register at the end of the through month. Of all zones together an area is
-- only told when each of them tells it.
with

zones as (

    select * from {{ ref('int_half_year_zone') }}
    where zone_code <> 'UNKNOWN'

),

versions as (

    select * from {{ ref('dim_zone') }}

),

months as (

    select * from {{ ref('int_half_year_month') }}
    where
        period = 'current'
        and is_through_month

),

headline as (

    select * from {{ ref('half_year_headline') }}

),

areas as (

    select
        zones.authority_code,
        zones.zone_code,
        zones.zone_name,
        zones.zone_name_en,
        versions.area_ha,
        versions.leasable_area_ha,
        versions.leased_area_ha
    from zones
    inner join months
        on zones.authority_code = months.authority_code
    inner join versions
        on
            zones.authority_code = versions.authority_code
            and zones.zone_code = versions.zone_code
            and months.period_end >= versions.valid_from
            and (versions.valid_to is null or months.period_end < versions.valid_to)

),

with_total as (

    select * from areas

    union all

    select
        authority_code,
        'TOTAL' as zone_code,
        cast(null as varchar) as zone_name,
        cast(null as varchar) as zone_name_en,
        {%- for area in ['area_ha', 'leasable_area_ha', 'leased_area_ha'] %}
        case when count({{ area }}) = count(*) then sum({{ area }}) end as {{ area }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from areas
    group by authority_code

),

figures as (

    select
        authority_code,
        zone_code,
        {%- for column, indicator in [
            ('gross_output_constant_vnd_million', 'gross_output'),
            ('export_usd', 'exports'),
            ('headcount_persons', 'labour')
        ] %}
        max(value) filter (where indicator_code = '{{ indicator }}') as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from headline
    group by authority_code, zone_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        with_total.authority_code,
        with_total.zone_code,
        with_total.zone_name,
        with_total.zone_name_en,
        {{ amount('with_total.area_ha') }} as area_ha,
        {{ amount('with_total.leasable_area_ha') }} as leasable_area_ha,
        {{ amount('with_total.leased_area_ha') }} as leased_area_ha,
        {{ share_pct('with_total.leased_area_ha', 'with_total.leasable_area_ha') }}
            as occupancy_pct,
        figures.gross_output_constant_vnd_million,
        figures.export_usd,
        cast(figures.headcount_persons as bigint) as headcount_persons,
        {{ ratio('figures.gross_output_constant_vnd_million', 'with_total.leased_area_ha') }}
            as output_per_leased_ha_vnd_million,
        {{ ratio('figures.export_usd', 'with_total.leased_area_ha') }}
            as export_per_leased_ha_usd,
        {{ ratio('figures.gross_output_constant_vnd_million', 'figures.headcount_persons') }}
            as output_per_worker_vnd_million,
        {{ ratio('figures.export_usd', 'figures.headcount_persons') }} as export_per_worker_usd
    from with_total
    left join figures
        on
            with_total.authority_code = figures.authority_code
            and with_total.zone_code = figures.zone_code

)

select * from described
