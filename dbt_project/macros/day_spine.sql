{# Each day of the calendar of months (see seed calendar_month), as date_day. #}
{% macro day_spine() -%}
    {{ dbt.date_spine('day', "cast('2005-01-01' as date)", "cast('2051-01-01' as date)") }}
{%- endmacro %}
