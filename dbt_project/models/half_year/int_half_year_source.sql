-- Whose reports each counted authority answers for: its own, and those sent, before the day of the
-- merger, to the authorities that it has taken over by the end of the through month. Were they left
-- out, its growth would compare two provinces with one. What was merged keeps its own half-years.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where
        period = 'current'
        and is_through_month

),

authorities as (

    select * from {{ ref('dim_authority') }}

),

in_force as (

    select
        months.authority_code,
        authorities.authority_code as source_authority_code
    from months
    inner join authorities
        on
            months.authority_code = authorities.responsible_authority_code
            and months.authority_code <> authorities.authority_code
            and months.period_end >= authorities.valid_from
            and (authorities.valid_to is null or months.period_end < authorities.valid_to)

),

-- A later row under the same code tells of another name, not of another merger.
taken_over as (

    select
        in_force.authority_code,
        in_force.source_authority_code,
        min(authorities.valid_from) as merged_on
    from in_force
    inner join authorities
        on
            in_force.authority_code = authorities.responsible_authority_code
            and in_force.source_authority_code = authorities.authority_code
    group by in_force.authority_code, in_force.source_authority_code

),

sources as (

    select
        months.authority_code,
        months.authority_code as source_authority_code,
        cast(null as varchar) as source_authority_name,
        cast(null as date) as merged_on
    from months

    union all

    select
        taken_over.authority_code,
        taken_over.source_authority_code,
        authorities.name_vi as source_authority_name,
        taken_over.merged_on
    from taken_over
    left join authorities
        on
            taken_over.source_authority_code = authorities.authority_code
            and taken_over.merged_on = authorities.valid_to

)

select * from sources
