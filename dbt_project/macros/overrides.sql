{#
  What a steward may override: the sections of the forms that facts are made from, who reports them, the natural key of a
  row (the form definition's row_key) and the number columns with their types. zonehouse.quality.reported says the same;
  a test compares the two.
#}
{% macro overridable_sections() -%}
    {%- set amount_type = 'decimal(24, 6)' -%}
    {{ return([
        {'form': 'monthly_report', 'section': 'output', 'unit': 'tax_code',
            'key': ['product_code', 'product_name'], 'columns': {
                'quantity': amount_type, 'gross_output_constant_vnd_million': amount_type,
                'gross_output_current_vnd_million': amount_type, 'net_revenue_vnd_million': amount_type}},
        {'form': 'monthly_report', 'section': 'export', 'unit': 'tax_code',
            'key': ['hs_group', 'market_code'], 'columns': {
                'export_usd': amount_type, 'import_usd': amount_type}},
        {'form': 'monthly_report', 'section': 'labour', 'unit': 'tax_code',
            'key': ['category_code'], 'columns': {
                'headcount_persons': 'bigint', 'women_persons': 'bigint', 'local_persons': 'bigint',
                'foreign_persons': 'bigint', 'hires_persons': 'bigint', 'leavers_persons': 'bigint',
                'average_income_vnd_million': amount_type}},
        {'form': 'monthly_report', 'section': 'investment', 'unit': 'tax_code',
            'key': ['project_code'], 'columns': {'implemented_capital_vnd_million': amount_type}},
        {'form': 'authority_return', 'section': 'infrastructure', 'unit': 'authority_code',
            'key': ['work_code'], 'columns': {
                'allocated_year_vnd_million': amount_type, 'disbursed_vnd_million': amount_type}},
        {'form': 'authority_return', 'section': 'investor_contact', 'unit': 'authority_code',
            'key': ['contact_no'], 'columns': {'visits_count': 'bigint'}},
        {'form': 'authority_return', 'section': 'organisation', 'unit': 'authority_code',
            'key': ['indicator_code'], 'columns': {'indicator_value': amount_type}},
        {'form': 'authority_return', 'section': 'annual_plan', 'unit': 'authority_code',
            'key': ['plan_year', 'indicator_code'], 'columns': {'plan_value': amount_type}}
    ]) }}
{%- endmacro %}

{# The rows of a section's staging view, with the numbers that stewards replaced; nothing else differs from it. #}
{% macro edited(section) -%}
    {%- set told = (overridable_sections() | selectattr('section', 'equalto', section) | list)[0] -%}
    (
        select
            {{ star_with('staged', told['columns']) }}
        from {{ ref('stg_' ~ section) }} as staged
        left join (
            select
                submission_id,
                sheet_name,
                row_number
                {%- for column in told['columns'] %},
                max(case when column_code = '{{ column }}' then edited_value end) as {{ column }}
                {%- endfor %}
            from {{ ref('fct_override') }}
            where
                form_code = '{{ told["form"] }}'
                and section_code = '{{ section }}'
                and action = 'replace'
                and state = 'active'
            group by submission_id, sheet_name, row_number
        ) as edits
            on
                staged.submission_id = edits.submission_id
                and staged.sheet_name = edits.sheet_name
                and staged.row_number = edits.row_number
    )
{%- endmacro %}

{# Every column of `staged`, the named ones with what `edits` holds for them where it holds anything. #}
{% macro star_with(staged, columns) -%}
    {{ adapter.dispatch('star_with', 'zonehouse')(staged, columns) }}
{%- endmacro %}

{% macro duckdb__star_with(staged, columns) -%}
    {{ staged }}.* replace (
        {%- for column, type in columns.items() %}
        cast(coalesce(edits.{{ column }}, {{ staged }}.{{ column }}) as {{ type }}) as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{# For each of the `entries`, the numbers that the reports in force have under its key: one row a row of the sheet. #}
{% macro numbers_in_force(entries) -%}
    {% for told in overridable_sections() %}
    select
        {{ entries }}.override_id,
        staged.submission_id,
        staged.submission_version,
        staged.sheet_name,
        staged.row_number,
        staged.period_start,
        staged.period_end,
        row_number() over (
            partition by {{ entries }}.override_id
            order by staged.sheet_name, staged.row_number
        ) as row_occurrence,
        case {{ entries }}.column_code
            {%- for column in told['columns'] %}
            when '{{ column }}' then {{ amount('staged.' ~ column) }}
            {%- endfor %}
        end as current_value,
        case {{ entries }}.column_code
            {%- for column in told['columns'] %}
            when '{{ column }}' then staged.{{ column }}__mark
            {%- endfor %}
        end as current_mark
    from {{ entries }}
    inner join {{ ref('stg_' ~ told['section']) }} as staged
        on
            {{ entries }}.authority_code = staged.authority_code
            and {{ entries }}.reporting_unit_code = staged.{{ told['unit'] }}
            and {{ entries }}.period_month = staged.period_month
            and {{ entries }}.row_key = concat(
                {%- for key in told['key'] %}
                coalesce(cast(staged.{{ key }} as varchar), ''){% if not loop.last %}, ' | ',{% endif %}
                {%- endfor %}
            )
    where
        {{ entries }}.form_code = '{{ told["form"] }}'
        and {{ entries }}.section_code = '{{ told["section"] }}'
        and staged.is_current
        and {{ touched('staged.period_month') }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}
