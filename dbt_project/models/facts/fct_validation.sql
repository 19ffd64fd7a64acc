-- Quality over time: run of the checks × suite, with how many checks were made and failed and what
-- that means. What could not be evaluated is critical. A view: a night's own results are in it
-- as soon as they are landed.
{{ config(materialized='view') }}
with

results as (

    select * from {{ ref('stg_validation_result') }}

),

graded as (

    select
        *,
        case
            when is_success then 'met'
            when is_raised then 'critical'
            else severity
        end as grade
    from results

),

counted as (

    select
        run_id,
        checked_at,
        scope,
        scope_key,
        checkpoint_name,
        suite_name,
        table_name,
        cast(count(*) as integer) as check_count,
        cast(count(*) filter (where grade = 'met') as integer) as met_count,
        cast(count(*) filter (where grade = 'critical') as integer) as critical_count,
        cast(count(*) filter (where grade = 'warning') as integer) as warning_count,
        cast(count(*) filter (where grade = 'info') as integer) as info_count
    from graded
    group by
        run_id, checked_at, scope, scope_key, checkpoint_name, suite_name, table_name

),

described as (

    select
        *,
        case
            when critical_count > 0 then 'blocked'
            when warning_count > 0 then 'needs_approval'
            else 'pass'
        end as outcome
    from counted

)

select * from described
