-- The number columns of the forms' versions: in which unit each is kept, and in which it is sent.
with

form_columns as (
    {{ form_columns() }}
)

select * from form_columns
