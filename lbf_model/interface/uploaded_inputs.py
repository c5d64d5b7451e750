"""Inputs that hand over an upload unopened: only `load_picture` decodes what visitors send.

This is where files enter from the page, the API and MCP. Gradio checks the path of a file only where its value carries the key
`meta`, so a visitor who leaves it out could name any file of the server. Every path is checked here instead.
"""

from abc import ABCMeta
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

NOT_UPLOADED = "This file was not uploaded here, or it is gone; upload it again."


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
    """A subclass with another `preprocess`.

    It has to be a class, since Gradio makes a component anew for each visitor. And it is made past Gradio's metaclass, which
    would write a .pyi file next to this one.
    """
    name = component.__name__.lower()
    attributes = {"preprocess": preprocess, "get_block_name": lambda self: name, "__module__": __name__}
    return ABCMeta.__new__(type(component), component.__name__, (component,), attributes)


def _picture(self, payload) -> str | None:
    return None if payload is None or payload.path is None else uploaded_path(payload.path)


def _files(self, payload) -> list[str]:
    return [uploaded_path(file.path) for file in payload or []]


UnopenedImage = _unopened(gr.Image, _picture)
UnopenedFiles = _unopened(gr.File, _files)
