-- The register: every arrival of a file, whatever became of it.
with

landed as (

    select * from {{ landing('register') }}

),

renamed as (

    select
        receipt_id,
        batch_id,
        receipt_no,
        submission_id,
        size_bytes,
        original_name,
        inbox_path,
        received_at,
        received_on,
        registered_at,
        form_code,
        form_version,
        authority_code,
        reporting_unit_code,
        period_month,
        period_start,
        period_end,
        intake_state,
        intake_state in ('accepted', 'accepted_with_warnings') as is_accepted,
        duplicate_of,
        reason_code,
        reason_vi,
        reason_en,
        coalesce(error_count, 0) as error_count,
        coalesce(warning_count, 0) as warning_count,
        coalesce(info_count, 0) as info_count
    from landed

)

select * from renamed
