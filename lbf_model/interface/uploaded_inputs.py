"""The one place where files enter, from the page, the API and MCP: only what was uploaded here, and handed over unopened.

Gradio checks the path of a file only where its value carries the key `meta`, so a visitor who leaves it out could name any file
of the server; it downloads what an address names; and it reads what a link leads to. So every value is checked here before
Gradio sees it. Whoever knows the path of an upload may use it: its folder is named after a secret hash of its content.
"""

from abc import ABCMeta
from collections.abc import Awaitable, Callable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

NOT_UPLOADED = "This file was not uploaded here, or it is gone; upload it again."


class GuardedBlocks(gr.Blocks):
    """A page whose events, public and private, take no file but uploads.

    Attributes:
        download: puts what an http address names into the upload folder and gives its path; None where no address is taken.
    """

    download: Callable[[str], Awaitable[str]] | None = None

    async def preprocess_data(self, block_fn, inputs, state, explicit_call=False):
        """As Gradio does it, once the files are checked; its validators and API calls come along here, too."""
        return await super().preprocess_data(block_fn, await self._checked(inputs), state, explicit_call)

    async def process_api(self, *arguments, **settings):
        """As Gradio does it, but without a trace of a `gr.Error`: that is what visitors are told, no fault of the server."""
        try:
            return await super().process_api(*arguments, **settings)
        except gr.Error as refusal:
            refusal.print_exception = False
            raise

    async def _checked(self, value: object) -> object:
        """A value of JSON, with all files in it checked and downloads in place of addresses."""
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
        path: as a visitor named it; links and ".." are followed before it is judged.

    Raises:
        gr.Error: it leads out of the upload folder, or to no file. The message is the same for both, so it does not tell which
            files the server has.
    """
    try:
        file = Path(path).resolve()
        inside = file.is_relative_to(Path(get_upload_folder()).resolve()) and file.is_file()
    except (OSError, ValueError, RuntimeError):  # a name too long, a NUL byte, links in a circle
        inside = False
    if not inside:
        raise gr.Error(NOT_UPLOADED, title="Please upload the picture")
    return path


def _unopened(component: type, preprocess: Callable) -> type:
    """A subclass with another `preprocess`: only `load_picture` decodes what visitors send.

    It has to be a class, since Gradio makes a component anew for each visitor. And it is made past Gradio's metaclass, which
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
