"""Inputs that hand over an upload unopened: only `load_picture` decodes what visitors send."""

from abc import ABCMeta
from collections.abc import Callable

import gradio as gr


def _unopened(component: type, preprocess: Callable) -> type:
    """A subclass with another `preprocess`.

    It has to be a class, since Gradio makes a component anew for each visitor. And it is made past Gradio's metaclass, which
    would write a .pyi file beside this one.
    """
    name = component.__name__.lower()
    attributes = {"preprocess": preprocess, "get_block_name": lambda self: name, "__module__": __name__}
    return ABCMeta.__new__(type(component), component.__name__, (component,), attributes)


UnopenedImage = _unopened(gr.Image, lambda self, payload: None if payload is None else payload.path)
UnopenedFiles = _unopened(gr.File, lambda self, payload: [file.path for file in payload or []])
