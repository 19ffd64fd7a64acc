-- Each project in each counted month and the same month a year before, as it was then and as it is
-- today. Registered capital is that of the month's end, at the rate of its own certificate: of one
-- month it adds up, of several it does not.
with

months as (

    select * from {{ ref('int_half_year_group_month') }}

),

facts as (

    select * from {{ ref('fct_investment') }}

),

bridge as (

    select * from {{ ref('bridge_project_month') }}

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        facts.authority_code,
        months.period,
        facts.period_month,
        facts.project_code,
        facts.tax_code,
        bridge.authority_code_as_is,
        bridge.project_name_as_was,
        bridge.project_name_as_is,
        coalesce(bridge.zone_code_as_was, 'UNKNOWN') as zone_code_as_was,
        coalesce(bridge.zone_code_as_is, 'UNKNOWN') as zone_code_as_is,
        bridge.ownership_as_was,
        bridge.ownership_as_is,
        bridge.sector_code_as_was,
        bridge.sector_code_as_is,
        bridge.status_as_was,
        bridge.status_as_is,
        coalesce(facts.is_behind_schedule, false) as is_behind_schedule,
        facts.currency,
        facts.registered_capital_original_million,
        facts.certificate_rate_vnd,
        facts.registered_capital_vnd_million,
        facts.implemented_capital_vnd_million
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month
    inner join bridge
        on
            facts.authority_code = bridge.authority_code
            and facts.project_code = bridge.project_code
            and facts.period_month = bridge.period_month

)

select * from described
