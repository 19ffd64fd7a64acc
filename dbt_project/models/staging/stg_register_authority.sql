-- One row a row of the sheet, of every accepted version of authorities' registers. Rows of a batch
-- that is not in the register do not exist: the register is written last.
with

landed as (

    select * from {{ landing('project_register/authority') }}

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
        coalesce(landed.authority_code, submissions.authority_code) as listed_authority_code,
        landed.name_vi,
        landed.name_en,
        landed.province_code,
        landed.province_name,
        landed.valid_from
    from landed
    inner join submissions
        on
            landed.batch_id = submissions.batch_id
            and landed.submission_id = submissions.submission_id

)

select * from joined
