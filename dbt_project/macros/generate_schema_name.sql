{# Schemas are named as configured, in every target: seeds, staging, intermediate, facts, marts. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
