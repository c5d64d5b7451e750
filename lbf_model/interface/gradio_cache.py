"""Copies of pictures in the only folder that Gradio serves files from."""

import os
from pathlib import Path

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache


def cached_copy(component: gr.components.Component, path: str) -> str:
    """The path of a copy that may be shown to visitors.

    A copy that exists already is marked as new, because old ones are swept away.
    """
    if path.isprintable():
        copy = component.move_resource_to_block_cache(path)
    else:  # its name is in another encoding, which no address can hold
        copy = save_bytes_to_cache(Path(path).read_bytes(), f"picture{Path(path).suffix}", component.GRADIO_CACHE)
    os.utime(copy)  # also if another visitor was shown it an hour ago
    return copy
