-- Each enterprise in each month that facts span, as it was at the end of that month and as it is
-- today, that is, as the register in force says last: one join groups a fact either way. What was
-- merged is described by the authority that answers for it now, where its register knows the
-- enterprise. Without a version of that month there is nothing to say of it: NULL.
with

months as (

    select * from {{ ref('int_reported_month') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

zones as (

    select * from {{ ref('dim_zone') }}

),

authorities as (

    select * from {{ ref('dim_authority') }}

),

current_enterprises as (

    select * from enterprises
    where is_current

),

current_authorities as (

    select * from authorities
    where is_current

),

units as (

    select distinct
        authority_code,
        tax_code
    from enterprises

),

today as (

    select
        units.authority_code,
        units.tax_code,
        coalesce(current_authorities.responsible_authority_code, units.authority_code)
            as authority_code_as_is,
        current_authorities.name_vi as authority_name_as_is,
        {{ described_today('tax_code', 'enterprise_name') }} as enterprise_name_as_is,
        {{ described_today('tax_code', 'zone_code') }} as zone_code_as_is,
        {{ described_today('tax_code', 'ownership') }} as ownership_as_is,
        {{ described_today('tax_code', 'sector_code') }} as sector_code_as_is,
        {{ described_today('tax_code', 'authority_code') }} as zone_authority_code
    from units
    left join current_authorities
        on units.authority_code = current_authorities.authority_code
    left join current_enterprises as own
        on
            units.authority_code = own.authority_code
            and units.tax_code = own.tax_code
    left join current_enterprises as taken_over
        on
            current_authorities.responsible_authority_code = taken_over.authority_code
            and units.tax_code = taken_over.tax_code

),

joined as (

    select
        months.authority_code,
        today.tax_code,
        months.period_month,
        coalesce(authority_versions.responsible_authority_code, months.authority_code)
            as authority_code_as_was,
        today.authority_code_as_is,
        authority_versions.name_vi as authority_name_as_was,
        today.authority_name_as_is,
        versions.enterprise_name as enterprise_name_as_was,
        today.enterprise_name_as_is,
        versions.zone_code as zone_code_as_was,
        today.zone_code_as_is,
        zone_versions.name_vi as zone_name_as_was,
        zones_today.name_vi as zone_name_as_is,
        versions.ownership as ownership_as_was,
        today.ownership_as_is,
        versions.sector_code as sector_code_as_was,
        today.sector_code_as_is
    from months
    inner join today
        on months.authority_code = today.authority_code
    left join enterprises as versions
        on
            today.authority_code = versions.authority_code
            and today.tax_code = versions.tax_code
            and months.period_end >= versions.valid_from
            and (versions.valid_to is null or months.period_end < versions.valid_to)
    left join zones as zone_versions
        on
            versions.authority_code = zone_versions.authority_code
            and versions.zone_code = zone_versions.zone_code
            and months.period_end >= zone_versions.valid_from
            and (zone_versions.valid_to is null or months.period_end < zone_versions.valid_to)
    left join zones as zones_today
        on
            today.zone_authority_code = zones_today.authority_code
            and today.zone_code_as_is = zones_today.zone_code
            and zones_today.is_current
    left join authorities as authority_versions
        on
            months.authority_code = authority_versions.authority_code
            and months.period_end >= authority_versions.valid_from
            and (
                authority_versions.valid_to is null
                or months.period_end < authority_versions.valid_to
            )

)

select * from joined
