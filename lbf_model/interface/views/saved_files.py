"""Links to the files that an answer was saved as."""

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from lbf_model.interface.export import SavedFile
from lbf_model.interface.views.filling import fill


def file_links(files: Sequence[SavedFile]) -> Markup:
    """One link per file, through which Gradio serves it."""
    return fill("files", files=[(f"gradio_api/file={quote(file.path)}", file) for file in files])
