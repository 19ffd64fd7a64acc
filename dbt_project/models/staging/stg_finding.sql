-- What intake found in each receipt, with the month it speaks of (NULL when that could not be
-- read).
with

landed as (

    select * from {{ landing('finding') }}

),

receipts as (

    select * from {{ ref('stg_receipt') }}

),

joined as (

    select
        landed.receipt_id,
        landed.submission_id,
        landed.finding_no,
        receipts.form_code,
        receipts.authority_code,
        receipts.reporting_unit_code,
        receipts.period_month,
        landed.finding_code,
        landed.severity,
        landed.sheet_name,
        landed.cell,
        landed.row_number,
        landed.column_code,
        landed.found,
        landed.taken,
        landed.expected_vi,
        landed.expected_en,
        landed.mend_vi,
        landed.mend_en
    from landed
    inner join receipts
        on
            landed.batch_id = receipts.batch_id
            and landed.receipt_id = receipts.receipt_id

)

select * from joined
