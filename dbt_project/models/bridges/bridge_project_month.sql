-- Each project in each month that facts span, as it was at the end of that month (kept in the fact)
-- and as it is today, that is, as the register in force says last.
with

facts as (

    select * from {{ ref('fct_investment') }}

),

current_projects as (

    select * from {{ ref('dim_project') }}
    where is_current

),

current_authorities as (

    select * from {{ ref('dim_authority') }}
    where is_current

),

units as (

    select distinct
        authority_code,
        project_code
    from facts

),

today as (

    select
        units.authority_code,
        units.project_code,
        coalesce(current_authorities.responsible_authority_code, units.authority_code)
            as authority_code_as_is,
        {{ described_today('project_code', 'project_name') }} as project_name_as_is,
        {{ described_today('project_code', 'zone_code') }} as zone_code_as_is,
        {{ described_today('project_code', 'ownership') }} as ownership_as_is,
        {{ described_today('project_code', 'sector_code') }} as sector_code_as_is,
        {{ described_today('project_code', 'status') }} as status_as_is
    from units
    left join current_authorities
        on units.authority_code = current_authorities.authority_code
    left join current_projects as own
        on
            units.authority_code = own.authority_code
            and units.project_code = own.project_code
    left join current_projects as taken_over
        on
            current_authorities.responsible_authority_code = taken_over.authority_code
            and units.project_code = taken_over.project_code

),

joined as (

    select
        facts.authority_code,
        facts.project_code,
        facts.period_month,
        today.authority_code_as_is,
        facts.project_name as project_name_as_was,
        today.project_name_as_is,
        facts.zone_code as zone_code_as_was,
        today.zone_code_as_is,
        facts.ownership as ownership_as_was,
        today.ownership_as_is,
        facts.sector_code as sector_code_as_was,
        today.sector_code_as_is,
        facts.status as status_as_was,
        today.status_as_is
    from facts
    inner join today
        on
            facts.authority_code = today.authority_code
            and facts.project_code = today.project_code

)

select * from joined
