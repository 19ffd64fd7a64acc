-- Month by month from the first month of the base to the through month: what a trend is drawn from,
-- and where Tết falls; each month against the one before and the same a year before, and the year
-- to date against the plan. A month for which nothing was reported has no value; it is not zero.
-- Years to date compare only when the same number of months was reported in both. Nothing before
-- January of the year of the base is read: what a half-year reads are the inputs of its release.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

calendar as (

    select * from {{ ref('dim_month') }}

),

outputs as (

    select * from {{ answered_for(ref('fct_output')) }}

),

exports as (

    select * from {{ answered_for(ref('fct_export')) }}

),

labour as (

    select * from {{ answered_for(ref('fct_labour')) }}

),

plans as (

    select * from {{ ref('fct_plan') }}

),

indicators as (

    select * from {{ ref('headline_indicator') }}
    where code in ('gross_output', 'exports', 'labour')

),

spans as (

    select
        authority_code,
        through_month as last_month,
        min(period_month) as first_month,
        min(year_number) as first_year
    from months
    where period = 'base'
    group by authority_code, through_month

),

-- From January of the base's year, so that years to date are whole and the half-year's own months
-- have one a year before.
grid as (

    select
        spans.authority_code,
        spans.first_month,
        calendar.period_month,
        calendar.year_number,
        calendar.tet_on,
        indicators.code as indicator_code,
        indicators.label_vi,
        indicators.label_en,
        indicators.unit,
        indicators.kind as indicator_kind
    from spans
    inner join calendar
        on
            spans.first_year <= calendar.year_number
            and spans.last_month >= calendar.period_month
    cross join indicators

),

enterprise_monthly as (

    select
        authority_code,
        period_month,
        'gross_output' as indicator_code,
        tax_code,
        sum(gross_output_constant_vnd_million) as value,
        min(price_base_year) as first_price_base_year,
        max(price_base_year) as last_price_base_year
    from outputs
    group by authority_code, period_month, tax_code

    union all

    select
        authority_code,
        period_month,
        'exports' as indicator_code,
        tax_code,
        sum(export_usd) as value,
        cast(null as integer) as first_price_base_year,
        cast(null as integer) as last_price_base_year
    from exports
    group by authority_code, period_month, tax_code

    union all

    select
        authority_code,
        period_month,
        'labour' as indicator_code,
        tax_code,
        sum(headcount_persons) as value,
        cast(null as integer) as first_price_base_year,
        cast(null as integer) as last_price_base_year
    from labour
    group by authority_code, period_month, tax_code

),

ranked as (

    select
        *,
        abs(value) as size,
        row_number() over (
            partition by authority_code, period_month, indicator_code
            order by abs(value) desc nulls last, tax_code
        ) as size_rank
    from enterprise_monthly

),

-- Disclosure control asks how many make a month, and how much of it the largest two.
monthly as (

    select
        authority_code,
        period_month,
        indicator_code,
        sum(value) as value,
        min(first_price_base_year) as first_price_base_year,
        max(last_price_base_year) as last_price_base_year,
        count(case when size > 0 then 1 end) as contributor_count,
        {{ share_pct('sum(case when size_rank <= 2 then size end)', 'sum(size)') }}
            as largest_two_share_pct
    from ranked
    group by authority_code, period_month, indicator_code

),

valued as (

    select
        grid.*,
        monthly.value,
        case when grid.indicator_kind = 'flow' then monthly.value end as flow_value,
        monthly.first_price_base_year,
        monthly.last_price_base_year,
        coalesce(monthly.contributor_count, 0) as contributor_count,
        monthly.largest_two_share_pct
    from grid
    left join monthly
        on
            grid.authority_code = monthly.authority_code
            and grid.period_month = monthly.period_month
            and grid.indicator_code = monthly.indicator_code

),

year_to_date as (

    select
        *,
        sum(flow_value) over (year_so_far) as ytd_value,
        count(flow_value) over (year_so_far) as ytd_month_count,
        min(first_price_base_year) over (year_so_far) as ytd_first_price_base_year,
        max(last_price_base_year) over (year_so_far) as ytd_last_price_base_year
    from valued
    window year_so_far as (
        partition by authority_code, indicator_code, year_number order by period_month
    )

),

compared as (

    select
        *,
        {%- for column in [
            'value', 'ytd_value', 'ytd_month_count', 'first_price_base_year',
            'last_price_base_year', 'ytd_first_price_base_year', 'ytd_last_price_base_year'
        ] %}
        lag({{ column }}, 12) over (month_by_month) as {{ column }}_last_year,
        {%- endfor %}
        lag(value) over (month_by_month) as previous_month_value,
        lag(first_price_base_year) over (month_by_month) as previous_first_price_base_year,
        lag(last_price_base_year) over (month_by_month) as previous_last_price_base_year
    from year_to_date
    window month_by_month as (
        partition by authority_code, indicator_code order by period_month
    )

),

-- Values at the prices of different years do not compare; exports and labour have no base year.
comparable as (

    select
        *,
        {{ same_price_base('', 'previous_', '') }} as is_month_comparable,
        {{ same_price_base('', '', '_last_year') }} as is_year_comparable,
        {{ same_price_base('ytd_', 'ytd_', '_last_year') }} as is_ytd_comparable
    from compared
    where period_month >= first_month

),

-- The plan as last stated by the through month.
stated_plans as (

    select
        plans.authority_code,
        plans.indicator_code,
        plans.plan_year,
        plans.plan_value,
        row_number() over (
            partition by plans.authority_code, plans.indicator_code, plans.plan_year
            order by plans.period_month desc, plans.row_number desc
        ) as recency
    from plans
    inner join spans
        on
            plans.authority_code = spans.authority_code
            and plans.period_month <= spans.last_month

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        comparable.authority_code,
        comparable.period_month,
        comparable.indicator_code,
        comparable.label_vi,
        comparable.label_en,
        comparable.unit,
        {{ amount('comparable.value') }} as value,
        {{ amount('comparable.value_last_year') }} as same_month_last_year_value,
        comparable.tet_on,
        {{ amount('comparable.previous_month_value') }} as previous_month_value,
        case
            when comparable.is_month_comparable
                then {{ growth_pct('comparable.value', 'comparable.previous_month_value') }}
        end as previous_month_growth_pct,
        case
            when comparable.is_year_comparable
                then {{ growth_pct('comparable.value', 'comparable.value_last_year') }}
        end as same_month_growth_pct,
        {{ amount('comparable.ytd_value') }} as ytd_value,
        {{ amount('comparable.ytd_value_last_year') }} as ytd_same_period_value,
        case
            when
                comparable.is_ytd_comparable
                and comparable.ytd_month_count = comparable.ytd_month_count_last_year
                then {{ growth_pct('comparable.ytd_value', 'comparable.ytd_value_last_year') }}
        end as ytd_growth_pct,
        {{ amount('stated_plans.plan_value') }} as plan_value,
        {{ share_pct('comparable.ytd_value', 'stated_plans.plan_value') }} as ytd_plan_share_pct,
        comparable.contributor_count,
        comparable.largest_two_share_pct
    from comparable
    left join stated_plans
        on
            comparable.authority_code = stated_plans.authority_code
            and comparable.indicator_code = stated_plans.indicator_code
            and comparable.year_number = stated_plans.plan_year
            and stated_plans.recency = 1

)

select * from described
