-- What intake found in the files sent for the counted months, with the cell, how to mend it, and
-- how much of a published total hangs on the row. What stood in a cell is only told when it is
-- written like a number and is none of a person: names, addresses and identity numbers stay in the
-- archive.
with

months as (

    select * from {{ ref('int_half_year_month') }}
    where period = 'current'

),

findings as (

    select * from {{ ref('stg_finding') }}

),

receipts as (

    select * from {{ ref('stg_receipt') }}

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

totals as (

    select * from {{ ref('half_year_headline') }}
    where zone_code = 'TOTAL'

),

shares as (

    select
        lineage.submission_id,
        lineage.sheet_name,
        lineage.row_number,
        lineage.column_code,
        lineage.indicator_code,
        abs({{ share_pct('lineage.contribution', 'totals.value') }}) as share_pct
    from lineage
    inner join totals
        on
            lineage.authority_code = totals.authority_code
            and lineage.indicator_code = totals.indicator_code

),

found as (

    select
        findings.*,
        receipts.original_name,
        receipts.received_on,
        receipts.intake_state,
        coalesce(submissions.is_current, false) as is_current,
        row_number() over (
            partition by
                findings.authority_code,
                findings.submission_id,
                receipts.intake_state,
                receipts.received_on,
                findings.finding_no
            order by findings.receipt_id
        ) as repetition
    from findings
    inner join receipts
        on findings.receipt_id = receipts.receipt_id
    inner join months
        on
            findings.authority_code = months.authority_code
            and findings.period_month = months.period_month
    left join submissions
        on findings.receipt_id = submissions.receipt_id

),

weighed as (

    select
        found.receipt_id,
        found.finding_no,
        coalesce(
            max(shares.share_pct) filter (where found.column_code = shares.column_code),
            max(shares.share_pct)
        ) as effect_pct
    from found
    inner join shares
        on
            found.submission_id = shares.submission_id
            and found.sheet_name = shares.sheet_name
            and found.row_number = shares.row_number
    group by found.receipt_id, found.finding_no

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        found.authority_code,
        found.form_code,
        found.reporting_unit_code,
        found.period_month,
        found.submission_id,
        found.original_name,
        found.received_on,
        found.intake_state,
        found.is_current,
        found.finding_no,
        found.finding_code,
        found.severity,
        found.sheet_name,
        found.cell,
        found.row_number,
        found.column_code,
        case when {{ is_plain_number('found.found') }} then found.found end as found,
        case when {{ is_plain_number('found.taken') }} then found.taken end as taken,
        found.taken is not null as is_repaired,
        found.expected_vi,
        found.expected_en,
        found.mend_vi,
        found.mend_en,
        weighed.effect_pct
    from found
    left join weighed
        on
            found.receipt_id = weighed.receipt_id
            and found.finding_no = weighed.finding_no
    where found.repetition = 1

)

select * from described
