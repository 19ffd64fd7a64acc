-- Exchange rates by month. Registered capital is not converted with these: it has its certificate's
-- rate.
with

rates as (

    select
        period_month,
        currency,
        rate_type,
        vnd_per_unit,
        source
    from {{ ref('exchange_rate') }}

)

select * from rates
