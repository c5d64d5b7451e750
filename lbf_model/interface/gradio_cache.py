"""Copies of pictures in the only folder that Gradio serves files from."""

import os

import gradio as gr


def cached_copy(component: gr.components.Component, path: str) -> str:
    """The path of a copy that may be shown to visitors.

    A copy that exists already is marked as new, because old ones are swept away.
    """
    copy = component.move_resource_to_block_cache(path)
    os.utime(copy)  # also if another visitor was shown it an hour ago
    return copy
