"""Errors that a visitor can do something about, as messages of the page."""

import gradio as gr

from lbf_model.checkpoint import CheckpointError
from lbf_model.gallery.index import GalleryError
from lbf_model.interface.engine import QueryError
from lbf_model.text.vocabulary import TextError
from lbf_model.vision.pictures import PictureError

_EXPECTED = (PictureError, TextError, GalleryError, CheckpointError, QueryError)


def expected(function, *arguments):
    """Call something; what it refuses becomes a message for the visitor."""
    try:
        return function(*arguments)
    except _EXPECTED as error:
        raise gr.Error(str(error), title="Please change the query") from None
