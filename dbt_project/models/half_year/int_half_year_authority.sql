-- Each authority that the half-year counts, with the names it had at the end of the through month.
-- A register that begins later gives its first names.
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

ranked as (

    select
        months.authority_code,
        months.through_month,
        months.year_number,
        months.is_whole_half_year,
        authorities.name_vi as authority_name,
        authorities.name_en as authority_name_en,
        row_number() over (
            partition by months.authority_code
            order by
                case when authorities.valid_from <= months.period_end then 0 else 1 end,
                case
                    when authorities.valid_from <= months.period_end then authorities.valid_from
                end desc,
                authorities.valid_from
        ) as choice
    from months
    left join authorities
        on months.authority_code = authorities.authority_code

),

chosen as (

    select * from ranked
    where choice = 1

)

select * from chosen
