"""Workbooks that we send: templates to fill in, a sender's workbook with what to mend, a night's findings for stewards.

Vietnamese first, English beside it. Nothing that a sender wrote becomes a formula, a link or a macro in any of them:
each is built new, from values (``zonehouse.workbooks.safe``).
"""

from __future__ import annotations

from zonehouse.workbooks.issue import write_authority_template, write_template, write_templates
from zonehouse.workbooks.landed import WorkbookError
from zonehouse.workbooks.prefill import Prefill, PrefilledRow
from zonehouse.workbooks.template import write_form_template

__all__ = [
    "Prefill",
    "PrefilledRow",
    "WorkbookError",
    "write_authority_template",
    "write_form_template",
    "write_template",
    "write_templates",
]
