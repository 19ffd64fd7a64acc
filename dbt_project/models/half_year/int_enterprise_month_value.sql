-- What each enterprise that reported gave for each counted month, by indicator. A report without a
-- row says zero; a report whose rows hold no number says nothing.
{%- set measures = [
    ('gross_output', 'fct_output', 'gross_output_constant_vnd_million'),
    ('gross_output_current', 'fct_output', 'gross_output_current_vnd_million'),
    ('net_revenue', 'fct_output', 'net_revenue_vnd_million'),
    ('exports', 'fct_export', 'export_usd'),
    ('imports', 'fct_export', 'import_usd'),
    ('labour', 'fct_labour', 'headcount_persons')
] %}
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

reports as (

    select * from {{ answered_for(ref('fct_submission')) }}
    where
        form_code = 'monthly_report'
        and is_received

),

reported as (

    select distinct
        reports.authority_code,
        reports.reporting_unit_code as tax_code,
        months.period,
        months.period_month
    from reports
    inner join months
        on
            reports.authority_code = months.authority_code
            and reports.period_month = months.period_month

),

-- The facts once for each subject, whatever the number of its indicators.
summed as (
    {% for fact in ['fct_output', 'fct_export', 'fct_labour'] %}
    select
        authority_code,
        tax_code,
        period_month,
        {%- for indicator, of_fact, column in measures %}
        {{ amount('sum(' ~ column ~ ')' if of_fact == fact else 'null') }} as {{ indicator }},
        {%- endfor %}
        '{{ fact }}' as fact
    from {{ answered_for(ref(fact)) }}
    where period_month in (select months.period_month from months)
    group by authority_code, tax_code, period_month
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

valued as (
    {% for indicator, fact, column in measures %}
    select
        reported.authority_code,
        reported.tax_code,
        reported.period,
        reported.period_month,
        '{{ indicator }}' as indicator_code,
        case
            when summed.tax_code is null then {{ amount('0') }} else summed.{{ indicator }}
        end as value
    from reported
    left join summed
        on
            reported.authority_code = summed.authority_code
            and reported.tax_code = summed.tax_code
            and reported.period_month = summed.period_month
            and summed.fact = '{{ fact }}'
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

given as (

    select * from valued
    where value is not null

)

select * from given
