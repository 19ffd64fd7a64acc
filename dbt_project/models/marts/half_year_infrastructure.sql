-- Infrastructure works: what was disbursed in the counted months, against the year's allocation as
-- last stated by the through month. What an authority was allocated that was merged since is of the
-- base until its successor states it: the last statements of both are summed.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_infrastructure')) }}

),

zones as (

    select * from {{ ref('int_half_year_zone') }}

),

counted as (

    select
        facts.*,
        months.period,
        coalesce(facts.merged_on > months.period_last_day, true) as is_last_to_state,
        row_number() over (
            partition by
                facts.authority_code,
                facts.source_authority_code,
                facts.work_code,
                months.period
            order by facts.period_month desc, facts.row_number desc
        ) as recency,
        row_number() over (
            partition by facts.authority_code, facts.work_code
            order by facts.period_month desc, facts.row_number desc
        ) as recency_of_both
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month

),

summed as (

    select
        authority_code,
        work_code,
        max(work_name) filter (where recency_of_both = 1) as work_name,
        max(zone_code) filter (where recency_of_both = 1) as zone_code,
        {%- for period, column in [
            ('current', 'allocated_year'), ('base', 'allocated_year_same_period')
        ] %}
        sum(allocated_year_vnd_million) filter (
            where period = '{{ period }}' and recency = 1 and is_last_to_state
        ) as {{ column }}_vnd_million,
        {%- endfor %}
        sum(disbursed_vnd_million) filter (where period = 'current') as disbursed_vnd_million,
        sum(disbursed_vnd_million) filter (where period = 'base')
            as disbursed_same_period_vnd_million
    from counted
    group by authority_code, work_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.work_code,
        summed.work_name,
        zones.zone_code,
        zones.zone_name,
        {{ amount('summed.allocated_year_vnd_million') }} as allocated_year_vnd_million,
        {{ amount('summed.allocated_year_same_period_vnd_million') }}
            as allocated_year_same_period_vnd_million,
        {{ amount('summed.disbursed_vnd_million') }} as disbursed_vnd_million,
        {{ amount('summed.disbursed_same_period_vnd_million') }}
            as disbursed_same_period_vnd_million,
        {{ share_pct('summed.disbursed_vnd_million', 'summed.allocated_year_vnd_million') }}
            as disbursed_share_pct,
        {{ growth_pct('summed.disbursed_vnd_million', 'summed.disbursed_same_period_vnd_million') }}
            as disbursed_growth_pct
    from summed
    left join zones as known_zones
        on
            summed.authority_code = known_zones.authority_code
            and summed.zone_code = known_zones.zone_code
    inner join zones
        on
            summed.authority_code = zones.authority_code
            and coalesce(known_zones.zone_code, 'UNKNOWN') = zones.zone_code

)

select * from described
