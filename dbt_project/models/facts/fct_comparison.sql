-- How each enterprise's figure of a month stands against its own history: enterprise × month ×
-- indicator. Two things are compared with: the median of the months before (24 at most, so that a
-- night costs the same however long the history), and the same month last year, for what comes
-- back every year. The nearer of the two is what was to be expected.
--
-- Modified z-score: 0.6745 × (value − median) ÷ MAD (Iglewicz and Hoaglin, 1993; bound 3.5).
-- Suspicion: 0 within the bound, then (|z| − 3.5) ÷ |z|, which nears 1 (the form of SELEKT,
-- Statistics Sweden); 1 where the value is a power of ten off.
-- Bounds (set 2026-11): six months at least, since a median of fewer says little; MAD no less than
-- 5 % of the median, or a change of some per cent of a steady series were far out.
{%- set window_months = 24 %}
{{ config(meta={'months_ahead': window_months}) }}
{%- set least_months, z_bound, least_spread = 6, 3.5, 0.05 %}
{#- A thousandfold is a unit mistake even when the month is an odd one; a tenfold may be growth. #}
{%- set slack_of_thousand, slack_of_ten = 3, 1.5 %}
{%- set measures = [
    ('gross_output', 'output', 'gross_output_constant_vnd_million'),
    ('gross_output_current', 'output', 'gross_output_current_vnd_million'),
    ('net_revenue', 'output', 'net_revenue_vnd_million'),
    ('exports', 'export', 'export_usd'),
    ('imports', 'export', 'import_usd'),
    ('labour', 'labour', 'headcount_persons')
] %}
with

calendar as (

    select
        period_month,
        month_number,
        year_number * 12 + month_number as month_index
    from {{ ref('dim_month') }}

),

reports as (

    select * from {{ ref('stg_submission') }}
    where
        form_code = 'monthly_report'
        and is_current
        and {{ touched('period_month', back=window_months, ahead=window_months) }}

),
{% for fact in ['output', 'export', 'labour'] %}
{{ fact }}_sums as (

    select
        submission_id,
        min(sheet_name) as {{ fact }}_sheet,
        {% for _, of, column in measures if of == fact %}
        sum({{ column }}) as {{ column }},
        {% endfor %}
        min(row_number) as {{ fact }}_row
    from {{ ref('fct_' ~ fact) }}
    where {{ touched('period_month', back=window_months, ahead=window_months) }}
    group by submission_id

),
{% endfor %}
-- Summed only where every row gives it: a part of the year to date compares with nothing.
year_to_date_sums as (

    select
        submission_id,
        case
            when count(*) = count(gross_output_constant_ytd_vnd_million)
                then sum(gross_output_constant_ytd_vnd_million)
        end as year_to_date_value
    from {{ ref('stg_output') }}
    where
        is_current
        and {{ touched('period_month', back=1, ahead=window_months) }}
    group by submission_id

),

monthly as (

    select
        reports.authority_code,
        reports.reporting_unit_code as tax_code,
        reports.submission_id,
        reports.submission_version,
        reports.period_month,
        reports.period_start,
        reports.period_end,
        calendar.month_number,
        {% for fact in ['output', 'export', 'labour'] %}
        {{ fact }}_sums.{{ fact }}_sheet,
        {{ fact }}_sums.{{ fact }}_row,
        {% endfor %}
        {% for _, fact, column in measures %}
        cast({{ fact }}_sums.{{ column }} as double) as {{ column }},
        {% endfor %}
        cast(year_to_date_sums.year_to_date_value as double) as year_to_date_value,
        calendar.month_index
    from reports
    inner join calendar
        on reports.period_month = calendar.period_month
    {% for fact in ['output', 'export', 'labour'] %}
    left join {{ fact }}_sums
        on reports.submission_id = {{ fact }}_sums.submission_id
    {% endfor %}
    left join year_to_date_sums
        on reports.submission_id = year_to_date_sums.submission_id
),

judged as (

    select * from monthly
    where {{ touched('period_month', ahead=window_months) }}

),

history as (

    select
        {% for _, _, column in measures %}
        earlier.{{ column }},
        {% endfor %}
        judged.submission_id
    from judged
    inner join monthly as earlier
        on
            judged.authority_code = earlier.authority_code
            and judged.tax_code = earlier.tax_code
            and earlier.month_index
            between judged.month_index - {{ window_months }} and judged.month_index - 1

),

medians as (

    select
        {% for _, _, column in measures %}
        count({{ column }}) as {{ column }}_months,
        median({{ column }}) as {{ column }}_median,
        {% endfor %}
        submission_id
    from history
    group by submission_id

),

spreads as (

    select
        {% for _, _, column in measures %}
        median(abs(history.{{ column }} - medians.{{ column }}_median))
            as {{ column }}_mad,
        {% endfor %}
        history.submission_id
    from history
    inner join medians
        on history.submission_id = medians.submission_id
    group by history.submission_id

),

-- Tết falls in January or in February: either may be what the other was last year.
last_year as (

    select
        {% for _, _, column in measures %}
        same_month.{{ column }} as {{ column }}_same_month,
        other_month.{{ column }} as {{ column }}_other_month,
        {% endfor %}
        case
            when judged.month_number = 1 then judged.year_to_date_value
            else judged.year_to_date_value - month_before.year_to_date_value
        end as year_to_date_change,
        judged.submission_id
    from judged
    left join monthly as month_before
        on
            judged.authority_code = month_before.authority_code
            and judged.tax_code = month_before.tax_code
            and month_before.month_index = judged.month_index - 1
    left join monthly as same_month
        on
            judged.authority_code = same_month.authority_code
            and judged.tax_code = same_month.tax_code
            and same_month.month_index = judged.month_index - 12
    left join monthly as other_month
        on
            judged.authority_code = other_month.authority_code
            and judged.tax_code = other_month.tax_code
            and other_month.month_index = judged.month_index - 12
            + case judged.month_number when 1 then 1 when 2 then -1 end

),

measured as (
    {% for indicator, fact, column in measures %}
    select
        judged.authority_code,
        judged.submission_id,
        judged.submission_version,
        judged.{{ fact }}_sheet as sheet_name,
        judged.{{ fact }}_row as row_number,
        judged.period_month,
        judged.period_start,
        judged.period_end,
        judged.tax_code,
        '{{ indicator }}' as indicator_code,
        '{{ column }}' as column_code,
        judged.{{ column }} as reported,
        coalesce(judged.{{ column }}, 0) as figure,
        coalesce(medians.{{ column }}_months, 0) as month_count,
        medians.{{ column }}_median as median_value,
        spreads.{{ column }}_mad as mad_value,
        case
            when
                abs(judged.{{ column }} - last_year.{{ column }}_other_month)
                < abs(judged.{{ column }} - last_year.{{ column }}_same_month)
                then last_year.{{ column }}_other_month
            else coalesce(last_year.{{ column }}_same_month, last_year.{{ column }}_other_month)
        end as last_year_value,
        {% if indicator == 'gross_output' %}
        judged.year_to_date_value,
        judged.{{ column }} - last_year.year_to_date_change as year_to_date_gap
        {% else %}
        cast(null as double) as year_to_date_value,
        cast(null as double) as year_to_date_gap
        {% endif %}
    from judged
    left join medians
        on judged.submission_id = medians.submission_id
    left join spreads
        on judged.submission_id = spreads.submission_id
    left join last_year
        on judged.submission_id = last_year.submission_id
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- What was never given and is not given now is no figure; what was given before and is not now is.
spread as (

    select
        *,
        month_count >= {{ least_months }} and median_value > 0 as is_judged,
        greatest(mad_value, {{ least_spread }} * median_value) as spread_value
    from measured
    where
        reported is not null
        or (month_count >= {{ least_months }} and median_value > 0)

),

scored as (

    select
        *,
        case when is_judged then 0.6745 * (figure - median_value) / spread_value end as history_z,
        case
            when is_judged then 0.6745 * (figure - last_year_value) / spread_value
        end as last_year_z
    from spread

),

nearest as (

    select
        *,
        case
            when not is_judged then null
            when abs(last_year_z) < abs(history_z) then last_year_z
            else history_z
        end as nearest_z,
        case
            when not is_judged then null
            when abs(last_year_z) < abs(history_z) then last_year_value
            else median_value
        end as expected
    from scored

),

magnitudes as (

    select
        *,
        case
            when figure > 0 and expected > 0 then log10(figure / expected)
        end as magnitude
    from nearest

),

powers as (

    select
        *,
        case
            when
                abs(round(magnitude / 3)) >= 1
                and abs(magnitude - 3 * round(magnitude / 3)) <= log10({{ slack_of_thousand }})
                then cast(3 * round(magnitude / 3) as integer)
            when
                abs(round(magnitude)) >= 1
                and abs(magnitude - round(magnitude)) <= log10({{ slack_of_ten }})
                then cast(round(magnitude) as integer)
        end as magnitude_power
    from magnitudes

),

described as (

    select
        authority_code,
        submission_id,
        submission_version,
        sheet_name,
        row_number,
        period_month,
        period_start,
        period_end,
        tax_code,
        indicator_code,
        column_code,
        {{ amount('reported') }} as reported_value,
        {{ amount('expected') }} as expected_value,
        cast(month_count as integer) as history_month_count,
        {{ amount('median_value') }} as history_median,
        {{ amount('mad_value') }} as history_mad,
        {{ amount('last_year_value') }} as same_month_last_year_value,
        history_z as modified_z_score,
        last_year_z as last_year_z_score,
        nearest_z as nearest_z_score,
        {{ ratio('reported', 'last_year_value') }} as same_month_last_year_ratio,
        magnitude_power,
        {{ amount('year_to_date_value') }} as year_to_date_value,
        {{ amount('year_to_date_gap') }} as year_to_date_gap,
        case
            when not is_judged then null
            when magnitude_power is not null then cast(1 as double)
            when abs(nearest_z) > {{ z_bound }} then 1 - {{ z_bound }} / abs(nearest_z)
            else cast(0 as double)
        end as suspicion
    from powers

)

select * from described
