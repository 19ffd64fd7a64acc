-- Exchange rates by month. Registered capital is not converted with these: it has its certificate's rate.
with

rates as (

    select * from {{ ref('exchange_rate') }}

)

select * from rates
