-- The stewards' queue: values of the counted months that are out of line with the enterprise's own
-- history, those first that matter most. Selective editing: score = suspicion × potential effect
-- on the published total (Hedlin 2003; Statistics Sweden's SELEKT; UNECE, "Statistical Data
-- Editing"). A stock has an effect in the through month alone. What was settled is no doubt.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where period = 'current'

),

comparisons as (

    select * from {{ ref('fct_comparison') }}
    where suspicion > 0

),

settled as (

    select * from {{ ref('int_half_year_settled_value') }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

totals as (

    select * from {{ ref('half_year_headline') }}
    where zone_code = 'TOTAL'

),

submissions as (

    select * from {{ ref('stg_submission') }}

),

lineage as (

    select * from {{ ref('half_year_lineage') }}
    where
        zone_code = 'TOTAL'
        and period = 'current'

),

doubts as (

    select
        comparisons.*,
        totals.label_vi,
        totals.label_en,
        totals.unit,
        totals.display_order,
        totals.value as total_value,
        coalesce(comparisons.reported_value, 0) - comparisons.expected_value as effect_value
    from comparisons
    inner join months
        on
            comparisons.authority_code = months.authority_code
            and comparisons.period_month = months.period_month
    inner join totals
        on
            comparisons.authority_code = totals.authority_code
            and comparisons.indicator_code = totals.indicator_code
    left join settled
        on
            comparisons.submission_id = settled.submission_id
            and comparisons.indicator_code = settled.indicator_code
    where
        settled.submission_id is null
        and (totals.indicator_kind = 'flow' or months.is_through_month)

),

weighed as (

    select
        *,
        abs({{ share_pct('effect_value', 'total_value') }}) as effect_pct,
        coalesce(suspicion * abs({{ share_pct('effect_value', 'total_value') }}), 0) as score
    from doubts

),

ranked as (

    select
        *,
        row_number() over (
            partition by authority_code
            order by score desc, display_order asc, tax_code asc, period_month asc
        ) as suspicion_rank,
        sum(score) over (partition by authority_code) as all_scores
    from weighed

),

accumulated as (

    select
        *,
        sum(score) over (
            partition by authority_code
            order by suspicion_rank
            rows between unbounded preceding and current row
        ) as scores_so_far
    from ranked

),

-- The row that weighs most leads to the cell; how many there are says whether to look further.
largest_cells as (

    select
        lineage.submission_id,
        lineage.indicator_code,
        lineage.sheet_name,
        lineage.row_number,
        lineage.column_code,
        count(*) over (
            partition by lineage.submission_id, lineage.indicator_code
        ) as cell_count,
        row_number() over (
            partition by lineage.submission_id, lineage.indicator_code
            order by abs(lineage.contribution) desc, lineage.sheet_name asc, lineage.row_number asc
        ) as choice
    from lineage
    inner join doubts
        on
            lineage.submission_id = doubts.submission_id
            and lineage.indicator_code = doubts.indicator_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        accumulated.authority_code,
        cast(accumulated.suspicion_rank as integer) as suspicion_rank,
        enterprises.zone_code,
        accumulated.tax_code,
        enterprises.enterprise_name,
        accumulated.indicator_code,
        accumulated.label_vi,
        accumulated.label_en,
        accumulated.unit,
        accumulated.period_month,
        accumulated.reported_value,
        {{ amount('accumulated.expected_value') }} as expected_value,
        {{ amount('accumulated.history_median') }} as history_median,
        {{ amount('accumulated.same_month_last_year_value') }} as same_month_last_year_value,
        case
            when accumulated.reported_value is null then 'not_given'
            when accumulated.magnitude_power is not null then 'power_of_ten'
            else 'outlier'
        end as reason_code,
        accumulated.magnitude_power,
        accumulated.nearest_z_score,
        accumulated.suspicion,
        {{ amount('accumulated.effect_value') }} as effect_value,
        {{ amount('accumulated.total_value') }} as total_value,
        accumulated.effect_pct,
        accumulated.score,
        {{ share_pct('accumulated.score', 'accumulated.all_scores') }} as doubt_share_pct,
        {{ share_pct('accumulated.scores_so_far', 'accumulated.all_scores') }}
            as cumulative_doubt_share_pct,
        accumulated.submission_id,
        accumulated.submission_version,
        submissions.original_name,
        coalesce(largest_cells.sheet_name, accumulated.sheet_name) as sheet_name,
        coalesce(largest_cells.row_number, accumulated.row_number) as row_number,
        accumulated.column_code,
        cast(coalesce(largest_cells.cell_count, 0) as integer) as cell_count
    from accumulated
    left join enterprises
        on
            accumulated.authority_code = enterprises.authority_code
            and accumulated.tax_code = enterprises.tax_code
    left join submissions
        on accumulated.submission_id = submissions.submission_id
    left join largest_cells
        on
            accumulated.submission_id = largest_cells.submission_id
            and accumulated.indicator_code = largest_cells.indicator_code
            and largest_cells.choice = 1

)

select * from described
