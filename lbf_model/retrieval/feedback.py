""" "More like this, less like this, but not that": results and a second text that move a composed query.

Rocchio's relevance feedback ("Relevance feedback in information retrieval", 1971) in the joint space that pictures and queries
share:

    query + MORE * mean(liked) - LESS * mean(disliked) - NOT * (refused - reference),    scaled to unit length

`refused` is the reference image composed with the second text, and `reference` is that image alone, so their difference is what
the second text would add; subtracting all of `refused` would also push the query away from the reference image. Rocchio's
method has no text. The weights were chosen by `benchmarks/feedback.py`. A query without feedback is not changed.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryError
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.text.vocabulary import TextError
from lbf_model.types import Feedback, SearchResult

MORE, LESS, NOT = 0.75, 0.5, 0.75
MOST = 20  # pictures that one query may name


class FeedbackError(ValueError):
    """The feedback of a query cannot be followed; the message says why."""


def give_feedback(
    more: Sequence[str] | None = None, less: Sequence[str] | None = None, but_not: str | None = None
) -> Feedback | None:
    """The feedback that a user gives besides picture and text; None if there is none.

    Args:
        more: ids of the gallery's pictures to be more like.
        less: ids of those to be less like.
        but_not: a text that says what is not wanted.

    Raises:
        FeedbackError: a list is not a list of ids, or too long, a picture is in both lists, or `but_not` is not a text.
    """
    lists = [[] if ids is None else ids for ids in (more, less)]
    for ids in lists:
        if not isinstance(ids, (list, tuple)) or not all(isinstance(id, str) for id in ids):
            raise FeedbackError(f"{str(ids)[:20]!r} is not a list of pictures; give a list of ids, as answers name them")
    if not isinstance(but_not or "", str):
        raise FeedbackError("“But not” has to be a text.")
    liked, disliked = (tuple(dict.fromkeys(ids)) for ids in lists)
    if both := [id for id in liked if id in disliked]:
        raise FeedbackError(f"Be more like {both[0][:80]!r} or less like it, not both.")
    if len(liked) + len(disliked) > MOST:
        raise FeedbackError(f"Choose at most {MOST} results as “more” or “less” like what you want.")
    given = Feedback(liked, disliked, (but_not or "").strip())
    return given if given != Feedback() else None


def write_feedback(feedback: Feedback | None) -> str:
    """As written in links: JSON without empty fields; "" for None."""
    return "" if feedback is None else json.dumps({name: value for name, value in asdict(feedback).items() if value})


def read_feedback(text: str) -> Feedback | None:
    """The inverse of `write_feedback`.

    Raises:
        FeedbackError: the text has another form.
    """
    if not text:
        return None
    try:
        return give_feedback(**json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, FeedbackError):
            raise
        raise FeedbackError("The feedback in this link is cut off or was altered; search again.") from None


def apply_feedback(encoder: QueryEncoder, gallery: Gallery, result: SearchResult, feedback: Feedback) -> SearchResult:
    """A composed query with feedback applied; its embedding has unit length.

    Args:
        encoder: what composed the query.
        gallery: contains the pictures that the feedback names, as `encoder` embeds them.
        result: the query without feedback.
        feedback: what to be more or less like, and what is not wanted.

    Raises:
        FeedbackError: the gallery has no picture with some id, or the second text cannot be read completely.
    """
    told = replace(result, feedback=feedback)
    return replace(told, embedding=move(result.embedding, feedback_shift(encoder, gallery, told)))


def feedback_shift(encoder: QueryEncoder, gallery: Gallery, result: SearchResult) -> np.ndarray | None:
    """(E,) float32: what a query's feedback adds to its composed embedding; None if it has none.

    Arguments and errors as for `apply_feedback`; the feedback is taken from `result`.
    """
    feedback = result.feedback
    if feedback is None:
        return None
    shift = np.zeros(encoder.config.embedding_width, np.float32)
    for weight, ids in ((MORE, feedback.more), (-LESS, feedback.less)):
        if ids:
            shift += np.float32(weight) * np.mean([_vector(gallery, id) for id in ids], axis=0)
    if feedback.but_not:
        try:
            tokens = encoder.reader.tokenize_text(feedback.but_not)
        except TextError as error:
            raise FeedbackError(f"But not: {error}") from None
        if tokens.unknown:
            raise FeedbackError(f"But not: these words are not understood: {', '.join(tokens.unknown)}")
        refused, _ = encoder.encode_query(result.regions, tokens, result.links)
        shift -= np.float32(NOT) * (refused - encoder.encode_targets([result.regions])[0])
    return shift


def move(embeddings: np.ndarray, shift: np.ndarray | None) -> np.ndarray:
    """Embeddings (..., E) moved by a shift (E,) and scaled to unit length; unchanged if there is no shift."""
    if shift is None:
        return embeddings
    moved = embeddings + shift
    return moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-12)


def tell_feedback(feedback: Feedback | None) -> str:
    """For people: "more like 2 results, less like 1, but not “dotted”"; "" for None."""
    if feedback is None:
        return ""
    counted = [(how, len(ids)) for how, ids in (("more", feedback.more), ("less", feedback.less)) if ids]
    said = [f"{how} like {count} result{'s' if count > 1 else ''}" for how, count in counted]
    return ", ".join(said + ([f"but not “{feedback.but_not}”"] if feedback.but_not else []))


def _vector(gallery: Gallery, id: str) -> np.ndarray:
    try:
        return gallery.vector(id)
    except GalleryError:
        raise FeedbackError(f"This gallery has no picture {id[:80]!r} that results could be more or less like.") from None
