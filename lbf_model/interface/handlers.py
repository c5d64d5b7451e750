"""What happens when a visitor asks: typed functions without a page, so that they can be tested without a browser."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lbf_model.explain.drawing import draw_regions, draw_word_heat
from lbf_model.explain.weights import explain_word
from lbf_model.gallery.index import Gallery
from lbf_model.search import Retriever
from lbf_model.text.vocabulary import TextError
from lbf_model.types import SearchResult
from lbf_model.vision.pictures import PictureError, load_picture

MAX_RESULTS = 50
MEAN = "mean"


class QueryError(ValueError):
    """A request names something that is not there; the message says what there is."""


@dataclass(frozen=True)
class Answer:
    """One answered query as a page keeps it: everything that is drawn later comes from here, with no inference."""

    picture: Image.Image
    result: SearchResult


class Engine:
    """One retriever and its named galleries. It keeps nothing of any visitor."""

    def __init__(self, retriever: Retriever, galleries: Mapping[str, Gallery]):
        if not galleries:
            raise ValueError("the page needs one gallery or more")
        self.retriever = retriever
        self.galleries = dict(galleries)

    def picture_problem(self, path: str | None) -> str | None:
        """What is wrong with an uploaded picture, None where it is fine."""
        if path is None:
            return "Add a picture: upload one, paste one, or click an example."
        try:
            load_picture(path)
        except PictureError as error:
            return str(error)
        return None

    def text_problem(self, text: str) -> str | None:
        """What is wrong with a modification text, None where it is fine."""
        try:
            self.retriever.vocabulary.tokenize_text(text or "")
        except TextError as error:
            return str(error)
        return None

    def answer(self, path: str | None, text: str, gallery: str, count: int) -> Answer:
        """Search one gallery.

        Raises:
            QueryError: no such gallery, a count out of range, or no picture.
            PictureError, TextError: the picture or the text cannot be used.
        """
        if gallery not in self.galleries:
            raise QueryError(f"There is no gallery {gallery!r}; choose one of {', '.join(self.galleries)}.")
        if not 1 <= count <= MAX_RESULTS:
            raise QueryError(f"The number of results is {count}; choose 1 to {MAX_RESULTS}.")
        if path is None:
            raise QueryError(self.picture_problem(None))
        picture = load_picture(path)
        return Answer(picture, self.retriever.search(picture, text, self.galleries[gallery], int(count)))


def result_pictures(answer: Answer) -> list[tuple[str, str]]:
    """(file, caption) of each match; the caption gives rank and cosine."""
    return [(m.path, f"{m.rank} · {m.score:.3f}") for m in answer.result.matches]


def regions_picture(answer: Answer) -> Image.Image:
    """The reference image with its regions named."""
    return draw_regions(answer.picture, answer.result.regions)


def heat_picture(answer: Answer, word: int, layer: str, head: str) -> Image.Image:
    """Where one word looked; `layer` and `head` are "mean" or a number from 1."""
    return draw_word_heat(answer.picture, answer.result.regions, word_weights(answer.result, word, layer, head))


def word_weights(result: SearchResult, word: int, layer: str, head: str) -> np.ndarray:
    """(R,) float32 attention of one word; `layer` and `head` are "mean" or a number from 1.

    Raises:
        QueryError: no such word, layer or head.
    """
    try:
        return explain_word(result.explanation, word, number(layer), number(head))
    except ValueError as error:
        raise QueryError(str(error)) from None


def telling_word(result: SearchResult) -> int:
    """The word worth showing first: the one that singles out a region most beyond what all words look at on average."""
    weights = np.stack([explain_word(result.explanation, w) for w in range(len(result.tokens.words))])
    return int((weights - weights.mean(0)).max(1).argmax())


def summary(answer: Answer) -> str:
    """What the page says beside the results: what was found, what was left out, how long each stage took."""
    result = answer.result
    count = len(result.regions)
    parts = [
        "No object was found, so the whole picture is the one region."
        if result.regions.whole_image
        else f"{count} region{'s' if count != 1 else ''} found."
    ]
    if result.tokens.unknown:
        parts.append(f"Unknown words, left out: {', '.join(result.tokens.unknown)}.")
    parts.append(" · ".join(f"{stage} {milliseconds:.0f} ms" for stage, milliseconds in result.timings_ms.items()))
    return " ".join(parts)


def number(choice: str) -> int | None:
    """A layer or head as chosen on the page: "mean" is None, numbers count from 1 there and from 0 inside.

    Raises:
        QueryError: neither.
    """
    if choice == MEAN:
        return None
    if not str(choice).isdigit():
        raise QueryError(f"{choice!r} is neither {MEAN!r} nor a number from 1")
    return int(choice) - 1
