"""The page's templates, and the two that every part of the page uses."""

from pathlib import Path

from markupsafe import Markup

from lbf_model.explain.html_templates import HtmlTemplates

TEMPLATES = HtmlTemplates(Path(__file__).parent.parent / "templates")


def fill(template: str, /, **values) -> Markup:
    """Fill a template of the page; arguments and errors as for `HtmlTemplates.fill`."""
    return TEMPLATES.fill(template, **values)


def message(text: str) -> Markup:
    """One paragraph of plain text."""
    return fill("message", text=text)


def progress(text: str, share: float | None = None) -> Markup:
    """A progress bar; `share` is from 0 to 1, None if the progress is unknown."""
    return fill("progress", text=text, share=share)
