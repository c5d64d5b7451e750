"""Errors that a visitor can do something about, as messages of the page."""

import sys
from collections.abc import Iterable, Iterator

import gradio as gr

from lbf_model.checkpoint import CheckpointError
from lbf_model.gallery.facets import FilterError
from lbf_model.gallery.items import GalleryError
from lbf_model.interface.answers import QueryError
from lbf_model.interface.links import LinkError
from lbf_model.interface.session_files import UploadError
from lbf_model.retrieval.feedback import FeedbackError
from lbf_model.retrieval.pointing import PointingError
from lbf_model.text.vocabulary import TextError
from lbf_model.vision.pictures import PictureError

_SHOWN = (
    PictureError,
    TextError,
    GalleryError,
    FilterError,
    CheckpointError,
    QueryError,
    PointingError,
    FeedbackError,
    UploadError,
    LinkError,
)


def call_with_messages(function, *arguments):
    """Call a function; an error that a visitor can do something about becomes a `gr.Error` with a message."""
    try:
        return function(*arguments)
    except _SHOWN as error:
        raise _message(error) from None


def iterate_with_messages(steps: Iterable) -> Iterator:
    """Pass on what a generator yields; its errors become messages as in `call_with_messages`."""
    try:
        yield from steps
    except _SHOWN as error:
        raise _message(error) from None


def _message(error: ValueError) -> gr.Error:
    """The message for an error. Faults of the server are printed for its operator; visitors get no details."""
    if isinstance(error, (GalleryError, CheckpointError)):
        print(f"error: {error}", file=sys.stderr)
        return gr.Error("This gallery cannot be searched right now; choose another one.", title="Something is wrong here")
    return gr.Error(str(error), title="Please change the query")
