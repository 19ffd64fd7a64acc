"""The half-year brief: the published page as text and as one self-contained HTML file, from published marts only."""

from zonehouse.brief.data import BriefError, Variant
from zonehouse.brief.render import BriefFiles, render_html, render_text, write_all_briefs, write_brief, write_briefs

__all__ = [
    "BriefError",
    "BriefFiles",
    "Variant",
    "render_html",
    "render_text",
    "write_all_briefs",
    "write_brief",
    "write_briefs",
]
