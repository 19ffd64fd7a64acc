-- Accepted receipts that are held: the register in force of their authority does not know their
-- reporting unit or one of their projects, or the authority has no register. They are landed like
-- any other and counted by themselves once a register knows them. A register is never held.
with

receipts as (

    select * from {{ ref('stg_receipt') }}
    where is_accepted

),

known_enterprises as (

    select * from {{ landing('project_register/enterprise') }}

),

known_projects as (

    select * from {{ landing('project_register/project') }}

),

reported_projects as (

    select * from {{ landing('monthly_report/investment') }}

),

ranked_registers as (

    select
        *,
        row_number() over (
            partition by authority_code
            order by
                period_month desc,
                received_at desc,
                batch_id desc,
                receipt_no desc,
                receipt_id desc
        ) as recency
    from receipts
    where form_code = 'project_register'

),

registers as (

    select
        authority_code,
        batch_id,
        submission_id
    from ranked_registers
    where recency = 1

),

units as (

    select distinct
        registers.authority_code,
        known_enterprises.tax_code
    from registers
    inner join known_enterprises
        on
            registers.batch_id = known_enterprises.batch_id
            and registers.submission_id = known_enterprises.submission_id

),

projects as (

    select distinct
        registers.authority_code,
        known_projects.project_code
    from registers
    inner join known_projects
        on
            registers.batch_id = known_projects.batch_id
            and registers.submission_id = known_projects.submission_id

),

unknown_projects as (

    select distinct receipts.receipt_id
    from receipts
    inner join reported_projects
        on
            receipts.batch_id = reported_projects.batch_id
            and receipts.submission_id = reported_projects.submission_id
    left join projects
        on
            receipts.authority_code = projects.authority_code
            and reported_projects.project_code = projects.project_code
    where
        reported_projects.project_code is not null
        and projects.project_code is null

),

reasoned as (

    select
        receipts.receipt_id,
        receipts.submission_id,
        receipts.authority_code,
        receipts.form_code,
        receipts.reporting_unit_code,
        receipts.period_month,
        case
            when registers.authority_code is null then 'held_no_register'
            when
                receipts.reporting_unit_code <> receipts.authority_code
                and units.tax_code is null
                then 'held_unit_unknown'
            when unknown_projects.receipt_id is not null then 'held_project_unknown'
        end as held_code
    from receipts
    left join registers
        on receipts.authority_code = registers.authority_code
    left join units
        on
            receipts.authority_code = units.authority_code
            and receipts.reporting_unit_code = units.tax_code
    left join unknown_projects
        on receipts.receipt_id = unknown_projects.receipt_id
    where receipts.form_code <> 'project_register'

),

held as (

    select * from reasoned
    where held_code is not null

)

select * from held
