{# Condition: the row belongs to a month that this build replaces. No touched month named: every month. #}
{% macro touched(column) -%}
    {%- set months = var('touched_months') or [] -%}
    {%- if months -%}
        {{ column }} in ('{{ months | join("', '") }}')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#
  Incremental strategy: the rows of the touched months are deleted, then inserted anew, in one transaction. Unlike
  delete+insert by key this also removes rows that a later version of a report no longer has.
#}
{% macro get_incremental_replace_months_sql(arg_dict) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ touched('period_month') }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{% endmacro %}

{# Data tests of incremental facts say `where: __touched__`: they read the touched months, not the history. #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where -%}
        (
            select *
            from {{ relation }}
            where {{ where | replace('__touched__', touched('period_month')) }}
        ) as tested
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
