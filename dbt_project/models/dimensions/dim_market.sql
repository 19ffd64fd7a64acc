-- Countries and territories by ISO 3166 code, each in one region.
with

markets as (

    select * from {{ ref('market') }}

),

renamed as (

    select
        code as market_code,
        label_vi,
        label_en,
        region_code,
        region_vi,
        region_en
    from markets

)

select * from renamed
