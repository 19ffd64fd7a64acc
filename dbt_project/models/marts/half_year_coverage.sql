-- How complete a release is, by form: what was owed for the counted months, what has come, and the
-- day on which the last report of the whole half-year is due. With the day of publication this
-- tells an estimate from a final figure.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where
        period = 'current'
        and is_through_month

),

calendar as (

    select * from {{ ref('calendar_month') }}

),

forms as (

    select * from {{ ref('stg_form_version') }}
    where frequency = 'month'

),

reporting as (

    select * from {{ ref('half_year_reporting') }}

),

last_months as (

    select
        months.authority_code,
        months.through_month,
        months.is_whole_half_year,
        calendar.period_month as last_month,
        calendar.first_day
    from months
    inner join calendar
        on
            calendar.half_year = '{{ var("half_year") }}'
            and calendar.period_month = calendar.half_year_last_month

),

dues as (

    select
        last_months.authority_code,
        last_months.through_month,
        last_months.is_whole_half_year,
        forms.form_code,
        max(
            {{ day_of_later_month(
                'last_months.first_day', 'forms.due_months_after', 'forms.due_day'
            ) }}
        ) as last_due_on
    from last_months
    inner join forms
        on last_months.last_month between forms.valid_from_month and forms.valid_to_month
    group by
        last_months.authority_code,
        last_months.through_month,
        last_months.is_whole_half_year,
        forms.form_code

),

counts as (

    select
        authority_code,
        form_code,
        sum(obliged_count) as obliged_count,
        sum(received_count) as received_count,
        sum(on_time_count) as on_time_count,
        sum(late_count) as late_count,
        sum(missing_count) as missing_count
    from reporting
    group by authority_code, form_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        dues.authority_code,
        dues.form_code,
        dues.through_month,
        dues.is_whole_half_year,
        dues.last_due_on,
        {%- for count in ['obliged', 'received', 'on_time', 'late', 'missing'] %}
        cast(coalesce(counts.{{ count }}_count, 0) as bigint) as {{ count }}_count,
        {%- endfor %}
        {{ share_pct('counts.received_count', 'counts.obliged_count') }} as received_pct,
        {{ share_pct('counts.on_time_count', 'counts.obliged_count') }} as on_time_pct
    from dues
    left join counts
        on
            dues.authority_code = counts.authority_code
            and dues.form_code = counts.form_code

)

select * from described
