-- Output of the counted months by enterprise and product, against the same months a year before.
with

months as (

    select * from {{ ref('int_half_year_month') }}

),

facts as (

    select * from {{ answered_for(ref('fct_output')) }}

),

enterprises as (

    select * from {{ ref('int_half_year_enterprise') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

summed as (

    select
        facts.authority_code,
        facts.tax_code,
        coalesce(facts.comparable_product_code, facts.product_code) as product_code,
        facts.product_name,
        max(facts.quantity_unit) filter (where months.period = 'current') as quantity_unit,
        sum(facts.quantity) filter (where months.period = 'current') as quantity,
        max(facts.quantity_unit) filter (where months.period = 'base') as quantity_unit_same_period,
        sum(facts.quantity) filter (where months.period = 'base') as quantity_same_period,
        {%- for measure in ['gross_output_constant', 'gross_output_current', 'net_revenue'] %}
        sum(facts.{{ measure }}_vnd_million) filter (where months.period = 'current')
            as {{ measure }}_vnd_million,
        sum(facts.{{ measure }}_vnd_million) filter (where months.period = 'base')
            as {{ measure }}_same_period_vnd_million,
        {%- endfor %}
        max(facts.price_base_year) filter (where months.period = 'current') as price_base_year,
        max(facts.price_base_year) filter (where months.period = 'base')
            as price_base_year_same_period
    from facts
    inner join months
        on
            facts.authority_code = months.authority_code
            and facts.period_month = months.period_month
    group by
        facts.authority_code,
        facts.tax_code,
        coalesce(facts.comparable_product_code, facts.product_code),
        facts.product_name

),

described as (

    select
        '{{ var("release_id") }}' as release_id,
        '{{ var("half_year") }}' as half_year,
        summed.authority_code,
        summed.tax_code,
        enterprises.enterprise_name,
        enterprises.zone_code,
        enterprises.zone_name,
        enterprises.ownership,
        enterprises.sector_code,
        enterprises.sector_short_vi,
        enterprises.sector_short_en,
        summed.product_code,
        summed.product_name,
        products.label_vi as product_label_vi,
        products.label_en as product_label_en,
        summed.quantity_unit,
        {{ amount('summed.quantity') }} as quantity,
        {{ amount('case when summed.quantity_unit = summed.quantity_unit_same_period
            then summed.quantity_same_period end') }} as quantity_same_period,
        {%- for measure in ['gross_output_current', 'net_revenue'] %}
        {{ amount('summed.' ~ measure ~ '_vnd_million') }} as {{ measure }}_vnd_million,
        {{ amount('summed.' ~ measure ~ '_same_period_vnd_million') }}
            as {{ measure }}_same_period_vnd_million,
        {{ growth_pct(
            'summed.' ~ measure ~ '_vnd_million',
            'summed.' ~ measure ~ '_same_period_vnd_million'
        ) }} as {{ measure }}_growth_pct,
        {%- endfor %}
        summed.price_base_year,
        summed.price_base_year_same_period,
        {{ amount('summed.gross_output_constant_vnd_million') }}
            as gross_output_constant_vnd_million,
        {{ amount('summed.gross_output_constant_same_period_vnd_million') }}
            as gross_output_constant_same_period_vnd_million,
        -- Values at the prices of different years do not compare.
        case
            when summed.price_base_year = summed.price_base_year_same_period
                then
                    {{ growth_pct(
                        'summed.gross_output_constant_vnd_million',
                        'summed.gross_output_constant_same_period_vnd_million'
                    ) }}
        end as gross_output_constant_growth_pct
    from summed
    left join enterprises
        on
            summed.authority_code = enterprises.authority_code
            and summed.tax_code = enterprises.tax_code
    left join products
        on summed.product_code = products.product_code

)

select * from described
