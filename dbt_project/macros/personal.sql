{# Written like a figure (digits, signs, separators, at most 24 of them) and not like an identity card, which has 9 or
   12 digits in a row, nor like a telephone number (a zero and at least 9 digits). #}
{% macro is_plain_number(expression) -%}
    {{ adapter.dispatch('is_plain_number', 'zonehouse')(expression) }}
{%- endmacro %}

{% macro duckdb__is_plain_number(expression) -%}
    (
        regexp_full_match({{ expression }}, '[-+]?[0-9][0-9., ]{0,23}')
        and not regexp_full_match({{ expression }}, '[0-9]{9}|[0-9]{12}|0[0-9]{9,10}')
    )
{%- endmacro %}
