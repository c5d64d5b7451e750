"""Queries and answers as the page, the API and reports keep them. Nothing here searches."""

from dataclasses import dataclass, field
from uuid import uuid4

import numpy as np
from PIL import Image

from lbf_model.gallery.items import GalleryItem
from lbf_model.interface.session_files import OwnGallery
from lbf_model.retrieval.pointing import Pointing
from lbf_model.types import Effects, Feedback, Relevance, SearchResult
from lbf_model.vision.pictures import picture_digest

DEFAULT_RESULTS, MAX_RESULTS = 8, 50
MINE = "my-pictures"  # the gallery that a visitor made in this session


class QueryError(ValueError):
    """A request names something that does not exist; the message says what does."""


@dataclass(frozen=True)
class Query:
    """A query that can be asked again.

    Attributes:
        picture: path of the reference image.
        text: modification text.
        gallery: name of an offered gallery, or MINE.
        count: how many results.
        pointing: regions of the picture that are to change, or to be kept; None lets words touch all.
        filters: what the gallery is narrowed to, each as FACET:VALUE.
        feedback: which of the gallery's pictures to be more or less like, and what is not wanted.
    """

    picture: str | None
    text: str
    gallery: str
    count: int
    pointing: Pointing | None = None
    filters: tuple[str, ...] = ()
    feedback: Feedback | None = None


@dataclass(frozen=True)
class Answer:
    """One answered query as a page keeps it: everything that is drawn later comes from here, with no inference.

    Attributes:
        query: what was asked.
        picture: the reference image, RGB, no larger than it is drawn; its regions are placed by their `boxes_unit`.
        result: everything else.
        own: the visitor's gallery that was searched; None if it was one that is offered to everyone.
        token: identifies this answer, so that what belongs to another one can be recognised.
    """

    query: Query
    picture: Image.Image
    result: SearchResult
    own: OwnGallery | None = None
    token: str = field(default_factory=lambda: uuid4().hex)

    def __deepcopy__(self, memo: dict) -> "Answer":
        """Itself: it never changes, and Gradio copies what the page opens on for each visitor."""
        return self

    def is_about(self, picture: Image.Image, gallery: str, own: OwnGallery | None = None) -> bool:
        """Whether it is about a picture, whatever file that came from, and a gallery; `own` is the visitor's own one now."""
        asked = self.own and self.own.folder, self.query.gallery, self.result.digest
        return asked == (own.folder if own and gallery == MINE else None, gallery, picture_digest(picture))


@dataclass(frozen=True)
class Details:
    """What there is to say about one result of an answer.

    Attributes:
        token: of the answer.
        item: the result.
        picture: of it, RGB, no larger than it is drawn.
        size: (width, height) in pixels of the picture that the item's boxes refer to.
        effects: what leaving out each part of the query does to it.
        relevance: estimated from gradients and attention.
    """

    token: str
    item: GalleryItem
    picture: Image.Image
    size: tuple[int, int]
    effects: Effects
    relevance: Relevance


@dataclass(frozen=True)
class Landscape:
    """Where a query and what is near it lie in the joint space.

    Attributes:
        query: (E,) float32.
        reference: (E,) float32, the reference as if it were in the gallery.
        items: (N, E) float32, the chosen result first, then the nearest others.
        pictures: of the items, RGB, small.
        ranks: of the items.
    """

    query: np.ndarray
    reference: np.ndarray
    items: np.ndarray
    pictures: tuple[Image.Image, ...]
    ranks: tuple[int, ...]
