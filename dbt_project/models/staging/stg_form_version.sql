-- The versions of the forms: from when to when each is in force, when it is due, at which prices it
-- is.
with

forms as (
    {{ form_versions() }}
)

select * from forms
