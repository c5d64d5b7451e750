"""The one place where files come in, from the page, the API and MCP: only uploads are accepted, and passed on unopened.

Gradio checks the path of a file only if its value has the key `meta`, so a visitor who leaves it out could name any file on the
server; it downloads whatever a URL names; and it follows links. So every value is checked here before Gradio sees it. Anyone
who knows the path of an upload may use it: its folder is named after a secret hash of its content.
"""

from abc import ABCMeta
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

NOT_UPLOADED = "This file was not uploaded here, or it is gone; upload it again."


class GuardedBlocks(gr.Blocks):
    """A page whose events, public and private, accept only uploaded files.

    Attributes:
        download: puts what a URL names into the upload folder and returns its path; None if URLs are not accepted.
    """

    download: Callable[[str], Awaitable[str]] | None = None

    async def preprocess_data(self, block_fn, inputs, state, explicit_call=False):
        """As Gradio does it, after checking the files; its validators and API calls come through here, too."""
        return await super().preprocess_data(block_fn, await self._checked(inputs), state, explicit_call)

    async def process_api(self, *arguments, **settings):
        """As Gradio does it, but without printing a `gr.Error`: that is a message for visitors, not a fault of the server.

        Its text is escaped, since Gradio shows messages as HTML, and some quote what another person wrote: a link, say.
        """
        try:
            return await super().process_api(*arguments, **settings)
        except gr.Error as refusal:
            refusal.print_exception = False
            refusal.message = escape(refusal.message, quote=False)
            raise

    async def _checked(self, value: object) -> object:
        """A JSON value, with all its files checked and URLs replaced by downloads."""
        if isinstance(value, list):
            return [await self._checked(part) for part in value]
        if not isinstance(value, dict):
            return value
        checked = {key: await self._checked(part) for key, part in value.items()}
        if isinstance(path := value.get("path"), str):
            address = self.download is not None and path.startswith(("http://", "https://"))
            checked["path"] = await self.download(path) if address else uploaded_path(path)
        return checked


def uploaded_path(path: str) -> str:
    """The path of an upload, unchanged.

    Args:
        path: as a visitor named it; links and ".." are followed before it is checked.

    Raises:
        gr.Error: it leads out of the upload folder, or to no file. The message is the same for both, so it does not reveal
            which files the server has.
    """
    try:
        file = Path(path).resolve()
        inside = file.is_relative_to(Path(get_upload_folder()).resolve()) and file.is_file()
    except (OSError, ValueError, RuntimeError):  # a name that is too long, a NUL byte, a loop of links
        inside = False
    if not inside:
        raise gr.Error(NOT_UPLOADED, title="Please upload the picture")
    return path


def _unopened(component: type, preprocess: Callable) -> type:
    """A subclass with another `preprocess`: only `load_picture` decodes what visitors send.

    It has to be a class, since Gradio creates a component again for each visitor. And it bypasses Gradio's metaclass, which
    would write a .pyi file next to this one.
    """
    name = component.__name__.lower()
    attributes = {"preprocess": preprocess, "get_block_name": lambda self: name, "__module__": __name__}
    return ABCMeta.__new__(type(component), component.__name__, (component,), attributes)


def _picture(self, payload) -> str | None:
    return None if payload is None else payload.path


def _files(self, payload) -> list[str]:
    return [file.path for file in payload or []]


UnopenedImage = _unopened(gr.Image, _picture)
UnopenedFiles = _unopened(gr.File, _files)
