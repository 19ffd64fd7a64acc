-- Projects: project × month, as the register in force says it was at month end, with the capital of
-- the last certificate issued by then and the capital implemented in the month. No report of
-- spending is no row of the form: implemented capital is NULL then, and zero only where zero was
-- written. A report on a project that the register does not know still makes a row (status NULL):
-- nothing is dropped.
with

months as (

    select * from {{ ref('int_reported_month') }}
    where {{ touched('period_month') }}

),

projects as (

    select * from {{ ref('dim_project') }}

),

register as (

    select * from {{ ref('int_current_register') }}

),

listed_certificates as (

    select * from {{ ref('stg_register_certificate') }}

),

reported as (

    select * from {{ edited('investment') }}
    where
        is_current
        and {{ touched('period_month') }}

),

certificates as (

    select listed_certificates.*
    from listed_certificates
    inner join register
        on listed_certificates.submission_id = register.submission_id

),

project_months as (

    select
        months.period_month,
        months.period_start,
        months.period_end,
        projects.*
    from months
    inner join projects
        on
            months.authority_code = projects.authority_code
            and months.period_end >= projects.valid_from
            and (projects.valid_to is null or months.period_end < projects.valid_to)

),

certificates_by_month_end as (

    select
        months.period_month,
        certificates.*,
        row_number() over (
            partition by certificates.authority_code, certificates.project_code, months.period_month
            order by certificates.certified_on desc, certificates.row_number desc
        ) as recency
    from months
    inner join certificates
        on
            months.authority_code = certificates.authority_code
            and months.period_end >= certificates.certified_on

),

last_certificates as (

    select * from certificates_by_month_end
    where recency = 1

),

implemented_rows as (

    select
        *,
        sum(implemented_capital_vnd_million) over (
            partition by authority_code, project_code, period_month
        ) as implemented_in_month_vnd_million,
        row_number() over (
            partition by authority_code, project_code, period_month
            order by tax_code, row_number
        ) as position_in_month
    from reported

),

implemented as (

    select * from implemented_rows
    where position_in_month = 1

),

joined as (

    select
        coalesce(project_months.authority_code, implemented.authority_code) as authority_code,
        coalesce(project_months.submission_id, implemented.submission_id) as submission_id,
        coalesce(project_months.submission_version, implemented.submission_version)
            as submission_version,
        coalesce(project_months.sheet_name, implemented.sheet_name) as sheet_name,
        coalesce(project_months.row_number, implemented.row_number) as row_number,
        coalesce(project_months.period_month, implemented.period_month) as period_month,
        coalesce(project_months.period_start, implemented.period_start) as period_start,
        coalesce(project_months.period_end, implemented.period_end) as period_end,
        coalesce(project_months.project_code, implemented.project_code) as project_code,
        coalesce(project_months.tax_code, implemented.tax_code) as tax_code,
        project_months.project_name,
        project_months.zone_code,
        project_months.sector_code,
        project_months.ownership,
        project_months.status,
        project_months.commitment_on,
        project_months.is_behind_schedule,
        last_certificates.certificate_no,
        last_certificates.certified_on,
        last_certificates.currency,
        last_certificates.registered_capital_original_million,
        last_certificates.certificate_rate_vnd,
        {{ amount('last_certificates.registered_capital_original_million
            * last_certificates.certificate_rate_vnd') }} as registered_capital_vnd_million,
        {{ amount('last_certificates.charter_capital_original_million
            * last_certificates.certificate_rate_vnd') }} as charter_capital_vnd_million,
        {{ amount('implemented.implemented_in_month_vnd_million') }}
            as implemented_capital_vnd_million,
        project_months.submission_id as project_submission_id,
        project_months.sheet_name as project_sheet_name,
        project_months.row_number as project_row_number,
        last_certificates.submission_id as certificate_submission_id,
        last_certificates.sheet_name as certificate_sheet_name,
        last_certificates.row_number as certificate_row_number,
        implemented.submission_id as implemented_submission_id,
        implemented.sheet_name as implemented_sheet_name,
        implemented.row_number as implemented_row_number
    from project_months
    full outer join implemented
        on
            project_months.authority_code = implemented.authority_code
            and project_months.project_code = implemented.project_code
            and project_months.period_month = implemented.period_month
    left join last_certificates
        on
            project_months.authority_code = last_certificates.authority_code
            and project_months.project_code = last_certificates.project_code
            and project_months.period_month = last_certificates.period_month

)

select * from joined
