-- Enterprises that reported in the counted months, as the register had them at the end of the
-- through month. One that the register does not know is kept, in the zone UNKNOWN.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

submissions as (

    select * from {{ answered_for(ref('stg_submission')) }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

zones as (

    select * from {{ ref('int_half_year_zone') }}

),

sectors as (

    select * from {{ ref('dim_product') }}

),

through_months as (

    select * from months
    where
        period = 'current'
        and is_through_month

),

units as (

    select distinct
        submissions.authority_code,
        submissions.reporting_unit_code as tax_code
    from submissions
    inner join months
        on
            submissions.authority_code = months.authority_code
            and submissions.period_month = months.period_month
    where
        submissions.form_code = 'monthly_report'
        and not submissions.is_held

    union distinct

    select distinct
        authority_code,
        tax_code
    from enterprises

),

versions as (

    select enterprises.*
    from enterprises
    inner join through_months
        on
            enterprises.authority_code = through_months.authority_code
            and enterprises.valid_from <= through_months.period_end
            and (
                enterprises.valid_to is null or enterprises.valid_to > through_months.period_end
            )

),

placed as (

    select
        units.authority_code,
        units.tax_code,
        versions.enterprise_name,
        zones.zone_code,
        zones.zone_name,
        versions.ownership,
        versions.sector_code,
        sectors.short_vi as sector_short_vi,
        sectors.short_en as sector_short_en
    from units
    left join versions
        on
            units.authority_code = versions.authority_code
            and units.tax_code = versions.tax_code
    left join sectors
        on versions.sector_code = sectors.product_code
    inner join through_months
        on units.authority_code = through_months.authority_code
    left join zones as known_zones
        on
            units.authority_code = known_zones.authority_code
            and versions.zone_code = known_zones.zone_code
    inner join zones
        on
            units.authority_code = zones.authority_code
            and coalesce(known_zones.zone_code, 'UNKNOWN') = zones.zone_code

)

select * from placed
