"""HTML from templates: every value is escaped, and a missing value is an error instead of a gap."""

from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


class HtmlTemplates:
    """A folder of Jinja templates; nothing is read before the first one is filled."""

    def __init__(self, folder: Path):
        self._folder = folder

    @cached_property
    def _environment(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(self._folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def fill(self, name: str, /, **values) -> Markup:
        """Fill one template.

        Args:
            name: file name without its extension.
            values: what the template asks for. Texts are escaped; what another template made (`Markup`) is inserted as it is.

        Returns:
            HTML, which another template inserts unchanged.

        Raises:
            jinja2.UndefinedError: the template asks for a value that was not given.
        """
        return Markup(self._environment.get_template(f"{name}.html").render(values).strip())
