-- What each enterprise, sector and zone adds to the growth of the whole, in percentage points:
-- 100 × (its change) ÷ (the base of the whole). Points are rounded to nine decimals on the running
-- sum of changes and taken as its steps: they add up exactly to the rounded growth, whatever they
-- are grouped by, and who did not change gets exactly zero. No growth of the whole, no points.
{%- set measures = [
    ('gross_output', 'output', 'gross_output_constant_vnd_million',
        'gross_output_constant_same_period_vnd_million'),
    ('gross_output_current', 'output', 'gross_output_current_vnd_million',
        'gross_output_current_same_period_vnd_million'),
    ('net_revenue', 'output', 'net_revenue_vnd_million', 'net_revenue_same_period_vnd_million'),
    ('exports', 'export', 'export_usd', 'export_same_period_usd'),
    ('imports', 'export', 'import_usd', 'import_same_period_usd'),
    ('labour', 'labour', 'headcount_persons', 'headcount_same_period_persons'),
    ('implemented_capital', 'investment', 'implemented_capital_vnd_million',
        'implemented_capital_same_period_vnd_million')
] %}
with

output as (

    select * from {{ ref('half_year_output') }}

),

export as (

    select * from {{ ref('half_year_export') }}

),

labour as (

    select * from {{ ref('half_year_labour') }}

),

investment as (

    select * from {{ ref('half_year_investment') }}

),

totals as (

    select * from {{ ref('half_year_headline') }}
    where zone_code = 'TOTAL'

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

sectors as (

    select * from {{ ref('dim_product') }}

),

zones as (

    select * from {{ ref('int_half_year_zone') }}

),

months as (

    select * from {{ ref('int_half_year_month') }}

),

obligations as (

    select * from {{ answered_for(ref('fct_submission')) }}
    where form_code = 'monthly_report'

),

reported as (
    {% for indicator, mart, value, same_period_value in measures %}
    select
        authority_code,
        '{{ indicator }}' as indicator_code,
        coalesce(tax_code, 'UNKNOWN') as tax_code,
        coalesce(sector_code, 'UNKNOWN') as sector_code,
        coalesce(zone_code, 'UNKNOWN') as zone_code,
        {{ amount(value) }} as value,
        {{ amount(same_period_value) }} as same_period_value
    from {{ mart }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

leaves as (

    select
        authority_code,
        indicator_code,
        tax_code,
        sector_code,
        zone_code,
        {{ amount('sum(value)') }} as value,
        {{ amount('sum(same_period_value)') }} as same_period_value,
        {{ amount('coalesce(sum(value), 0) - coalesce(sum(same_period_value), 0)') }}
            as change_value
    from reported
    group by authority_code, indicator_code, tax_code, sector_code, zone_code
    having count(value) > 0 or count(same_period_value) > 0

),

running as (

    select
        leaves.*,
        totals.unit,
        totals.indicator_kind,
        totals.growth_pct,
        totals.same_period_value as total_same_period_value,
        sum(leaves.change_value) over (
            partition by leaves.authority_code, leaves.indicator_code
            order by
                abs(leaves.change_value) desc,
                leaves.tax_code asc,
                leaves.sector_code asc,
                leaves.zone_code asc
            rows between unbounded preceding and current row
        ) as change_so_far
    from leaves
    inner join totals
        on
            leaves.authority_code = totals.authority_code
            and leaves.indicator_code = totals.indicator_code

),

in_points as (

    select
        *,
        case
            when growth_pct is not null
                then
                    cast(
                        round({{ share_pct('change_so_far', 'total_same_period_value') }}, 9)
                        as decimal(24, 9)
                    )
        end as points_so_far,
        case
            when growth_pct is not null then cast(round(growth_pct, 9) as decimal(24, 9))
        end as total_growth_pp
    from running

),

contributions as (

    select
        *,
        points_so_far - lag(points_so_far, 1, cast(0 as decimal(24, 9))) over (
            partition by authority_code, indicator_code
            order by abs(change_value) desc, tax_code asc, sector_code asc, zone_code asc
        ) as contribution_pp
    from in_points

),

-- Whether a figure is absent because a report is, or because there was nobody to report.
missing_reports as (

    select
        obligations.authority_code,
        obligations.reporting_unit_code as tax_code,
        count(*) filter (where months.period = 'current') as missing_count,
        count(*) filter (where months.period = 'current' and months.is_through_month)
            as missing_through_count,
        count(*) filter (where months.period = 'base') as base_missing_count,
        count(*) filter (where months.period = 'base' and months.is_through_month)
            as base_missing_through_count
    from obligations
    inner join months
        on
            obligations.authority_code = months.authority_code
            and obligations.period_month = months.period_month
    where not obligations.is_received
    group by obligations.authority_code, obligations.reporting_unit_code

),

explained as (

    select
        contributions.*,
        coalesce(
            case
                when contributions.indicator_kind = 'stock'
                    then missing_reports.missing_through_count
                else missing_reports.missing_count
            end, 0
        ) as missing_count,
        coalesce(
            case
                when contributions.indicator_kind = 'stock'
                    then missing_reports.base_missing_through_count
                else missing_reports.base_missing_count
            end, 0
        ) as same_period_missing_count
    from contributions
    left join missing_reports
        on
            contributions.authority_code = missing_reports.authority_code
            and contributions.tax_code = missing_reports.tax_code

),

members as (
    {% for breakdown, code in [
        ('enterprise', 'tax_code'), ('sector', 'sector_code'), ('zone', 'zone_code')
    ] %}
    select
        authority_code,
        indicator_code,
        unit,
        '{{ breakdown }}' as breakdown,
        {{ code }} as member_code,
        sum(value) as value,
        sum(same_period_value) as same_period_value,
        sum(change_value) as change_value,
        sum(contribution_pp) as contribution_pp,
        max(total_growth_pp) as total_growth_pp,
        sum(missing_count) as missing_count,
        sum(same_period_missing_count) as same_period_missing_count
    from explained
    group by authority_code, indicator_code, unit, {{ code }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        members.authority_code,
        members.indicator_code,
        members.unit,
        members.breakdown,
        members.member_code,
        coalesce(enterprises.enterprise_name, sectors.label_vi, zones.zone_name) as member_name,
        coalesce(sectors.label_en, zones.zone_name_en) as member_name_en,
        {{ amount('members.value') }} as value,
        {{ amount('members.same_period_value') }} as same_period_value,
        {{ amount('members.change_value') }} as change_value,
        cast(members.contribution_pp as decimal(24, 9)) as contribution_pp,
        members.total_growth_pp,
        case
            when members.value is not null and members.same_period_value is not null
                then 'continuing'
            when members.value is not null and members.same_period_missing_count > 0
                then 'not_reported_then'
            when members.value is not null then 'entering'
            when members.missing_count > 0 then 'not_reported_now'
            else 'leaving'
        end as presence,
        cast(members.missing_count as bigint) as missing_count,
        cast(members.same_period_missing_count as bigint) as same_period_missing_count
    from members
    left join enterprises
        on
            members.breakdown = 'enterprise'
            and members.authority_code = enterprises.authority_code
            and members.member_code = enterprises.tax_code
    left join sectors
        on
            members.breakdown = 'sector'
            and members.member_code = sectors.product_code
    left join zones
        on
            members.breakdown = 'zone'
            and members.authority_code = zones.authority_code
            and members.member_code = zones.zone_code

)

select * from described
