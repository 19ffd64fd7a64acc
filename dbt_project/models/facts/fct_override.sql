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
    {% for told in overridable_sections() %}
    select
        entries.override_id,
        staged.submission_id,
        staged.submission_version,
        staged.sheet_name,
        staged.row_number,
        staged.period_start,
        staged.period_end,
        row_number() over (
            partition by entries.override_id
            order by staged.sheet_name, staged.row_number
        ) as row_occurrence,
        case entries.column_code
            {%- for column in told['columns'] %}
            when '{{ column }}' then {{ amount('staged.' ~ column) }}
            {%- endfor %}
        end as current_value,
        case entries.column_code
            {%- for column in told['columns'] %}
            when '{{ column }}' then staged.{{ column }}__mark
            {%- endfor %}
        end as current_mark
    from entries
    inner join {{ ref('stg_' ~ told['section']) }} as staged
        on
            entries.authority_code = staged.authority_code
            and entries.reporting_unit_code = staged.{{ told['unit'] }}
            and entries.period_month = staged.period_month
            and entries.row_key = concat(
                {%- for key in told['key'] %}
                coalesce(cast(staged.{{ key }} as varchar), ''){% if not loop.last %}, ' | ',{% endif %}
                {%- endfor %}
            )
    where
        entries.form_code = '{{ told["form"] }}'
        and entries.section_code = '{{ told["section"] }}'
        and staged.is_current
        and {{ touched('staged.period_month') }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
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
                and reported.current_value is not distinct from entries.reported_value
                and reported.current_mark is not distinct from entries.reported_mark
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
