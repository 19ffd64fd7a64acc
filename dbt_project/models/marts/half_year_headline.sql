-- The half-year's figures as leaders read them: zone (or TOTAL) by indicator, with growth on the
-- same months a year before, the plan of the year and how much of what was owed has come.
with

indicators as (

    select * from {{ ref('headline_indicator') }}

),

organisation_indicators as (

    select * from {{ ref('organisation_indicator') }}

),

authorities as (

    select * from {{ ref('int_half_year_authority') }}

),

zones as (

    select * from {{ ref('int_half_year_zone') }}

),

months as (

    select * from {{ ref('int_half_year_month') }}

),

value_rows as (

    select * from {{ ref('int_half_year_value') }}

),

report_counts as (

    select * from {{ ref('int_half_year_reporting_count') }}

),

reporting as (

    select * from {{ ref('half_year_reporting') }}

),

sources as (

    select * from {{ ref('int_half_year_source') }}

),

outputs as (

    select * from {{ ref('half_year_output') }}

),

plans as (

    select * from {{ ref('fct_plan') }}

),

facts_months as (

    select * from {{ answered_for(ref('int_reported_month')) }}

),

imputations as (

    select * from {{ ref('half_year_imputation') }}
    where
        is_imputed
        and is_counted

),

-- What a figure is made from decides whether its absence is a zero: the register and a report that
-- came say "none" by silence, a report that did not come says nothing.
sourced_indicators as (

    select
        indicators.*,
        case
            when organisation_indicators.code is not null then 'organisation'
            when left(indicators.code, 9) = 'projects_' then 'project_register'
            when indicators.code = 'registered_capital' then 'project_register'
            when left(indicators.code, 15) = 'infrastructure_' then 'authority_return'
            when indicators.code = 'investor_visits' then 'authority_return'
            else 'monthly_report'
        end as source_form,
        organisation_indicators.code is null and indicators.code <> 'investor_visits' as has_zones
    from indicators
    left join organisation_indicators
        on indicators.code = organisation_indicators.code

),

all_zones as (

    select
        authority_code,
        zone_code,
        zone_name,
        zone_name_en
    from zones

    union all

    select
        authority_code,
        'TOTAL' as zone_code,
        cast(null as varchar) as zone_name,
        cast(null as varchar) as zone_name_en
    from authorities

),

used_zones as (

    select all_zones.*
    from all_zones
    where
        all_zones.zone_code <> 'UNKNOWN'
        or exists (
            select 1
            from value_rows
            where
                value_rows.authority_code = all_zones.authority_code
                and value_rows.zone_code = 'UNKNOWN'
        )

),

grid as (

    select
        authorities.authority_code,
        authorities.authority_name,
        authorities.authority_name_en,
        authorities.through_month,
        authorities.year_number,
        authorities.is_whole_half_year,
        used_zones.zone_code,
        used_zones.zone_name,
        used_zones.zone_name_en,
        sourced_indicators.code as indicator_code,
        sourced_indicators.label_vi,
        sourced_indicators.label_en,
        sourced_indicators.unit,
        sourced_indicators.kind as indicator_kind,
        sourced_indicators.display_order,
        sourced_indicators.source_form
    from authorities
    inner join used_zones
        on authorities.authority_code = used_zones.authority_code
    inner join sourced_indicators
        on sourced_indicators.has_zones or used_zones.zone_code = 'TOTAL'

),

-- Whether silence means zero, by form, zone and period. A stock needs a report of the through month
-- itself.
silence as (

    select
        authority_code,
        zone_code,
        form_code as source_form,
        period,
        report_count > 0 as is_flow_zero,
        through_month_report_count > 0 as is_stock_zero
    from report_counts

    union all

    select
        months.authority_code,
        used_zones.zone_code,
        'project_register' as source_form,
        months.period,
        true as is_flow_zero,
        true as is_stock_zero
    from months
    inner join facts_months
        on
            months.authority_code = facts_months.authority_code
            and months.period_month = facts_months.period_month
    inner join used_zones
        on months.authority_code = used_zones.authority_code
    where months.is_through_month

),

silent_zero as (

    select
        authority_code,
        zone_code,
        source_form,
        max(case when period = 'current' and is_flow_zero then 1 else 0 end) = 1
            as is_flow_zero,
        max(case when period = 'current' and is_stock_zero then 1 else 0 end) = 1
            as is_stock_zero,
        max(case when period = 'base' and is_flow_zero then 1 else 0 end) = 1
            as is_base_flow_zero,
        max(case when period = 'base' and is_stock_zero then 1 else 0 end) = 1
            as is_base_stock_zero
    from silence
    group by authority_code, zone_code, source_form

),

