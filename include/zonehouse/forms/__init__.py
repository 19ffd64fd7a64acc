"""Forms are data: one YAML file for each form version, and the code that loads it."""

from zonehouse.forms.catalogue import FormCatalogue, load_catalogue
from zonehouse.forms.definition import FormDefinitionError
from zonehouse.forms.model import Column, CoverField, Form, RowCheck, Section

__all__ = [
    "Column",
    "CoverField",
    "Form",
    "FormCatalogue",
    "FormDefinitionError",
    "RowCheck",
    "Section",
    "load_catalogue",
]
