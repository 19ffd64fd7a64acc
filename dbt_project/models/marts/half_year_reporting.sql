-- Who owed which reports for the counted months, and how many came, in time or late.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where period = 'current'

),

facts as (

    select * from {{ answered_for(ref('fct_submission')) }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

authorities as (

    select * from {{ ref('int_half_year_authority') }}

),

counted as (

    select
        facts.authority_code,
        facts.form_code,
        facts.reporting_unit_code,
        count(*) as obliged_count,
        count(*) filter (where facts.is_received) as received_count,
        count(*) filter (where facts.is_on_time) as on_time_count,
        count(*) filter (where facts.is_received and not facts.is_on_time) as late_count,
        count(*) filter (where not facts.is_received) as missing_count,
        count(*) filter (where facts.version_count > 1) as amended_count,
        sum(facts.warning_count) as warning_count,
        count(*) filter (where months.is_through_month) as through_month_obliged_count,
        count(*) filter (where months.is_through_month and facts.is_received)
            as through_month_received_count
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month
    group by facts.authority_code, facts.form_code, facts.reporting_unit_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        counted.authority_code,
        counted.form_code,
        counted.reporting_unit_code,
        coalesce(enterprises.enterprise_name, authorities.authority_name) as reporting_unit_name,
        enterprises.zone_code,
        enterprises.zone_name,
        counted.obliged_count,
        counted.received_count,
        counted.on_time_count,
        counted.late_count,
        counted.missing_count,
        counted.amended_count,
        cast(counted.warning_count as bigint) as warning_count,
        {{ share_pct('counted.received_count', 'counted.obliged_count') }} as received_pct,
        {{ share_pct('counted.on_time_count', 'counted.obliged_count') }} as on_time_pct,
        counted.through_month_obliged_count,
        counted.through_month_received_count
    from counted
    left join enterprises
        on
            counted.authority_code = enterprises.authority_code
            and counted.reporting_unit_code = enterprises.tax_code
    left join authorities
        on counted.reporting_unit_code = authorities.authority_code

)

select * from described
