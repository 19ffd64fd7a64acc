-- The counted months of the half-year, and the same months a year before, for every authority that
-- is one today with one that is counted: what was merged has its months counted as far as its
-- successor's, and its base, though it reports no more.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

current_authorities as (

    select * from {{ ref('dim_authority') }}
    where is_current

),

members as (

    select
        authority_code,
        responsible_authority_code as group_code
    from current_authorities

    union distinct

    select
        months.authority_code,
        coalesce(current_authorities.responsible_authority_code, months.authority_code)
            as group_code
    from months
    left join current_authorities
        on months.authority_code = current_authorities.authority_code

),

group_months as (

    select distinct
        members.group_code,
        months.period,
        months.period_month
    from months
    inner join members
        on months.authority_code = members.authority_code

),

joined as (

    select
        members.authority_code,
        group_months.period,
        group_months.period_month
    from members
    inner join group_months
        on members.group_code = group_months.group_code

)

select * from joined
