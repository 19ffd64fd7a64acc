-- One row a row of the sheet, of every accepted version of authorities' monthly returns. Rows of a
-- batch that is not in the register do not exist: the register is written last.
with

landed as (

    select * from {{ landing('authority_return/organisation') }}

),

submissions as (

    select * from {{ ref('stg_submission') }}

),

joined as (

    select
        submissions.authority_code,
        submissions.submission_id,
        submissions.submission_version,
        submissions.is_current,
        submissions.form_version,
        landed.sheet_name,
        landed.row_number,
        submissions.period_month,
        submissions.period_start,
        submissions.period_end,
        landed.indicator_code,
        landed.indicator_value,
        landed.indicator_value__mark
    from landed
    inner join submissions
        on
            landed.batch_id = submissions.batch_id
            and landed.submission_id = submissions.submission_id
            -- Says nothing new: a query of some months leaves the files of others unread.
            and landed.period_month = submissions.period_month

)

select * from joined
