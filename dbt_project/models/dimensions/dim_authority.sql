-- Versions of each authority as the registers in force tell its history. A version holds from
-- valid_from up to, and without, valid_to. Were a version written twice in the register, the lower
-- row would be the one that counts. A row in the register of another authority says that this one
-- answers for it from then on: so are mergers told, and the successor's word goes before its own.
with

register as (

    select * from {{ ref('int_current_register') }}

),

listed as (

    select * from {{ ref('stg_register_authority') }}

),

versions as (

    select
        listed.*,
        row_number() over (
            partition by listed.listed_authority_code, listed.valid_from
            order by
                case
                    when listed.listed_authority_code = listed.authority_code then 1
                    else 0
                end asc,
                listed.authority_code asc,
                listed.row_number desc
        ) as repetition
    from listed
    inner join register
        on listed.submission_id = register.submission_id

),

validity as (

    select
        versions.listed_authority_code as authority_code,
        versions.authority_code as responsible_authority_code,
        versions.name_vi,
        versions.name_en,
        versions.province_code,
        versions.province_name,
        versions.valid_from,
        lead(versions.valid_from) over (
            partition by versions.listed_authority_code
            order by versions.valid_from
        ) as valid_to,
        versions.submission_id,
        versions.submission_version,
        versions.sheet_name,
        versions.row_number
    from versions
    where versions.repetition = 1

),

flagged as (

    select
        *,
        valid_to is null as is_current
    from validity

)

select * from flagged
