-- Versions of each zone as the register in force tells its history, beside the area published
-- elsewhere. Sources of areas differ: both are kept, each with its source.
with

register as (

    select * from {{ ref('int_current_register') }}

),

listed as (

    select * from {{ ref('stg_register_zone') }}

),

published as (

    select * from {{ ref('zone_reference') }}

),

versions as (

    select
        listed.*,
        row_number() over (
            partition by listed.authority_code, listed.zone_code, listed.valid_from
            order by listed.row_number desc
        ) as repetition
    from listed
    inner join register
        on listed.submission_id = register.submission_id

),

validity as (

    select
        versions.authority_code,
        versions.zone_code,
        versions.name_vi,
        versions.name_en,
        versions.area_ha,
        versions.area_source,
        versions.leasable_area_ha,
        versions.leased_area_ha,
        versions.established_on,
        published.area_ha as published_area_ha,
        published.source as published_area_source,
        published.as_of as published_area_as_of,
        versions.valid_from,
        lead(versions.valid_from) over (
            partition by versions.authority_code, versions.zone_code
            order by versions.valid_from
        ) as valid_to,
        versions.submission_id,
        versions.submission_version,
        versions.sheet_name,
        versions.row_number
    from versions
    left join published
        on
            versions.authority_code = published.authority_code
            and versions.zone_code = published.zone_code
    where versions.repetition = 1

),

flagged as (

    select
        *,
        valid_to is null as is_current
    from validity

)

select * from flagged
