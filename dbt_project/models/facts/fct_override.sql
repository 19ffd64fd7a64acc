-- Overrides: one row an acceptance or a replacement of a reported number by a steward, with what
-- became of it. It is in force (active) as long as the report in force says the number that it was
-- entered against; submission, sheet and row are those of the report in force.
{%- set target = 'form_code, authority_code, reporting_unit_code, period_month, section_code,
    row_key, row_occurrence, column_code' %}
with

events as (

    select * from {{ ref('stg_override') }}
    where {{ touched('period_month') }}

),

entries as (

    select
        *,
        row_number() over (
            partition by {{ target }}
            order by entered_at, override_id
        ) as entry_number,
        count(*) over (partition by {{ target }}) as entry_count
    from events
    where action <> 'revoke'

),

revocations as (

    select
        override_id,
        entered_at as revoked_at,
        entered_by as revoked_by,
        reason as revoke_reason,
        row_number() over (partition by override_id order by entered_at, event_id) as revocation_no
    from events
    where action = 'revoke'

),

reported as (

    {{ numbers_in_force('entries') }}

),

followed as (

    select
        entries.authority_code,
        reported.submission_id,
        reported.submission_version,
        reported.sheet_name,
        reported.row_number,
        entries.period_month,
        reported.period_start,
        reported.period_end,
        entries.override_id,
        entries.form_code,
        entries.reporting_unit_code,
        entries.section_code,
        entries.row_key,
        entries.row_occurrence,
        entries.column_code,
        cast(entries.entry_number as integer) as entry_version,
        entries.action,
        case
            when revocations.override_id is not null then 'revoked'
            when entries.entry_number < entries.entry_count then 'superseded'
            when
                reported.override_id is not null
                -- The same number, or no number in both.
                and coalesce(cast(reported.current_value as varchar), '')
                = coalesce(cast(entries.reported_value as varchar), '')
                and coalesce(reported.current_mark, '') = coalesce(entries.reported_mark, '')
                then 'active'
            else 'lapsed'
        end as state,
        entries.reported_value,
        entries.reported_mark,
        entries.edited_value,
        reported.current_value,
        reported.current_mark,
        entries.seen_submission_id,
        entries.entered_at,
        entries.entered_by,
        entries.reason,
        revocations.revoked_at,
        revocations.revoked_by,
        revocations.revoke_reason
    from entries
    left join reported
        on
            entries.override_id = reported.override_id
            and entries.row_occurrence = reported.row_occurrence
    left join revocations
        on
            entries.override_id = revocations.override_id
            and revocations.revocation_no = 1

)

select * from followed
