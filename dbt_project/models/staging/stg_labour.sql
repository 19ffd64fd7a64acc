-- One row a row of the sheet, of every accepted version of enterprises' monthly reports. Rows of a
-- batch that is not in the register do not exist: the register is written last.
with

landed as (

    select * from {{ landing('monthly_report/labour') }}

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
        submissions.reporting_unit_code as tax_code,
        landed.category_code,
        landed.headcount_persons,
        landed.headcount_persons__mark,
        landed.women_persons,
        landed.women_persons__mark,
        landed.local_persons,
        landed.local_persons__mark,
        landed.foreign_persons,
        landed.foreign_persons__mark,
        landed.hires_persons,
        landed.hires_persons__mark,
        landed.leavers_persons,
        landed.leavers_persons__mark,
        landed.average_income_vnd_million,
        landed.average_income_vnd_million__mark
    from landed
    inner join submissions
        on
            landed.batch_id = submissions.batch_id
            and landed.submission_id = submissions.submission_id
            -- Says nothing new: a query of some months leaves the files of others unread.
            and landed.period_month = submissions.period_month

)

select * from joined
