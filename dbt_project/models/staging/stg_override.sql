-- The log of stewards' overrides: acceptances, replacements and revocations, as they were entered.
with

landed as (

    select * from {{ landing('override') }}

),

renamed as (

    select
        event_id,
        override_id,
        entered_at,
        entered_by,
        action,
        reason,
        form_code,
        authority_code,
        reporting_unit_code,
        period_month,
        section_code,
        row_key,
        row_occurrence,
        column_code,
        submission_id as seen_submission_id,
        reported_value,
        reported_mark,
        edited_value
    from landed

)

select * from renamed