-- The authority's returns are not made by zone: what holds for the authority holds for each zone.
silent_zero_by_zone as (

    select * from silent_zero
    where source_form <> 'authority_return'

    union all

    select
        used_zones.authority_code,
        used_zones.zone_code,
        silent_zero.source_form,
        silent_zero.is_flow_zero,
        silent_zero.is_stock_zero,
        silent_zero.is_base_flow_zero,
        silent_zero.is_base_stock_zero
    from silent_zero
    inner join used_zones
        on silent_zero.authority_code = used_zones.authority_code
    where
        silent_zero.source_form = 'authority_return'
        and silent_zero.zone_code = 'TOTAL'

),

coverage_by_zone as (

    select
        authority_code,
        coalesce(zone_code, 'UNKNOWN') as zone_code,
        sum(obliged_count) as obliged_count,
        sum(received_count) as received_count,
        sum(through_month_obliged_count) as through_month_obliged_count,
        sum(through_month_received_count) as through_month_received_count
    from reporting
    where form_code = 'monthly_report'
    group by authority_code, coalesce(zone_code, 'UNKNOWN')

    union all

    select
        authority_code,
        'TOTAL' as zone_code,
        sum(obliged_count) as obliged_count,
        sum(received_count) as received_count,
        sum(through_month_obliged_count) as through_month_obliged_count,
        sum(through_month_received_count) as through_month_received_count
    from reporting
    where form_code = 'monthly_report'
    group by authority_code

),

own_returns as (

    select
        authority_code,
        sum(obliged_count) = sum(received_count) as is_flow_complete,
        sum(through_month_obliged_count) = sum(through_month_received_count) as is_stock_complete
    from reporting
    where form_code = 'authority_return'
    group by authority_code

),

-- The plan as last stated by the through month.
stated_plans as (

    select
        plans.authority_code,
        plans.indicator_code,
        plans.plan_value,
        row_number() over (
            partition by plans.authority_code, plans.indicator_code
            order by plans.period_month desc, plans.row_number desc
        ) as recency
    from plans
    inner join authorities
        on
            plans.authority_code = authorities.authority_code
            and plans.plan_year = authorities.year_number
            and plans.period_month <= authorities.through_month

),

allocations as (

    select
        authority_code,
        zone_code,
        value as allocated_vnd_million
    from value_rows
    where indicator_code = 'infrastructure_allocated'

),

-- Estimates for missing reports; they stand beside the values, which are what was reported.
imputed_by_zone as (

    select
        authority_code,
        zone_code,
        indicator_code,
        sum(imputed_value) filter (where period = 'current') as imputed_value,
        sum(imputed_value) filter (where period = 'base') as same_period_imputed_value
    from imputations
    group by authority_code, zone_code, indicator_code

    union all

    select
        authority_code,
        'TOTAL' as zone_code,
        indicator_code,
        sum(imputed_value) filter (where period = 'current') as imputed_value,
        sum(imputed_value) filter (where period = 'base') as same_period_imputed_value
    from imputations
    group by authority_code, indicator_code

),

-- Values at the prices of different years do not compare.
price_bases as (

    select
        authority_code,
        min(price_base_year) as first_year,
        max(price_base_year) as last_year,
        min(price_base_year_same_period) as first_year_same_period,
        max(price_base_year_same_period) as last_year_same_period
    from outputs
    group by authority_code

),

first_months as (

    select
        authority_code,
        min(period_end) as first_month_end
    from months
    group by authority_code

),

-- Whose reports from before a merger are among the figures or their base.
mergers as (

    select
        sources.authority_code,
        {{ listed(
            "concat(sources.source_authority_name, ' (', sources.source_authority_code, ')')",
            'sources.source_authority_code'
        ) }} as merged_authorities
    from sources
    inner join first_months
        on
            sources.authority_code = first_months.authority_code
            and sources.merged_on > first_months.first_month_end
    group by sources.authority_code

),

