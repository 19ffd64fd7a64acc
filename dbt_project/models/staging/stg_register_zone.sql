-- One row a row of the sheet, of every accepted version of authorities' registers. Rows of a batch
-- that is not in the register do not exist: the register is written last.
with

landed as (

    select * from {{ landing('project_register/zone') }}

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
        landed.zone_code,
        landed.name_vi,
        landed.name_en,
        landed.area_ha,
        landed.area_ha__mark,
        landed.leasable_area_ha,
        landed.leasable_area_ha__mark,
        landed.leased_area_ha,
        landed.leased_area_ha__mark,
        landed.established_on,
        landed.area_source,
        landed.valid_from
    from landed
    inner join submissions
        on
            landed.batch_id = submissions.batch_id
            and landed.submission_id = submissions.submission_id

)

select * from joined
