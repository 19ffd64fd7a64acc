-- Which workbook cells each headline value is made of: contributions of an indicator, zone and
-- period sum to it. Built from the facts, not from the marts that the headline is rolled up from:
-- the two must agree. A half-year that does not begin its year has the cells of the trend's years
-- to date too, in total.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

calendar as (

    select * from {{ ref('calendar_month') }}

),

submissions as (

    select * from {{ ref('stg_submission') }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

zones as (

    select * from {{ ref('int_half_year_zone') }}

),

output as (

    select * from {{ answered_for(ref('fct_output')) }}

),

export as (

    select * from {{ answered_for(ref('fct_export')) }}

),

labour as (

    select * from {{ answered_for(ref('fct_labour')) }}

),

projects as (

    select * from {{ answered_for(ref('fct_investment')) }}

),

implemented as (

    select * from {{ answered_for(edited('investment')) }}
    where is_current

),

works as (

    select * from {{ answered_for(ref('fct_infrastructure')) }}

),

contacts as (

    select * from {{ answered_for(ref('fct_investor_contact')) }}

),

organisation as (

    select * from {{ answered_for(ref('fct_organisation')) }}

),

organisation_indicators as (

    select * from {{ ref('organisation_indicator') }}

),

overrides as (

    select * from {{ ref('fct_override') }}
    where state = 'active'

),

form_columns as (

    select * from {{ ref('stg_form_column') }}

),

enterprise_cells as (
    {% for indicator, fact, column, is_stock in [
        ('gross_output', 'output', 'gross_output_constant_vnd_million', false),
        ('gross_output_current', 'output', 'gross_output_current_vnd_million', false),
        ('net_revenue', 'output', 'net_revenue_vnd_million', false),
        ('exports', 'export', 'export_usd', false),
        ('imports', 'export', 'import_usd', false),
        ('labour', 'labour', 'headcount_persons', true)
    ] %}
    select
        {{ lineage_cell(
            indicator, 'enterprises.zone_code', fact, column, rows=fact, months='months'
        ) }}
    from {{ fact }}
    inner join months
        on
            {{ fact }}.authority_code = months.authority_code
            and {{ fact }}.period_month = months.period_month
    inner join enterprises
        on
            {{ fact }}.authority_code = enterprises.authority_code
            and {{ fact }}.tax_code = enterprises.tax_code
    {%- if is_stock %}
    where months.is_through_month
    {%- endif %}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

period_end_projects as (

    select
        projects.*,
        months.period,
        case
            when projects.merged_on is null then projects.zone_code
            else max(projects.zone_code) filter (where months.period = 'current') over (
                partition by projects.authority_code, projects.project_code
            )
        end as told_zone_code
    from projects
    inner join months
        on
            projects.authority_code = months.authority_code
            and projects.period_month = months.period_month
    where months.is_through_month

),

placed_projects as (

    select
        period_end_projects.*,
        zones.zone_code as placed_zone_code
    from period_end_projects
    left join zones as known_zones
        on
            period_end_projects.authority_code = known_zones.authority_code
            and period_end_projects.told_zone_code = known_zones.zone_code
    inner join zones
        on
            period_end_projects.authority_code = zones.authority_code
            and coalesce(known_zones.zone_code, 'UNKNOWN') = zones.zone_code

),

project_cells as (
    {% for indicator, column, condition in [
        ('projects_valid', 'status', "true"),
        ('projects_operating', 'status', "status = 'operating'"),
        ('projects_building', 'status', "status = 'building'"),
        ('projects_in_procedure', 'status', "status = 'in_procedure'"),
        ('projects_suspended', 'status', "status = 'suspended'"),
        ('projects_behind_schedule', 'behind_schedule', "is_behind_schedule"),
        ('projects_domestic', 'ownership', "ownership = 'domestic'"),
        ('projects_fdi', 'ownership', "ownership = 'fdi'")
    ] %}
    select
        '{{ indicator }}' as indicator_code,
        authority_code,
        placed_zone_code as zone_code,
        period,
        period_month,
        project_submission_id as submission_id,
        project_sheet_name as sheet_name,
        project_row_number as row_number,
        'project' as section_code,
        '{{ column }}' as column_code,
        {% if column == 'behind_schedule' %}'true'{% else %}{{ column }}{% endif %} as cell_text,
        {{ amount('null') }} as cell_value,
        {{ amount('1') }} as contribution
    from placed_projects
    where
        status <> 'terminated'
        and {{ condition }}

    union all
    {% endfor %}
    select
        'registered_capital' as indicator_code,
        authority_code,
        placed_zone_code as zone_code,
        period,
        period_month,
        certificate_submission_id as submission_id,
        certificate_sheet_name as sheet_name,
        certificate_row_number as row_number,
        'certificate' as section_code,
        'registered_capital_original_million' as column_code,
        cast(null as varchar) as cell_text,
        registered_capital_original_million as cell_value,
        registered_capital_vnd_million as contribution
    from placed_projects
    where status <> 'terminated'

),

project_places as (

    select
        authority_code,
        project_code,
        placed_zone_code
    from placed_projects
    where period = 'current'

),

implemented_cells as (

    select
        {{ lineage_cell(
            'implemented_capital', "coalesce(project_places.placed_zone_code, 'UNKNOWN')",
            'investment', 'implemented_capital_vnd_million', rows='implemented', months='months'
        ) }}
    from implemented
    inner join months
        on
            implemented.authority_code = months.authority_code
            and implemented.period_month = months.period_month
    left join project_places
        on
            implemented.authority_code = project_places.authority_code
            and implemented.project_code = project_places.project_code

),

ranked_works as (

    select
        works.*,
        months.period,
        coalesce(works.merged_on > months.period_last_day, true) as is_last_to_state,
        row_number() over (
            partition by
                works.authority_code,
                works.source_authority_code,
                works.work_code,
                months.period
            order by works.period_month desc, works.row_number desc
        ) as recency,
        first_value(works.zone_code) over (
            partition by works.authority_code, works.work_code
            order by works.period_month desc, works.row_number desc
        ) as last_zone_code
    from works
    inner join months
        on
            works.authority_code = months.authority_code
            and works.period_month = months.period_month

),

placed_works as (

    select
        ranked_works.*,
        zones.zone_code as placed_zone_code
    from ranked_works
    left join zones as known_zones
        on
            ranked_works.authority_code = known_zones.authority_code
            and ranked_works.last_zone_code = known_zones.zone_code
    inner join zones
        on
            ranked_works.authority_code = zones.authority_code
            and coalesce(known_zones.zone_code, 'UNKNOWN') = zones.zone_code

),

work_cells as (

    select
        {{ lineage_cell(
            'infrastructure_disbursed', 'placed_works.placed_zone_code', 'infrastructure',
            'disbursed_vnd_million', rows='placed_works'
        ) }}
    from placed_works

    union all

    select
        {{ lineage_cell(
            'infrastructure_allocated', 'placed_works.placed_zone_code', 'infrastructure',
            'allocated_year_vnd_million', rows='placed_works'
        ) }}
    from placed_works
    where
        recency = 1
        and is_last_to_state

),

contact_cells as (

    select
        {{ lineage_cell(
            'investor_visits', "'TOTAL'", 'investor_contact', 'visits_count',
            rows='contacts', months='months'
        ) }}
    from contacts
    inner join months
        on
            contacts.authority_code = months.authority_code
            and contacts.period_month = months.period_month

),

ranked_organisation as (

    select
        organisation.*,
        organisation_indicators.kind,
        months.period,
        months.is_through_month,
        row_number() over (
            partition by organisation.authority_code, organisation.indicator_code, months.period
            order by organisation.period_month desc, organisation.row_number desc
        ) as recency,
        count(*) filter (where organisation.merged_on > months.period_last_day) over (
            partition by organisation.authority_code, organisation.indicator_code, months.period
        ) as apart_count
    from organisation
    inner join organisation_indicators
        on organisation.indicator_code = organisation_indicators.code
    inner join months
        on
            organisation.authority_code = months.authority_code
            and organisation.period_month = months.period_month
    where organisation.indicator_value is not null

),

organisation_cells as (

    select
        indicator_code,
        authority_code,
        'TOTAL' as zone_code,
        period,
        period_month,
        submission_id,
        sheet_name,
        row_number,
        'organisation' as section_code,
        'indicator_value' as column_code,
        cast(null as varchar) as cell_text,
        {{ amount('indicator_value') }} as cell_value,
        {{ amount('indicator_value') }} as contribution
    from ranked_organisation
    where
        kind = 'flow'
        or (kind = 'stock' and is_through_month)
        or (kind = 'latest' and recency = 1 and apart_count = 0)

),

cells as (

    select * from enterprise_cells

    union all

    select * from project_cells

    union all

    select * from implemented_cells

    union all

    select * from work_cells

    union all

    select * from contact_cells

    union all

    select * from organisation_cells

),

spans as (

    select
        months.authority_code,
        months.period,
        months.year_number,
        min(months.period_month) as first_month,
        max(months.period_month) as last_month
    from months
    group by months.authority_code, months.period, months.year_number

),

months_to_date as (

    select
        spans.authority_code,
        case spans.period when 'current' then 'year_to_date' else 'base_year_to_date' end as period,
        calendar.period_month
    from spans
    inner join calendar as first_months
        on
            spans.first_month = first_months.period_month
            and first_months.month_number > 1
    inner join calendar
        on
            spans.year_number = calendar.year_number
            and spans.last_month >= calendar.period_month

),

cells_to_date as (
    {% for indicator, fact, column in [
        ('gross_output', 'output', 'gross_output_constant_vnd_million'),
        ('exports', 'export', 'export_usd')
    ] %}
    select
        {{ lineage_cell(
            indicator, "'TOTAL'", fact, column, rows=fact, months='months_to_date'
        ) }}
    from {{ fact }}
    inner join months_to_date
        on
            {{ fact }}.authority_code = months_to_date.authority_code
            and {{ fact }}.period_month = months_to_date.period_month
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

with_total as (

    select * from cells

    union all

    select * from cells_to_date

    union all

    select
        indicator_code,
        authority_code,
        'TOTAL' as zone_code,
        period,
        period_month,
        submission_id,
        sheet_name,
        row_number,
        section_code,
        column_code,
        cell_text,
        cell_value,
        contribution
    from cells
    where zone_code <> 'TOTAL'

),

-- Facts hold what a steward replaced: the cell says what was reported.
with_overrides as (

    select
        with_total.*,
        overrides.override_id,
        overrides.action as override_action,
        overrides.edited_value,
        overrides.entered_by as overridden_by,
        overrides.reason as override_reason,
        case
            when overrides.action = 'replace' then overrides.reported_value
            else with_total.cell_value
        end as reported_value
    from with_total
    left join overrides
        on
            with_total.submission_id = overrides.submission_id
            and with_total.sheet_name = overrides.sheet_name
            and with_total.row_number = overrides.row_number
            and with_total.section_code = overrides.section_code
            and with_total.column_code = overrides.column_code

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        with_overrides.authority_code,
        with_overrides.indicator_code,
        with_overrides.zone_code,
        with_overrides.period,
        with_overrides.submission_id,
        submissions.original_name,
        with_overrides.sheet_name,
        with_overrides.row_number,
        with_overrides.column_code,
        with_overrides.period_month,
        with_overrides.cell_text,
        -- What is kept was converted from what the form's version asked for: the cell has that.
        cast(
            with_overrides.reported_value
            * coalesce(form_columns.sent_per_kept, cast(1 as decimal(14, 6))) as decimal(38, 12)
        ) as cell_value,
        form_columns.sent_unit as cell_unit,
        with_overrides.contribution,
        {{ amount('with_overrides.reported_value') }} as reported_value,
        with_overrides.edited_value,
        with_overrides.override_id,
        with_overrides.override_action,
        with_overrides.overridden_by,
        with_overrides.override_reason,
        submissions.authority_code as source_authority_code
    from with_overrides
    left join submissions
        on with_overrides.submission_id = submissions.submission_id
    left join form_columns
        on
            submissions.form_code = form_columns.form_code
            and submissions.form_version = form_columns.form_version
            and with_overrides.section_code = form_columns.section_code
            and with_overrides.column_code = form_columns.column_code
    where with_overrides.contribution is not null

)

select * from described
