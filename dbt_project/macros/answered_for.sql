{#
  Rows of a relation that tells of months, under the authority of the half-year that answers for them: its own, and those
  of the authorities that were merged into it, up to the day of the merger (int_half_year_source). Whose they were is
  source_authority_code; merged_on is NULL for its own.
#}
{% macro answered_for(relation) -%}
    {{ adapter.dispatch('answered_for', 'zonehouse')(relation) }}
{%- endmacro %}

{% macro duckdb__answered_for(relation) -%}
    (
        select
            told.* replace (sources.authority_code as authority_code),
            sources.source_authority_code,
            sources.merged_on
        from {{ relation }} as told
        inner join {{ ref('int_half_year_source') }} as sources
            on
                told.authority_code = sources.source_authority_code
                and (sources.merged_on is null or told.period_end < sources.merged_on)
    )
{%- endmacro %}
