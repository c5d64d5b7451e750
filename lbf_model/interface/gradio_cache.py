"""Copies of pictures in the only folder that Gradio serves files from."""

import os
from pathlib import Path

import gradio as gr
from gradio.data_classes import GradioModel
from gradio.processing_utils import move_files_to_cache, save_bytes_to_cache


def cached_copy(component: gr.components.Component, path: str) -> str:
    """The path of a copy that may be shown to visitors.

    A copy that exists already is marked as new, because old ones are deleted.
    """
    if path.isprintable():
        copy = component.move_resource_to_block_cache(path)
    else:  # its name is in another encoding, which a URL cannot hold
        copy = save_bytes_to_cache(Path(path).read_bytes(), f"picture{Path(path).suffix}", component.GRADIO_CACHE)
    os.utime(copy)  # also if another visitor was shown it an hour ago
    return copy


def initial_value(component: gr.components.Component, value: object) -> object:
    """A value in the form in which Gradio keeps a component's initial value; a file is copied into the folder it serves."""
    if isinstance(component, gr.State):
        return value
    plain = component.postprocess(value)
    plain = plain.model_dump() if isinstance(plain, GradioModel) else plain
    kept = move_files_to_cache(plain, component, postprocess=True, keep_in_cache=True)
    if isinstance(kept, dict) and "path" in kept:
        component.keep_in_cache.add(kept["path"])
    return kept
