"""Errors that a visitor can do something about, as messages of the page."""

import sys
from collections.abc import Iterable, Iterator

import gradio as gr

from lbf_model.checkpoint import CheckpointError
from lbf_model.gallery.items import GalleryError
from lbf_model.interface.links import LinkError
from lbf_model.interface.service import QueryError
from lbf_model.interface.session_files import UploadError
from lbf_model.text.vocabulary import TextError
from lbf_model.vision.pictures import PictureError

_REFUSED = (PictureError, TextError, GalleryError, CheckpointError, QueryError, UploadError, LinkError)


def expected(function, *arguments):
    """Call something; what it refuses becomes a message for the visitor."""
    try:
        return function(*arguments)
    except _REFUSED as error:
        raise _message(error) from None


def expected_steps(steps: Iterable) -> Iterator:
    """Pass on what a generator yields; what it refuses becomes a message for the visitor."""
    try:
        yield from steps
    except _REFUSED as error:
        raise _message(error) from None


def _message(error: ValueError) -> gr.Error:
    """The message for a refusal. What is wrong on the server is told to who runs it, not to visitors."""
    if isinstance(error, (GalleryError, CheckpointError)):
        print(f"error: {error}", file=sys.stderr)
        return gr.Error("This gallery cannot be searched just now; choose another one.", title="Something is wrong here")
    return gr.Error(str(error), title="Please change the query")
