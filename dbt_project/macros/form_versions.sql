{# The form versions as a query, from the variable that zonehouse.warehouse fills from the form definitions. #}
{% macro form_versions() -%}
    {%- for form in var('form_versions') %}
    select
        '{{ form["form_code"] }}' as form_code,
        '{{ form["form_version"] }}' as form_version,
        '{{ form["reporting_unit"] }}' as reporting_unit,
        '{{ form["frequency"] }}' as frequency,
        '{{ form["valid_from"] }}' as valid_from_month,
        '{{ form["valid_to"] or "9999-12" }}' as valid_to_month,
        cast({{ form["months_after"] if form["months_after"] is not none else 'null' }} as integer)
            as due_months_after,
        cast({{ form["day"] if form["day"] is not none else 'null' }} as integer) as due_day,
        cast({{ form["price_base_year"] or 'null' }} as integer) as price_base_year,
        '{{ form["vsic_version"] }}' as vsic_version
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}

{# The units of the forms' number columns as a query; sent_per_kept makes of a kept number the one in the cell. #}
{% macro form_columns() -%}
    {%- for column in var('form_columns') %}
    select
        '{{ column["form_code"] }}' as form_code,
        '{{ column["form_version"] }}' as form_version,
        '{{ column["section_code"] }}' as section_code,
        '{{ column["column_code"] }}' as column_code,
        '{{ column["unit"] }}' as unit,
        '{{ column["sent_unit"] }}' as sent_unit,
        cast({{ column["sent_per_kept"] }} as decimal(14, 6)) as sent_per_kept
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
