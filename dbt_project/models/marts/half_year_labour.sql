-- Labour by enterprise and category. Headcounts are stocks: those of the through month. Hires and
-- leavers are flows: summed. Average income is weighted by headcount over the counted months that
-- gave one, never summed.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_labour')) }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

counted as (

    select
        facts.*,
        months.period,
        months.is_through_month,
        facts.average_income_vnd_million * facts.headcount_persons as income_vnd_million,
        case
            when facts.average_income_vnd_million is not null then facts.headcount_persons
        end as income_weight_persons
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month

),

summed as (

    select
        authority_code,
        tax_code,
        category_code,
        {%- for measure in ['headcount', 'women', 'local', 'foreign'] %}
        sum({{ measure }}_persons) filter (where period = 'current' and is_through_month)
            as {{ measure }}_persons,
        {%- endfor %}
        sum(headcount_persons) filter (where period = 'base' and is_through_month)
            as headcount_same_period_persons,
        {%- for measure in ['hires', 'leavers'] %}
        sum({{ measure }}_persons) filter (where period = 'current') as {{ measure }}_persons,
        sum({{ measure }}_persons) filter (where period = 'base')
            as {{ measure }}_same_period_persons,
        {%- endfor %}
        cast(sum(income_vnd_million) filter (where period = 'current') as double)
        / nullif(
            cast(sum(income_weight_persons) filter (where period = 'current') as double), 0
        ) as average_income_vnd_million,
        cast(sum(income_vnd_million) filter (where period = 'base') as double)
        / nullif(
            cast(sum(income_weight_persons) filter (where period = 'base') as double), 0
        ) as average_income_same_period_vnd_million,
        sum(income_weight_persons) filter (where period = 'current') as income_weight_person_months
    from counted
    group by authority_code, tax_code, category_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.tax_code,
        enterprises.enterprise_name,
        enterprises.zone_code,
        enterprises.zone_name,
        enterprises.ownership,
        enterprises.sector_code,
        enterprises.sector_short_vi,
        enterprises.sector_short_en,
        summed.category_code,
        {%- for measure in ['headcount', 'women', 'local', 'foreign'] %}
        cast(summed.{{ measure }}_persons as bigint) as {{ measure }}_persons,
        {%- endfor %}
        cast(summed.headcount_same_period_persons as bigint) as headcount_same_period_persons,
        {{ growth_pct('summed.headcount_persons', 'summed.headcount_same_period_persons') }}
            as headcount_growth_pct,
        {%- for measure in ['hires', 'leavers'] %}
        cast(summed.{{ measure }}_persons as bigint) as {{ measure }}_persons,
        cast(summed.{{ measure }}_same_period_persons as bigint)
            as {{ measure }}_same_period_persons,
        {%- endfor %}
        summed.average_income_vnd_million,
        summed.average_income_same_period_vnd_million,
        cast(summed.income_weight_person_months as bigint) as income_weight_person_months
    from summed
    left join enterprises
        on
            summed.authority_code = enterprises.authority_code
            and summed.tax_code = enterprises.tax_code

)

select * from described
