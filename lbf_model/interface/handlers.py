"""What happens when a visitor asks: typed functions without a page, so that they can be tested without a browser."""

import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from lbf_model.explain.drawing import draw_regions, draw_word_heat
from lbf_model.explain.weights import explain_word
from lbf_model.gallery.index import GalleryItem
from lbf_model.indexing import build_steps
from lbf_model.offering import Offer
from lbf_model.search import Retriever
from lbf_model.text.vocabulary import TextError
from lbf_model.types import SearchResult
from lbf_model.uploads import UploadReport, picture_name, receive_uploads
from lbf_model.vision.pictures import PictureError, load_picture

MAX_RESULTS = 50
MEAN = "mean"
MINE = "my-pictures"  # the gallery that a visitor made in this session
KEPT_SECONDS = 3600  # how long it is kept after it was made, whether its page is still open or not
_LISTED = 20


class QueryError(ValueError):
    """A request names something that is not there; the message says what there is."""


@dataclass(frozen=True)
class Answer:
    """One answered query as a page keeps it: everything that is drawn later comes from here, with no inference."""

    picture: Image.Image
    result: SearchResult
    named: bool = False  # whether captions of the gallery are file names, which a visitor knows


@dataclass(frozen=True)
class OwnGallery:
    """A visitor's own pictures, indexed. A page keeps this for its session; the folder's name reaches no client."""

    folder: Path
    pictures: int

    @property
    def gallery(self) -> Path:
        """The gallery folder."""
        return self.folder / "gallery"


class Engine:
    """The galleries on offer, and a place for those that visitors make. It keeps nothing else of any visitor.

    Each gallery is searched by the retriever that made it. `own_retriever` indexes what visitors bring.
    """

    def __init__(self, offers: Sequence[Offer], own_retriever: Retriever):
        if not offers:
            raise ValueError("the page needs one gallery or more")
        if any(offer.name == MINE for offer in offers):
            raise ValueError(f"the name {MINE!r} stands for a visitor's own pictures; give the gallery another one")
        self.offers = {offer.name: offer for offer in offers}
        self.own_retriever = own_retriever
        self._home = tempfile.TemporaryDirectory(prefix="lbf-own-")  # is deleted when the server stops

    def choices(self, own: OwnGallery | None = None) -> list[tuple[str, str]]:
        """(title, name) of each gallery that a visitor may search."""
        mine = [(f"My pictures ({own.pictures})", MINE)] if own else []
        return [(offer.title, offer.name) for offer in self.offers.values()] + mine

    def retriever(self, gallery: str) -> Retriever:
        """What searches a gallery; its name was checked by `gallery_problem`."""
        return self.own_retriever if gallery == MINE else self.offers[gallery].retriever

    def picture_problem(self, path: str | None) -> str | None:
        """What is wrong with an uploaded picture, None where it is fine."""
        if path is None:
            return "Add a picture: upload one, paste one, or click an example."
        try:
            load_picture(path)
        except PictureError as error:
            return str(error)
        return None

    def text_problem(self, text: str, gallery: str) -> str | None:
        """What is wrong with a modification text for a gallery, None where it is fine."""
        try:
            self.retriever(gallery).vocabulary.check_text(text or "")
        except TextError as error:
            return str(error)
        return None

    def gallery_problem(self, gallery: str, own: OwnGallery | None) -> str | None:
        """What is wrong with the choice of a gallery, None where it is fine."""
        if gallery == MINE and (own is None or not own.gallery.exists()):
            return f"Your own pictures are kept for {KEPT_SECONDS // 60} minutes, and they are no longer here. Add them again."
        if gallery != MINE and gallery not in self.offers:
            return f"There is no gallery {gallery!r}; choose one of {', '.join(self.offers)}."
        return None

    def answer(self, path: str | None, text: str, gallery: str, count: int, own: OwnGallery | None = None) -> Answer:
        """Search one gallery.

        Args:
            path: of the reference image.
            text: modification text.
            gallery: name of an offered gallery, or MINE.
            count: how many results.
            own: what MINE stands for in this visitor's session.

        Raises:
            QueryError: no such gallery, a count out of range, or no picture.
            PictureError, TextError: the picture or the text cannot be used.
        """
        if problem := self.gallery_problem(gallery, own):
            raise QueryError(problem)
        if not 1 <= count <= MAX_RESULTS:
            raise QueryError(f"The number of results is {count}; choose 1 to {MAX_RESULTS}.")
        if path is None:
            raise QueryError(self.picture_problem(None))
        picture = load_picture(path)
        retriever = self.retriever(gallery)
        opened = retriever.open_gallery(own.gallery) if gallery == MINE else self.offers[gallery].gallery
        return Answer(picture, retriever.search(picture, text, opened, int(count)), named=gallery == MINE)

    def index_own(self, files: Sequence[str]) -> Generator[tuple[str, float], None, tuple[OwnGallery | None, UploadReport]]:
        """Make a gallery of what a visitor brings; whatever ends it early leaves nothing behind.

        Args:
            files: uploaded pictures and zips.

        Yields:
            What is being done, and how much of it, from 0 to 1.

        Returns:
            The gallery, None where no picture was readable, and what became of each file.

        Raises:
            QueryError: no file at all.
        """
        if not files:
            raise QueryError("Add pictures or a zip first.")
        self._sweep()
        folder = Path(tempfile.mkdtemp(dir=self._home.name))
        made = None
        try:
            pictures = folder / "pictures"
            pictures.mkdir()
            report = yield from _told("Reading", receive_uploads([Path(f) for f in files], pictures))
            if report.kept:
                entries = [GalleryItem(picture_name(i), picture_name(i), name) for i, name in enumerate(report.kept)]
                steps = build_steps(self.own_retriever, pictures, entries, folder / "gallery")
                yield from _told("Indexing", ((done, len(entries)) for done in steps))
                made = OwnGallery(folder, len(entries))
        finally:
            if made is None:
                shutil.rmtree(folder, ignore_errors=True)
        return made, report

    def drop_own(self, own: OwnGallery | None) -> None:
        """Delete a visitor's pictures."""
        if own is not None:
            shutil.rmtree(own.folder, ignore_errors=True)

    def close(self) -> None:
        """Delete every visitor's pictures."""
        self._home.cleanup()

    def _sweep(self) -> None:
        """Delete what outlived its session because no one told the end of that session."""
        for folder in Path(self._home.name).iterdir():
            if time.time() - folder.stat().st_mtime > 2 * KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _told(what: str, steps):
    """Pass steps (done, total) on as (what, share); returns what they return."""
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            return end.value
        yield f"{what} {done} of {total}", done / total


