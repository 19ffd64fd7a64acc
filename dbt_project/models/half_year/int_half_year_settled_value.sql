-- Values that a steward has settled: they leave the queue of doubts (half_year_suspicion). No row
-- here: nothing has been settled.
select
    cast(null as varchar) as authority_code,
    cast(null as varchar) as tax_code,
    cast(null as varchar) as period_month,
    cast(null as varchar) as submission_id,
    cast(null as varchar) as indicator_code
where 1 = 0
