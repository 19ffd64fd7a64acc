-- Values that a steward has settled: they leave the queue of doubts (half_year_suspicion). Who
-- accepted a number has looked at the month, and who replaced one has too; a value that is amended
-- afterwards is a doubt again, since the override then lapses.
with

overrides as (

    select * from {{ ref('fct_override') }}
    where
        state = 'active'
        and form_code = 'monthly_report'

),

settled as (
    {% for indicator, section, column in [
        ('gross_output', 'output', 'gross_output_constant_vnd_million'),
        ('gross_output_current', 'output', 'gross_output_current_vnd_million'),
        ('net_revenue', 'output', 'net_revenue_vnd_million'),
        ('exports', 'export', 'export_usd'),
        ('imports', 'export', 'import_usd'),
        ('labour', 'labour', 'headcount_persons')
    ] %}
    select distinct
        authority_code,
        reporting_unit_code as tax_code,
        period_month,
        submission_id,
        '{{ indicator }}' as indicator_code
    from overrides
    where
        section_code = '{{ section }}'
        and column_code = '{{ column }}'
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from settled
