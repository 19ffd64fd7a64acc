-- Exchange rates by month and kind. Registered capital is not converted with these: it has its
-- certificate's rate. Of several kinds known for a month the one that goes before is preferred.
with

rates as (

    select * from {{ ref('exchange_rate') }}

),

rate_types as (

    select * from {{ ref('rate_type') }}

),

described as (

    select
        rates.period_month,
        rates.currency,
        rates.rate_type,
        rate_types.label_vi as rate_type_vi,
        rate_types.label_en as rate_type_en,
        rates.vnd_per_unit,
        row_number() over (
            partition by rates.period_month, rates.currency
            order by coalesce(rate_types.preference, 99), rates.rate_type
        ) = 1 as is_preferred,
        rates.source
    from rates
    left join rate_types
        on rates.rate_type = rate_types.code

)

select * from described
