-- An estimate for each enterprise, counted month and indicator whose report is owed and not
-- counted, by ratio of means: what the enterprise reported for an earlier month × what the
-- responders of both months report now ÷ what they reported then. The earlier month is the last one
-- of the same half-year that it reported, with the responders of its sector, else of its zone; else
-- the same month a year before, with all responders of the authority. Where neither can be had
-- nothing is estimated, and the row says why. Only months that the half-year is made from are read.
-- Rounded to what the indicator is reported in: whole persons, else six decimals.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

obligations as (

    select * from {{ answered_for(ref('fct_submission')) }}
    where form_code = 'monthly_report'

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

given as (

    select * from {{ ref('int_enterprise_month_value') }}

),

indicators as (

    select * from {{ ref('headline_indicator') }}
    where
        code in (
            'gross_output', 'gross_output_current', 'net_revenue', 'exports', 'imports', 'labour'
        )

),

calendar as (

    select * from {{ ref('calendar_month') }}

),

missing as (

    select
        obligations.authority_code,
        obligations.reporting_unit_code as tax_code,
        obligations.state as report_state,
        months.period,
        months.period_month,
        months.is_through_month,
        calendar.same_month_last_year,
        indicators.code as indicator_code,
        indicators.kind as indicator_kind,
        indicators.unit,
        enterprises.enterprise_name,
        enterprises.zone_code,
        left(enterprises.sector_code, 2) as division_code
    from obligations
    inner join months
        on
            obligations.authority_code = months.authority_code
            and obligations.period_month = months.period_month
    inner join calendar
        on months.period_month = calendar.period_month
    inner join enterprises
        on
            obligations.authority_code = enterprises.authority_code
            and obligations.reporting_unit_code = enterprises.tax_code
    cross join indicators
    where not obligations.is_received

),

earlier_in_half_year as (

    select
        missing.authority_code,
        missing.tax_code,
        missing.period_month,
        missing.indicator_code,
        max(given.period_month) as source_month
    from missing
    inner join given
        on
            missing.authority_code = given.authority_code
            and missing.tax_code = given.tax_code
            and missing.indicator_code = given.indicator_code
            and missing.period = given.period
            and missing.period_month > given.period_month
    group by
        missing.authority_code, missing.tax_code, missing.period_month, missing.indicator_code

),

sources as (

    select
        missing.*,
        earlier_in_half_year.source_month,
        earlier.value as source_value,
        false as is_year_before
    from missing
    inner join earlier_in_half_year
        on
            missing.authority_code = earlier_in_half_year.authority_code
            and missing.tax_code = earlier_in_half_year.tax_code
            and missing.period_month = earlier_in_half_year.period_month
            and missing.indicator_code = earlier_in_half_year.indicator_code
    inner join given as earlier
        on
            missing.authority_code = earlier.authority_code
            and missing.tax_code = earlier.tax_code
            and missing.indicator_code = earlier.indicator_code
            and earlier_in_half_year.source_month = earlier.period_month

    union all

    select
        missing.*,
        missing.same_month_last_year as source_month,
        earlier.value as source_value,
        true as is_year_before
    from missing
    inner join given as earlier
        on
            missing.authority_code = earlier.authority_code
            and missing.tax_code = earlier.tax_code
            and missing.indicator_code = earlier.indicator_code
            and missing.same_month_last_year = earlier.period_month

),

wanted_pairs as (

    select distinct
        authority_code,
        indicator_code,
        period_month,
        source_month
    from sources

),

-- Who reported for both months of a pair, with both numbers.
matched as (

    select
        wanted_pairs.authority_code,
        wanted_pairs.indicator_code,
        wanted_pairs.period_month,
        wanted_pairs.source_month,
        enterprises.zone_code,
        left(enterprises.sector_code, 2) as division_code,
        present.value,
        earlier.value as source_value
    from wanted_pairs
    inner join given as present
        on
            wanted_pairs.authority_code = present.authority_code
            and wanted_pairs.indicator_code = present.indicator_code
            and wanted_pairs.period_month = present.period_month
    inner join given as earlier
        on
            present.authority_code = earlier.authority_code
            and present.indicator_code = earlier.indicator_code
            and present.tax_code = earlier.tax_code
            and wanted_pairs.source_month = earlier.period_month
    inner join enterprises
        on
            present.authority_code = enterprises.authority_code
            and present.tax_code = enterprises.tax_code

),

-- A group of responders in one row: its kind, its code and its means.
responder_groups as (
    {% for method, code, needed in [
        ('sector_ratio', 'division_code', var('imputation_minimum_responders')),
        ('zone_ratio', 'zone_code', var('imputation_minimum_responders')),
        ('same_month_last_year', 'authority_code', 1)
    ] %}
    select
        authority_code,
        indicator_code,
        period_month,
        source_month,
        '{{ method }}' as method,
        {{ loop.index }} as preference,
        {{ code }} as group_code,
        count(*) as responder_count,
        {{ amount('sum(value)') }} as responders_value,
        {{ amount('sum(source_value)') }} as responders_source_value
    from matched
    group by authority_code, indicator_code, period_month, source_month, {{ code }}
    having
        count(*) >= {{ needed }}
        and sum(source_value) > 0
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

choices as (

    select
        sources.*,
        responder_groups.method,
        responder_groups.responder_count,
        responder_groups.responders_value,
        responder_groups.responders_source_value,
        row_number() over (
            partition by
                sources.authority_code,
                sources.tax_code,
                sources.period_month,
                sources.indicator_code
            order by responder_groups.preference
        ) as choice
    from sources
    inner join responder_groups
        on
            sources.authority_code = responder_groups.authority_code
            and sources.indicator_code = responder_groups.indicator_code
            and sources.period_month = responder_groups.period_month
            and sources.source_month = responder_groups.source_month
            and sources.is_year_before = (responder_groups.method = 'same_month_last_year')
            and responder_groups.group_code = case responder_groups.method
                when 'sector_ratio' then sources.division_code
                when 'zone_ratio' then sources.zone_code
                else sources.authority_code
            end

),

has_source as (

    select distinct
        authority_code,
        tax_code,
        period_month,
        indicator_code
    from sources

),

estimated as (

    select
        missing.*,
        choices.method,
        choices.source_month,
        choices.source_value,
        choices.responder_count,
        choices.responders_value,
        choices.responders_source_value,
        has_source.tax_code is not null as has_source,
        {{ ratio('choices.responders_value', 'choices.responders_source_value') }}
            as responders_ratio
    from missing
    left join choices
        on
            missing.authority_code = choices.authority_code
            and missing.tax_code = choices.tax_code
            and missing.period_month = choices.period_month
            and missing.indicator_code = choices.indicator_code
            and choices.choice = 1
    left join has_source
        on
            missing.authority_code = has_source.authority_code
            and missing.tax_code = has_source.tax_code
            and missing.period_month = has_source.period_month
            and missing.indicator_code = has_source.indicator_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        authority_code,
        tax_code,
        enterprise_name,
        zone_code,
        division_code,
        period,
        period_month,
        is_through_month,
        indicator_code,
        unit,
        report_state,
        method is not null as is_imputed,
        case
            when method is not null then method
            when has_source then 'no_responders'
            else 'no_earlier_report'
        end as method,
        source_month,
        source_value,
        cast(responder_count as bigint) as responder_count,
        responders_value,
        responders_source_value,
        responders_ratio,
        cast(
            round(
                cast(source_value as double) * responders_ratio,
                case when unit = 'persons' then 0 else 6 end
            ) as decimal(24, 6)
        ) as imputed_value,
        -- A flow counts each month, a stock the through month alone.
        indicator_kind = 'flow' or is_through_month as is_counted
    from estimated

)

select * from described
