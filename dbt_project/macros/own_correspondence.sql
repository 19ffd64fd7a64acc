{# The authority's own correspondence of VSIC codes as a query, from lists/vsic_correspondence.csv of its forms folder. #}
{% macro own_correspondence() -%}
    select
        cast(null as varchar) as vsic_version,
        cast(null as varchar) as product_code,
        cast(null as varchar) as comparable_product_code,
        cast(null as varchar) as source
    where false
    {%- for row in var('own_correspondence') %}
    union all
    select
        {%- for column in ['vsic_version', 'product_code', 'comparable_product_code', 'source'] %}
        '{{ row[column] | replace("'", "''") }}' as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    {%- endfor %}
{%- endmacro %}
