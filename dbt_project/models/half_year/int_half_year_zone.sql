-- Zones of each authority as they were at the end of the through month, and the zone of what the
-- register does not place: nothing reported is lost between zones and total.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where
        period = 'current'
        and is_through_month

),

zones as (

    select * from {{ ref('dim_zone') }}

),

known as (

    select
        zones.authority_code,
        zones.zone_code,
        zones.name_vi as zone_name,
        zones.name_en as zone_name_en
    from zones
    inner join months
        on
            zones.authority_code = months.authority_code
            and zones.valid_from <= months.period_end
            and (zones.valid_to is null or zones.valid_to > months.period_end)

),

unknown as (

    select
        authority_code,
        'UNKNOWN' as zone_code,
        'Chưa rõ khu' as zone_name,
        'Zone not known' as zone_name_en
    from months

),

all_zones as (

    select * from known

    union all

    select * from unknown

)

select * from all_zones
