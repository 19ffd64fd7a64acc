-- Headline values by zone, rolled up from the marts of the single subjects; what has no zone stands
-- under TOTAL only.
{%- set project_counts = [
    ('projects_valid', 'true', 'true'),
    ('projects_operating', "status = 'operating'", "same_period_status = 'operating'"),
    ('projects_building', "status = 'building'", "same_period_status = 'building'"),
    ('projects_in_procedure', "status = 'in_procedure'", "same_period_status = 'in_procedure'"),
    ('projects_suspended', "status = 'suspended'", "same_period_status = 'suspended'"),
    ('projects_behind_schedule', 'is_behind_schedule', 'same_period_is_behind_schedule'),
    ('projects_domestic', "ownership = 'domestic'", "same_period_ownership = 'domestic'"),
    ('projects_fdi', "ownership = 'fdi'", "same_period_ownership = 'fdi'")
] %}
{%- set sums = [
    ('implemented_capital', 'investment', 'implemented_capital_vnd_million',
        'implemented_capital_same_period_vnd_million'),
    ('gross_output', 'output', 'gross_output_constant_vnd_million',
        'gross_output_constant_same_period_vnd_million'),
    ('gross_output_current', 'output', 'gross_output_current_vnd_million',
        'gross_output_current_same_period_vnd_million'),
    ('net_revenue', 'output', 'net_revenue_vnd_million', 'net_revenue_same_period_vnd_million'),
    ('exports', 'export', 'export_usd', 'export_same_period_usd'),
    ('imports', 'export', 'import_usd', 'import_same_period_usd'),
    ('labour', 'labour', 'headcount_persons', 'headcount_same_period_persons'),
    ('infrastructure_allocated', 'infrastructure', 'allocated_year_vnd_million',
        'allocated_year_same_period_vnd_million'),
    ('infrastructure_disbursed', 'infrastructure', 'disbursed_vnd_million',
        'disbursed_same_period_vnd_million')
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

infrastructure as (

    select * from {{ ref('half_year_infrastructure') }}

),

investor_contact as (

    select * from {{ ref('half_year_investor_contact') }}

),

organisation as (

    select * from {{ ref('half_year_organisation') }}

),

cells as (
    {% for indicator, mart, value, same_period_value in sums %}
    select
        authority_code,
        zone_code,
        '{{ indicator }}' as indicator_code,
        {{ amount(value) }} as value,
        {{ amount(same_period_value) }} as same_period_value
    from {{ mart }}

    union all
    {% endfor %}
    {%- for indicator, condition, same_period_condition in project_counts %}
    select
        authority_code,
        zone_code,
        '{{ indicator }}' as indicator_code,
        {{ amount('1') }} as value,
        {{ amount('null') }} as same_period_value
    from investment
    where
        is_valid
        and {{ condition }}

    union all

    select
        authority_code,
        same_period_zone_code as zone_code,
        '{{ indicator }}' as indicator_code,
        {{ amount('null') }} as value,
        {{ amount('1') }} as same_period_value
    from investment
    where
        same_period_is_valid
        and {{ same_period_condition }}

    union all
    {% endfor %}
    select
        authority_code,
        zone_code,
        'registered_capital' as indicator_code,
        registered_capital_vnd_million as value,
        {{ amount('null') }} as same_period_value
    from investment
    where is_valid

    union all

    select
        authority_code,
        same_period_zone_code as zone_code,
        'registered_capital' as indicator_code,
        {{ amount('null') }} as value,
        registered_capital_same_period_vnd_million as same_period_value
    from investment
    where same_period_is_valid

    union all

    select
        authority_code,
        'TOTAL' as zone_code,
        'investor_visits' as indicator_code,
        {{ amount('visits_count') }} as value,
        {{ amount('visits_same_period_count') }} as same_period_value
    from investor_contact

    union all

    select
        authority_code,
        'TOTAL' as zone_code,
        indicator_code,
        indicator_value as value,
        same_period_value
    from organisation

),

by_zone as (

    select
        authority_code,
        zone_code,
        indicator_code,
        sum(value) as value,
        sum(same_period_value) as same_period_value
    from cells
    group by authority_code, zone_code, indicator_code

),

zones_summed as (

    select
        authority_code,
        'TOTAL' as zone_code,
        indicator_code,
        sum(value) as value,
        sum(same_period_value) as same_period_value
    from by_zone
    where zone_code <> 'TOTAL'
    group by authority_code, indicator_code

),

with_total as (

    select * from by_zone

    union all

    select * from zones_summed

)

select * from with_total
