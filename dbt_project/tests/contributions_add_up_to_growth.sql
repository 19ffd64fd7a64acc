{{ config(tags = ['half_year']) }}
-- Percentage points add up exactly to the growth of the headline, in each breakdown.
with

contributions as (

    select * from {{ ref('half_year_contribution') }}

),

headline as (

    select * from {{ ref('half_year_headline') }}
    where zone_code = 'TOTAL'

),

summed as (

    select
        authority_code,
        indicator_code,
        breakdown,
        sum(contribution_pp) as contribution_pp
    from contributions
    group by authority_code, indicator_code, breakdown

),

apart as (

    select
        summed.*,
        headline.growth_pct
    from summed
    inner join headline
        on
            summed.authority_code = headline.authority_code
            and summed.indicator_code = headline.indicator_code
    where
        summed.contribution_pp
        is distinct from cast(round(headline.growth_pct, 9) as decimal(24, 9))

)

select * from apart
