{# Condition: both values are at the prices of one and the same year, or have no base year as only output has one.
   `own` and `other` go before, `after` behind the columns first_price_base_year and last_price_base_year. #}
{% macro same_price_base(own, other, after) -%}
    coalesce(
        {{ own }}first_price_base_year = {{ own }}last_price_base_year
        and {{ own }}first_price_base_year = {{ other }}first_price_base_year{{ after }}
        and {{ own }}first_price_base_year = {{ other }}last_price_base_year{{ after }},
        indicator_code <> 'gross_output'
    )
{%- endmacro %}
