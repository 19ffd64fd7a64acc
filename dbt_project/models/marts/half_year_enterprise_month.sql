-- What each enterprise reported for each counted month and the same month a year before, beside
-- what it was in that month and what it is today: totals by zone, ownership, sector or authority
-- are one query either way. Headcounts are those of the month's end: of one month they add up, of
-- several they do not.
with

months as (

    select * from {{ ref('int_half_year_group_month') }}

),

outputs as (

    select * from {{ ref('fct_output') }}

),

exports as (

    select * from {{ ref('fct_export') }}

),

labour as (

    select * from {{ ref('fct_labour') }}

),

rates as (

    select * from {{ ref('dim_rate') }}
    where
        currency = 'USD'
        and is_preferred

),

bridge as (

    select * from {{ ref('bridge_enterprise_month') }}

),

reported as (

    select
        authority_code,
        tax_code,
        period_month,
        gross_output_constant_vnd_million,
        gross_output_current_vnd_million,
        net_revenue_vnd_million,
        {{ amount('null') }} as export_usd,
        {{ amount('null') }} as import_usd,
        cast(null as bigint) as headcount_persons
    from outputs

    union all

    select
        authority_code,
        tax_code,
        period_month,
        {{ amount('null') }} as gross_output_constant_vnd_million,
        {{ amount('null') }} as gross_output_current_vnd_million,
        {{ amount('null') }} as net_revenue_vnd_million,
        export_usd,
        import_usd,
        cast(null as bigint) as headcount_persons
    from exports

    union all

    select
        authority_code,
        tax_code,
        period_month,
        {{ amount('null') }} as gross_output_constant_vnd_million,
        {{ amount('null') }} as gross_output_current_vnd_million,
        {{ amount('null') }} as net_revenue_vnd_million,
        {{ amount('null') }} as export_usd,
        {{ amount('null') }} as import_usd,
        headcount_persons
    from labour

),

summed as (

    select
        reported.authority_code,
        reported.tax_code,
        reported.period_month,
        months.period,
        {%- for measure in [
            'gross_output_constant_vnd_million', 'gross_output_current_vnd_million',
            'net_revenue_vnd_million', 'export_usd', 'import_usd', 'headcount_persons'
        ] %}
        sum(reported.{{ measure }}) as {{ measure }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from reported
    inner join months
        on
            reported.authority_code = months.authority_code
            and reported.period_month = months.period_month
    group by
        reported.authority_code, reported.tax_code, reported.period_month, months.period

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.period,
        summed.period_month,
        summed.tax_code,
        bridge.authority_code_as_was,
        bridge.authority_code_as_is,
        bridge.authority_name_as_was,
        bridge.authority_name_as_is,
        bridge.enterprise_name_as_was,
        bridge.enterprise_name_as_is,
        coalesce(bridge.zone_code_as_was, 'UNKNOWN') as zone_code_as_was,
        coalesce(bridge.zone_code_as_is, 'UNKNOWN') as zone_code_as_is,
        bridge.zone_name_as_was,
        bridge.zone_name_as_is,
        bridge.ownership_as_was,
        bridge.ownership_as_is,
        bridge.sector_code_as_was,
        bridge.sector_code_as_is,
        {{ amount('summed.gross_output_constant_vnd_million') }}
            as gross_output_constant_vnd_million,
        {{ amount('summed.gross_output_current_vnd_million') }}
            as gross_output_current_vnd_million,
        {{ amount('summed.net_revenue_vnd_million') }} as net_revenue_vnd_million,
        {{ amount('summed.export_usd') }} as export_usd,
        {{ amount('summed.export_usd * rates.vnd_per_unit / 1000000') }} as export_vnd_million,
        {{ amount('summed.import_usd') }} as import_usd,
        cast(summed.headcount_persons as bigint) as headcount_persons
    from summed
    left join bridge
        on
            summed.authority_code = bridge.authority_code
            and summed.tax_code = bridge.tax_code
            and summed.period_month = bridge.period_month
    left join rates
        on summed.period_month = rates.period_month

)

select * from described
