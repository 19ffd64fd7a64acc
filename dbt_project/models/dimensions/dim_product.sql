-- Sectors and products: the Vietnam Standard Industrial Classification, with its version.
with

sectors as (

    select * from {{ ref('vsic') }}

),

renamed as (

    select
        code as product_code,
        label_vi,
        label_en,
        short_vi,
        short_en,
        level as product_level,
        parent_code,
        version as vsic_version
    from sectors

)

select * from renamed
