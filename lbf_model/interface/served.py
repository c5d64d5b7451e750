"""Copies of pictures where Gradio serves them from; it shows nothing of other folders."""

import os
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder


def upload_folder() -> Path:
    """Where Gradio puts uploads, and such copies."""
    return Path(get_upload_folder())


def served(component: gr.components.Component, path: str) -> str:
    """A copy of a file that may be shown; one that is there already counts as new, so that it is not deleted at once."""
    copy = component.move_resource_to_block_cache(path)
    os.utime(copy)  # also of a copy that another visitor was shown an hour ago
    return copy
