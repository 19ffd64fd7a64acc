-- Codes of each version of VSIC and what they are called in the version that facts are compared in,
-- that of dim_product. An authority's own correspondence goes before ours. A code that corresponds
-- to several has no row: what cannot be told apart is not compared.
with

reference as (

    select * from {{ ref('vsic') }}

),

sourced as (

    select * from {{ ref('vsic_correspondence') }}

),

own as (
    {{ own_correspondence() }}
),

told as (

    select
        version as vsic_version,
        code as product_code,
        code as comparable_product_code,
        'the version that facts are compared in' as source,
        2 as preference
    from reference

    union all

    select
        vsic_version,
        product_code,
        comparable_product_code,
        source,
        3 as preference
    from sourced

    union all

    select
        vsic_version,
        product_code,
        comparable_product_code,
        source,
        1 as preference
    from own

),

ranked as (

    select
        *,
        rank() over (partition by vsic_version, product_code order by preference) as place
    from told

),

single as (

    select
        vsic_version,
        product_code,
        min(comparable_product_code) as comparable_product_code,
        min(source) as source
    from ranked
    where place = 1
    group by vsic_version, product_code
    having count(distinct comparable_product_code) = 1

)

select * from single
