{#
  The columns of half_year_lineage that a number of a report gives: the cell in `column` of the form's `section`, with its
  value as what it contributes. `rows` are the facts; `months` says for whom and when they count, where they do not.
#}
{% macro lineage_cell(indicator, zone_code, section, column, rows, months=none) -%}
    {%- set months = months or rows -%}
    '{{ indicator }}' as indicator_code,
        {{ months }}.authority_code,
        {{ zone_code }} as zone_code,
        {{ months }}.period,
        {{ months }}.period_month,
        {{ rows }}.submission_id,
        {{ rows }}.sheet_name,
        {{ rows }}.row_number,
        '{{ section }}' as section_code,
        '{{ column }}' as column_code,
        cast(null as varchar) as cell_text,
        {{ amount(rows ~ '.' ~ column) }} as cell_value,
        {{ amount(rows ~ '.' ~ column) }} as contribution
{%- endmacro %}
