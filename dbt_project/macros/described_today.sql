{# The column as the authority that answers today says it (`taken_over`), or as the one that was reported to does (`own`). #}
{% macro described_today(key, column) -%}
    case when taken_over.{{ key }} is null then own.{{ column }} else taken_over.{{ column }} end
{%- endmacro %}
