"""Workbooks that we send: templates to fill in, a sender's workbook with what to mend, a night's findings for stewards.

Vietnamese first, English beside it. Nothing that a sender wrote becomes a formula, a link or a macro in any of them:
each is built new, from values (``zonehouse.workbooks.safe``). The names are loaded when first asked for: the copying
process imports a module of this package and must stay light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonehouse.workbooks.issue import template_folder, write_authority_template, write_template, write_templates
    from zonehouse.workbooks.landed import WorkbookError
    from zonehouse.workbooks.prefill import Prefill, PrefilledRow
    from zonehouse.workbooks.returned import returned_folder, write_returned_workbook, write_returned_workbooks
    from zonehouse.workbooks.steward import batches_of_night, newest_night, write_steward_workbook
    from zonehouse.workbooks.template import write_form_template

_HOMES = {
    "Prefill": "prefill",
    "PrefilledRow": "prefill",
    "WorkbookError": "landed",
    "batches_of_night": "steward",
    "newest_night": "steward",
    "returned_folder": "returned",
    "template_folder": "issue",
    "write_authority_template": "issue",
    "write_form_template": "template",
    "write_returned_workbook": "returned",
    "write_returned_workbooks": "returned",
    "write_steward_workbook": "steward",
    "write_template": "issue",
    "write_templates": "issue",
}

__all__ = [
    "Prefill",
    "PrefilledRow",
    "WorkbookError",
    "batches_of_night",
    "newest_night",
    "returned_folder",
    "template_folder",
    "write_authority_template",
    "write_form_template",
    "write_returned_workbook",
    "write_returned_workbooks",
    "write_steward_workbook",
    "write_template",
    "write_templates",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
