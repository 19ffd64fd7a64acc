-- How many reports in force each form has for the counted months, by zone and for the authority
-- (TOTAL): what tells "reported nothing" (zero) from "nothing reported" (NULL).
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

submissions as (

    select * from {{ answered_for(ref('stg_submission')) }}
    where is_current

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

counted as (

    select
        submissions.form_code,
        submissions.authority_code,
        submissions.reporting_unit_code,
        months.period,
        months.is_through_month,
        enterprises.zone_code
    from submissions
    inner join months
        on
            submissions.authority_code = months.authority_code
            and submissions.period_month = months.period_month
    left join enterprises
        on
            submissions.authority_code = enterprises.authority_code
            and submissions.reporting_unit_code = enterprises.tax_code
    where submissions.form_code <> 'project_register'

),

by_zone as (

    select
        form_code,
        authority_code,
        zone_code,
        period,
        count(*) as report_count,
        count(*) filter (where is_through_month) as through_month_report_count
    from counted
    where zone_code is not null
    group by form_code, authority_code, zone_code, period

),

in_total as (

    select
        form_code,
        authority_code,
        'TOTAL' as zone_code,
        period,
        count(*) as report_count,
        count(*) filter (where is_through_month) as through_month_report_count
    from counted
    group by form_code, authority_code, period

),

all_counts as (

    select * from by_zone

    union all

    select * from in_total

)

select * from all_counts
