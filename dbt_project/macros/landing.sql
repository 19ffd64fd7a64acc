{# The rows of a landing dataset, over all its files. A file of an older form version may lack columns: NULL. #}
{% macro landing(dataset) -%}
    {{ adapter.dispatch('landing', 'zonehouse')(dataset) }}
{%- endmacro %}

{% macro duckdb__landing(dataset) -%}
    read_parquet(
        '{{ var("landing") | replace("'", "''") }}/{{ dataset }}/*.parquet', union_by_name = true
    )
{%- endmacro %}
