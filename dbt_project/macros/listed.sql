{# The texts of a group as one, in order: "one; two". #}
{% macro listed(expression, order_by) -%}
    {{ dbt.listagg(expression, "'; '", "order by " ~ order_by) }}
{%- endmacro %}
