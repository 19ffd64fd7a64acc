{# Amounts keep six decimals from the landing to the mart; nothing is rounded on the way. #}
{% macro amount(expression) -%}
    cast({{ expression }} as decimal(24, 6))
{%- endmacro %}

{# 100 × part ÷ whole, unrounded; NULL when either is missing or the whole is zero. #}
{% macro share_pct(part, whole) -%}
    (100 * cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0))
{%- endmacro %}

{# Growth on the same period in per cent, from unrounded figures; NULL when the base is missing or zero. #}
{% macro growth_pct(value, base) -%}
    (
        100
        * cast({{ value }} - {{ base }} as double)
        / nullif(cast({{ base }} as double), 0)
    )
{%- endmacro %}

{# The day `day_number` of the month `months` after the month that starts on `first_day`. #}
{% macro day_of_later_month(first_day, months, day_number) -%}
    cast(
        {{ dbt.dateadd('day', day_number ~ ' - 1', dbt.dateadd('month', months, first_day)) }} as date
    )
{%- endmacro %}

{# part ÷ whole, unrounded; NULL when either is missing or the whole is zero. #}
{% macro ratio(part, whole) -%}
    (cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0))
{%- endmacro %}

{# Whole days from the first day to the last, the last included, the first not. #}
{% macro days_between(first_day, last_day) -%}
    cast({{ dbt.datediff(first_day, last_day, 'day') }} as integer)
{%- endmacro %}