valued as (

    select
        grid.*,
        mergers.merged_authorities,
        coalesce(
            value_rows.value,
            case
                when
                    (grid.indicator_kind = 'flow' and silent_zero_by_zone.is_flow_zero)
                    or (grid.indicator_kind = 'stock' and silent_zero_by_zone.is_stock_zero)
                    then 0
            end
        ) as value,
        coalesce(
            value_rows.same_period_value,
            case
                when
                    (grid.indicator_kind = 'flow' and silent_zero_by_zone.is_base_flow_zero)
                    or (grid.indicator_kind = 'stock' and silent_zero_by_zone.is_base_stock_zero)
                    then 0
            end
        ) as same_period_value,
        coalesce(imputed_by_zone.imputed_value, 0) as imputed_value,
        coalesce(imputed_by_zone.same_period_imputed_value, 0) as same_period_imputed_value,
        case
            when grid.indicator_code = 'infrastructure_disbursed'
                then allocations.allocated_vnd_million
            when grid.zone_code = 'TOTAL' then stated_plans.plan_value
        end as plan_value,
        -- What the register or the authority itself says does not hang on enterprises' reports. A
        -- stock is that of the through month: reports of earlier months do not complete it.
        case
            when grid.source_form = 'monthly_report' and grid.indicator_kind = 'stock'
                then
                    {{ share_pct(
                        'coverage_by_zone.through_month_received_count',
                        'coverage_by_zone.through_month_obliged_count'
                    ) }}
            when grid.source_form = 'monthly_report'
                then
                    {{ share_pct(
                        'coverage_by_zone.received_count', 'coverage_by_zone.obliged_count'
                    ) }}
        end as coverage_pct,
        -- Complete as covered: a stock by what came for the through month, what the authority says
        -- by its returns; of the register nothing is owed.
        grid.is_whole_half_year
        and case
            when grid.source_form = 'project_register' then true
            when grid.source_form <> 'monthly_report' and grid.indicator_kind = 'stock'
                then coalesce(own_returns.is_stock_complete, true)
            when grid.source_form <> 'monthly_report'
                then coalesce(own_returns.is_flow_complete, true)
            when grid.indicator_kind = 'stock'
                then
                    coalesce(
                        coverage_by_zone.through_month_received_count
                        = coverage_by_zone.through_month_obliged_count,
                        false
                    )
            else
                coalesce(coverage_by_zone.received_count = coverage_by_zone.obliged_count, false)
        end as is_complete,
        grid.indicator_code <> 'gross_output'
        or (
            price_bases.first_year = price_bases.last_year
            and price_bases.first_year = price_bases.first_year_same_period
            and price_bases.first_year = price_bases.last_year_same_period
        ) as is_comparable
    from grid
    left join value_rows
        on
            grid.authority_code = value_rows.authority_code
            and grid.zone_code = value_rows.zone_code
            and grid.indicator_code = value_rows.indicator_code
    left join silent_zero_by_zone
        on
            grid.authority_code = silent_zero_by_zone.authority_code
            and grid.zone_code = silent_zero_by_zone.zone_code
            and grid.source_form = silent_zero_by_zone.source_form
    left join allocations
        on
            grid.authority_code = allocations.authority_code
            and grid.zone_code = allocations.zone_code
    left join stated_plans
        on
            grid.authority_code = stated_plans.authority_code
            and grid.indicator_code = stated_plans.indicator_code
            and stated_plans.recency = 1
    left join coverage_by_zone
        on
            grid.authority_code = coverage_by_zone.authority_code
            and grid.zone_code = coverage_by_zone.zone_code
    left join own_returns
        on grid.authority_code = own_returns.authority_code
    left join imputed_by_zone
        on
            grid.authority_code = imputed_by_zone.authority_code
            and grid.zone_code = imputed_by_zone.zone_code
            and grid.indicator_code = imputed_by_zone.indicator_code
    left join price_bases
        on grid.authority_code = price_bases.authority_code
    left join mergers
        on grid.authority_code = mergers.authority_code

),

completed as (

    select
        *,
        coalesce(value, case when imputed_value <> 0 then 0 end) + imputed_value
            as value_with_imputation,
        coalesce(same_period_value, case when same_period_imputed_value <> 0 then 0 end)
        + same_period_imputed_value as same_period_value_with_imputation
    from valued

),

finished as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        authority_code,
        authority_name,
        authority_name_en,
        zone_code,
        zone_name,
        zone_name_en,
        indicator_code,
        label_vi,
        label_en,
        unit,
        indicator_kind,
        display_order,
        {{ amount('value') }} as value,
        {{ amount('same_period_value') }} as same_period_value,
        case
            when is_comparable then {{ growth_pct('value', 'same_period_value') }}
        end as growth_pct,
        {{ amount('plan_value') }} as plan_value,
        {{ share_pct('value', 'plan_value') }} as plan_share_pct,
        coverage_pct,
        coalesce({{ share_pct('imputed_value', 'value_with_imputation') }}, 0)
            as imputed_share_pct,
        case when is_complete then 'final' else 'provisional' end as status,
        through_month,
        {{ amount('imputed_value') }} as imputed_value,
        {{ amount('same_period_imputed_value') }} as same_period_imputed_value,
        {{ amount('value_with_imputation') }} as value_with_imputation,
        case
            when is_comparable
                then
                    {{ growth_pct(
                        'value_with_imputation', 'same_period_value_with_imputation'
                    ) }}
        end as growth_with_imputation_pct,
        imputed_value <> 0 as is_imputed,
        merged_authorities
    from completed

)

select * from finished
