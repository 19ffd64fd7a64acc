{#
  Condition: the row belongs to a month that this build replaces, or to one of the `back` months before or `ahead`
  months after such a month. No touched month named: every month.
#}
{% macro touched(column, back=0, ahead=0) -%}
    {%- set months = months_around(var('touched_months') or [], back, ahead) -%}
    {%- if months -%}
        {{ column }} in ('{{ months | join("', '") }}')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The months (YYYY-MM) with so many before and after each; what is no month ('none') is left as it is. #}
{% macro months_around(months, back, ahead) -%}
    {%- set found = [] -%}
    {%- for month in months -%}
        {%- if month | length == 7 and back + ahead > 0 -%}
            {%- set index = (month[:4] | int) * 12 + (month[5:] | int) - 1 -%}
            {%- for step in range(-back, ahead + 1) -%}
                {%- do found.append('%04d-%02d' % ((index + step) // 12, (index + step) % 12 + 1)) -%}
            {%- endfor -%}
        {%- else -%}
            {%- do found.append(month) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found | unique | list) -}}
{%- endmacro %}

{#
  Incremental strategy: the rows of the touched months are deleted, then inserted anew, in one transaction. Unlike
  delete+insert by key this also removes rows that a later version of a report no longer has. A model whose rows look
  back says so (meta: months_ahead): so many months after a touched one are replaced too.
#}
{% macro get_incremental_replace_months_sql(arg_dict) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set months_ahead = (config.get('meta') or {}).get('months_ahead', 0) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ touched('period_month', ahead=months_ahead) }};
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
