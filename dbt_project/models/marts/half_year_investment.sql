-- Projects as they were at the end of the through month and of the same month a year before, with
-- the capital implemented in the counted months. Capital in foreign currency is converted at the
-- rate of its certificate. A project that was terminated before and had no capital implemented has
-- nothing to tell and no row. What another authority had then is placed as its successor places it.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_investment')) }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

zones as (

    select * from {{ ref('int_half_year_zone') }}

),

sectors as (

    select * from {{ ref('dim_product') }}

),

counted as (

    select
        facts.*,
        months.period,
        months.is_through_month
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month

),

period_ends as (

    select * from counted
    where is_through_month

),

implemented as (

    select
        authority_code,
        project_code,
        max(tax_code) as tax_code,
        sum(implemented_capital_vnd_million) filter (where period = 'current')
            as implemented_capital_vnd_million,
        sum(implemented_capital_vnd_million) filter (where period = 'base')
            as implemented_capital_same_period_vnd_million
    from counted
    group by authority_code, project_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        implemented.authority_code,
        implemented.project_code,
        now_facts.project_name,
        coalesce(now_facts.tax_code, implemented.tax_code) as tax_code,
        enterprises.enterprise_name,
        zones.zone_code,
        zones.zone_name,
        now_facts.sector_code,
        sectors.short_vi as sector_short_vi,
        sectors.short_en as sector_short_en,
        now_facts.ownership,
        now_facts.status,
        coalesce(now_facts.status <> 'terminated', false) as is_valid,
        coalesce(now_facts.is_behind_schedule, false) as is_behind_schedule,
        now_facts.commitment_on,
        -- Committed to operate by a day that is past, and neither operating nor given up.
        case
            when
                now_facts.status in ('in_procedure', 'building', 'suspended')
                and now_facts.commitment_on < now_facts.period_end
                then {{ days_between('now_facts.commitment_on', 'now_facts.period_end') }}
        end as days_late,
        then_zones.zone_code as same_period_zone_code,
        then_facts.ownership as same_period_ownership,
        then_facts.status as same_period_status,
        coalesce(then_facts.status <> 'terminated', false) as same_period_is_valid,
        coalesce(then_facts.is_behind_schedule, false) as same_period_is_behind_schedule,
        now_facts.certificate_no,
        now_facts.certified_on,
        now_facts.currency,
        now_facts.registered_capital_original_million,
        now_facts.certificate_rate_vnd,
        now_facts.registered_capital_vnd_million,
        then_facts.registered_capital_vnd_million as registered_capital_same_period_vnd_million,
        now_facts.charter_capital_vnd_million,
        {{ amount('implemented.implemented_capital_vnd_million') }}
            as implemented_capital_vnd_million,
        {{ amount('implemented.implemented_capital_same_period_vnd_million') }}
            as implemented_capital_same_period_vnd_million,
        {{ growth_pct(
            'implemented.implemented_capital_vnd_million',
            'implemented.implemented_capital_same_period_vnd_million'
        ) }} as implemented_capital_growth_pct
    from implemented
    left join period_ends as now_facts
        on
            implemented.authority_code = now_facts.authority_code
            and implemented.project_code = now_facts.project_code
            and now_facts.period = 'current'
    left join period_ends as then_facts
        on
            implemented.authority_code = then_facts.authority_code
            and implemented.project_code = then_facts.project_code
            and then_facts.period = 'base'
    left join enterprises
        on
            implemented.authority_code = enterprises.authority_code
            and coalesce(now_facts.tax_code, implemented.tax_code) = enterprises.tax_code
    left join sectors
        on now_facts.sector_code = sectors.product_code
    left join zones as known_zones
        on
            implemented.authority_code = known_zones.authority_code
            and now_facts.zone_code = known_zones.zone_code
    inner join zones
        on
            implemented.authority_code = zones.authority_code
            and coalesce(known_zones.zone_code, 'UNKNOWN') = zones.zone_code
    left join zones as known_then_zones
        on
            implemented.authority_code = known_then_zones.authority_code
            and case
                when then_facts.merged_on is null then then_facts.zone_code
                else now_facts.zone_code
            end = known_then_zones.zone_code
    inner join zones as then_zones
        on
            implemented.authority_code = then_zones.authority_code
            and coalesce(known_then_zones.zone_code, 'UNKNOWN') = then_zones.zone_code

)

select * from described
where
    is_valid
    or same_period_is_valid
    or implemented_capital_vnd_million is not null
    or implemented_capital_same_period_vnd_million is not null