def result_pictures(answer: Answer) -> list[tuple[str, str]]:
    """(file, caption) of each match; the caption gives rank and cosine, and of own pictures the file's name."""
    names = [f" · {m.caption}" if answer.named else "" for m in answer.result.matches]
    return [(m.path, f"{m.rank} · {m.score:.3f}{name}") for m, name in zip(answer.result.matches, names, strict=True)]


def progress_bar(what: str, share: float) -> str:
    """HTML that says how far something is, from 0 to 1."""
    return f'<label>{escape(what)}<progress value="{share:.3f}"></progress></label>'


def upload_summary(own: OwnGallery | None, report: UploadReport) -> str:
    """HTML that says what became of every file of an upload; names of files are text in it, whatever they hold."""
    count = len(report.kept)
    said = f"{count} picture{'s' if count != 1 else ''} indexed. “Search in” is now set to “My pictures”."
    parts = [f"<p>{said if own else 'No picture could be read, so there is nothing to search.'}</p>"]
    for title, pairs, between in (
        ("Collapsed, the same picture as another", report.duplicates, " = "),
        ("Skipped, not readable", report.unreadable, ": "),
        ("Refused", report.refused, ": "),
    ):
        if pairs:
            lines = [f"<li><b>{escape(name)}</b>{between}{escape(other)}</li>" for name, other in pairs[:_LISTED]]
            more = f"<li>and {len(pairs) - _LISTED} more</li>" if len(pairs) > _LISTED else ""
            parts.append(f"<p>{title}: {len(pairs)}</p><ul>{''.join(lines)}{more}</ul>")
    if report.hidden:
        parts.append(f"<p>{report.hidden} system file{'s' if report.hidden != 1 else ''} passed over.</p>")
    return "".join(parts)


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
    if result.tokens.corrected:
        parts.append(f"Read {', '.join(f'“{typed}” as “{meant}”' for typed, meant in result.tokens.corrected)}.")
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
