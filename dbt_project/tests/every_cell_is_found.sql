{{ config(tags = ['half_year']) }}
-- Every contribution leads to a workbook, a sheet and a row.
with

lineage as (

    select * from {{ ref('half_year_lineage') }}

),

untraced as (

    select * from lineage
    where
        submission_id is null
        or original_name is null
        or sheet_name is null
        or row_number is null

)

select * from untraced
