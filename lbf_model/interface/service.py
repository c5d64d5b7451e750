"""Answers queries: the galleries that are offered, loaded in the background. It knows nothing of pages or visitors."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock

from PIL import Image

from lbf_model.checkpoint import CheckpointError
from lbf_model.explain.canvas import LONG_SIDE
from lbf_model.explain.faithfulness import measured_sentence
from lbf_model.explain.leave_one_out import measure_effects
from lbf_model.explain.relevance import explain_relevance
from lbf_model.gallery.items import GalleryError, GalleryItem
from lbf_model.interface.answers import DEFAULT_RESULTS, MAX_RESULTS, MINE, Answer, Details, Landscape, Query, QueryError
from lbf_model.interface.examples import Example
from lbf_model.interface.session_files import KEPT_SECONDS, OwnGallery
from lbf_model.interface.worked_example import WorkedExample
from lbf_model.interface.zero_gpu import on_zero_gpu
from lbf_model.retrieval.catalog import Catalog, CatalogEntry
from lbf_model.retrieval.compare import Column, compare
from lbf_model.tasks.suggestions import suggest_changes
from lbf_model.text.vocabulary import TextError, cut_words
from lbf_model.types import Match
from lbf_model.vision.pictures import PictureError, check_header, load_or_blank, load_picture

_EXAMPLE = "example"  # takes the place of a gallery's name in links
_SMALL_SIDE = 96
_NEAREST = 24  # items around a query that are placed with it


class Service:
    """The galleries that are offered, and how to search them.

    `warm_up` loads the models in the background; a caller that needs them earlier waits for them.

    Attributes:
        titles: of the galleries, by name.
        examples: example queries to click.
        worked: the example that the page opens on, or None.
    """

    def __init__(
        self,
        titles: Mapping[str, str],
        load: Callable[[], Catalog],
        examples: Sequence[Example] = (),
        worked: WorkedExample | None = None,
    ):
        """Prepare; nothing is loaded yet.

        Args:
            titles: title of each gallery by its name, the default first.
            load: loads the catalog.
            examples: queries to click; those for other galleries are left out.
            worked: one of them with its answer, which is shown before models are loaded.

        Raises:
            ValueError: there is no gallery, or one has a name with a colon or a reserved name.
        """
        if not titles:
            raise ValueError("the page needs one gallery or more")
        for name in titles:
            if name in (MINE, _EXAMPLE) or ":" in name:  # links would be ambiguous
                raise ValueError(
                    f"{name!r} cannot be the name of a gallery; choose one without a colon, not {MINE} or {_EXAMPLE}"
                )
        self.titles = dict(titles)
        self.examples = tuple(e for e in examples if e.gallery in titles)
        self.worked = worked
        self._load = load
        self._loader = ThreadPoolExecutor(1, "load models")
        self._loaded: Future[Catalog] | None = None
        self._lock = Lock()

    def warm_up(self) -> Future:
        """Load the models in the background, unless that has begun; the result is that of `catalog`."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._loader.submit(self._load)
                self._loaded.add_done_callback(_report)
            return self._loaded

    def load_here(self) -> None:
        """Load the models in this thread: on ZeroGPU only the main one may put them on the GPU. Errors as for `catalog`."""
        loaded: Future[Catalog] = Future()
        loaded.set_result(self._load())
        self._loaded = loaded

    @property
    def ready(self) -> bool:
        """Whether a query would be answered without waiting for models."""
        return self._loaded is not None and self._loaded.done() and self._loaded.exception() is None

    def catalog(self) -> Catalog:
        """Everything that is loaded; waits until it is.

        Raises:
            GalleryError, CheckpointError: why it cannot be loaded.
        """
        return self.warm_up().result()

    def entry(self, gallery: str, own: OwnGallery | None = None) -> CatalogEntry:
        """A gallery with the retriever that searches it.

        Raises:
            QueryError: there is no such gallery.
        """
        if problem := self.gallery_problem(gallery, own):
            raise QueryError(problem)
        catalog = self.catalog()
        if gallery != MINE:
            return catalog.entry(gallery)
        return CatalogEntry(MINE, "My pictures", catalog.own.open_gallery(own.gallery), catalog.own, catalog.own_compared)

    def choices(self, own: OwnGallery | None = None) -> list[tuple[str, str]]:
        """(title, name) of each gallery that a visitor may search."""
        mine = [(f"My pictures ({own.pictures})", MINE)] if own else []
        return [(title, name) for name, title in self.titles.items()] + mine

    def picture_problem(self, path: str | None) -> str | None:
        """What is wrong with an uploaded picture, judging by its header; None if it is fine. It is not decoded."""
        if path is None:
            return f"Add a picture: upload one{', paste one, or click an example' if self.examples else ' or paste one'}."
        try:
            check_header(path)
        except PictureError as error:
            return str(error)
        return None

    def text_problem(self, text: str, gallery: str) -> str | None:
        """What is wrong with a modification text for a gallery, None if it is fine; waits for models."""
        try:
            retriever = self.catalog().own if gallery == MINE else self.catalog().entry(gallery).retriever
            if on_zero_gpu():  # reading an unfamiliar word takes a GPU, which is not here: the search will report it
                cut_words(text or "")
            else:
                retriever.encoder.reader.check_text(text or "")
        except TextError as error:
            return str(error)
        except (GalleryError, CheckpointError):  # not the text's fault; the search itself will report it
            return None
        return None

    def gallery_problem(self, gallery: str, own: OwnGallery | None) -> str | None:
        """What is wrong with the choice of a gallery, None if it is fine."""
        if gallery == MINE and (own is None or not own.gallery.exists()):
            return f"Your own pictures are kept for {KEPT_SECONDS // 60} minutes, and they are no longer here. Add them again."
        if gallery != MINE and gallery not in self.titles:
            return f"There is no gallery {gallery[:80]!r}; choose one of {', '.join(self.titles)}."
        return None

    def answer(self, query: Query, own: OwnGallery | None = None) -> Answer:
        """Search one gallery; arguments and errors as for `answer_steps`."""
        *_, answer = self.answer_steps(query, own)
        return answer

    def answer_steps(self, query: Query, own: OwnGallery | None = None) -> Iterator[str | Answer]:
        """Search one gallery; a reference that is in it is left out.

        Args:
            query: what is asked.
            own: the gallery that MINE means in this visitor's session.

        Yields:
            What is being done; at the end the answer.

        Raises:
            QueryError: no such gallery, a count out of range, or no picture.
            PictureError, TextError: the picture or the text cannot be used.
            PointingError: the query points at a region that does not exist, or leaves none to change.
            FilterError: a filter names what the gallery does not have.
            FeedbackError: it names a picture that is not in the gallery, or its second text cannot be read.
        """
        if not self.ready:
            yield "Loading the models; this takes a few seconds after a start"
        entry = self.entry(query.gallery, own)
        _check_count(query.count)
        yield "Opening the picture"
        picture = self.open_picture(query.picture)
        asked = query.text, entry.gallery, int(query.count), query.pointing, query.filters, query.feedback
        for step in entry.retriever.search_steps(picture, *asked):
            if isinstance(step, str):
                yield step
        picture.thumbnail((LONG_SIDE, LONG_SIDE))  # an answer keeps it no larger than it is drawn
        yield Answer(query, picture, step, own if query.gallery == MINE else None)

    def recount(self, answer: Answer, count: int) -> Answer:
        """An answer with another number of results, under the same token; no network runs. Errors as for `answer_steps`."""
        _check_count(count)
        found = self.entry(answer.query.gallery, answer.own).gallery.search(
            answer.result.embedding, count, answer.result.left_out, answer.result.filters
        )
        return replace(answer, query=replace(answer.query, count=count), result=replace(answer.result, matches=found))

    def worked_answer(self) -> Answer | None:
        """The stored answer to the example that the page opens on; None if there is none. No model is needed."""
        if self.worked is None:
            return None
        example = self.worked.example
        picture = self.open_picture(str(example.picture))
        picture.thumbnail((LONG_SIDE, LONG_SIDE))
        return Answer(Query(str(example.picture), example.text, example.gallery, DEFAULT_RESULTS), picture, self.worked.result)

    def details(self, answer: Answer, id: str) -> Details:
        """What there is to say about one result.

        Raises:
            QueryError: the gallery, the item or its picture is no longer there.
        """
        entry = self.entry(answer.query.gallery, answer.own)
        item = _item(entry, id)
        try:
            picture = load_picture(entry.gallery.picture(item))
        except PictureError:
            raise _gone(item) from None
        size = picture.size
        picture.thumbnail((LONG_SIDE, LONG_SIDE))
        effects = measure_effects(entry.retriever.encoder, answer.result, entry.gallery, id)
        relevance = explain_relevance(entry.retriever.encoder, answer.result, entry.gallery.vector(id))
        return Details(answer.token, item, picture, size, effects, relevance)

    def landscape(self, answer: Answer, id: str) -> Landscape:
        """The chosen result and the nearest others around a query; errors as for `details`."""
        entry = self.entry(answer.query.gallery, answer.own)
        item = _item(entry, id)
        narrowed = answer.result.left_out, answer.result.filters
        found = entry.gallery.search(answer.result.embedding, _NEAREST, *narrowed)
        chosen = [m for m in found if m.id == id]
        if not chosen:
            _, ranks = entry.gallery.rank(answer.result.embedding[None], id, *narrowed)
            chosen = [Match(int(ranks[0]), id, str(entry.gallery.picture(item)), 0.0, "")]
        items = [*chosen, *(m for m in found if m.id != id)]
        pictures = []
        for match in items:
            picture = load_or_blank(match.path)
            picture.thumbnail((_SMALL_SIDE, _SMALL_SIDE))
            pictures.append(picture)
        return Landscape(
            answer.result.embedding,
            entry.retriever.encoder.encode_targets([answer.result.regions])[0],
            entry.gallery.vectors([m.id for m in items]),
            tuple(pictures),
            tuple(m.rank for m in items),
        )

    def columns(self, answer: Answer, target: str | None) -> list[Column]:
        """The answer next to those of other compositors; errors as for `details`."""
        entry = self.entry(answer.query.gallery, answer.own)
        return compare(entry.retriever, answer.result, entry.gallery, entry.compared, answer.query.count, target)

    def suggest(self, path: str, gallery: str, own: OwnGallery | None = None, answer: Answer | None = None) -> tuple[str, ...]:
        """Changes worth asking for, given a picture; `answer` may be about this same picture. Errors as for `answer_steps`."""
        entry = self.entry(gallery, own)
        picture = self.open_picture(path)
        if answer is not None and answer.is_about(picture, gallery, own):
            return suggest_changes(answer.result.regions, entry.gallery)
        return suggest_changes(entry.retriever.detector.detect_regions([picture])[0], entry.gallery)

    def filters(self, gallery: str, own: OwnGallery | None = None) -> list[str]:
        """What a gallery can be narrowed to, each as FACET:VALUE; errors as for `entry`."""
        values = self.entry(gallery, own).gallery.facets.values
        return [f"{name}:{value}" for name, of in values.items() for value in of]

    def measured(self, gallery: str) -> str:
        """How well maps of this gallery's model agree with what truly matters, in a sentence; "" if that was not measured."""
        entry = None if gallery == MINE else self.catalog().entry(gallery)
        return measured_sentence(entry.checkpoint, entry.retriever.fingerprint) if entry and entry.checkpoint else ""

    def item_path(self, answer: Answer, id: str) -> Path:
        """Where the picture of a result is; errors as for `details`."""
        entry = self.entry(answer.query.gallery, answer.own)
        item = _item(entry, id)
        path = entry.gallery.picture(item)
        if not path.is_file():
            raise _gone(item)
        return path

    def shown_item(self, answer: Answer, id: str) -> tuple[str, str]:
        """(caption, path) of an item of the gallery that was searched; errors as for `details`, but its picture may be gone."""
        entry = self.entry(answer.query.gallery, answer.own)
        item = _item(entry, id)
        return item.caption, str(entry.gallery.picture(item))

    def source(self, answer: Answer) -> str:
        """What a link calls the reference: "example:FILE" or "GALLERY:ID"; "" if it is a visitor's own."""
        if answer.query.gallery == MINE:
            return ""
        example = next((e.file for e in self.examples if e.answer and e.digest == answer.result.digest), None)
        if example is not None:
            return f"{_EXAMPLE}:{example}"
        items = ((name, entry.gallery.find_pixels(answer.result.digest)) for name, entry in self.catalog().by_name.items())
        return next((f"{name}:{item}" for name, item in items if item), "")

    def resolve(self, source: str) -> Path:
        """The picture that `source` named.

        Raises:
            QueryError: no picture has this name any more.
        """
        kind, _, name = source.partition(":")
        if kind == _EXAMPLE:
            found = [e.picture for e in self.examples if e.answer and e.file == name]
            if found:
                return found[0]
        elif kind in self.titles:
            entry = self.entry(kind)
            return entry.gallery.picture(_item(entry, name))
        raise QueryError(f"The link names a picture that is not here: {source[:80]}. Add a picture and search again.")

    def target(self, query: Query, source: str) -> str | None:
        """Id of the right answer, if the query is exactly one of the examples, with nothing else asked."""
        if query.pointing is not None or query.filters or query.feedback is not None:
            return None
        asked = source, query.text, query.gallery
        return next((e.answer for e in self.examples if (f"{_EXAMPLE}:{e.file}", e.text, e.gallery) == asked), None)

    def open_picture(self, path: str | None) -> Image.Image:
        """Decode a reference image; QueryError if there is none, PictureError if it cannot be used."""
        if path is None:
            raise QueryError(self.picture_problem(None))
        return load_picture(path)


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_RESULTS:
        raise QueryError(f"The number of results is {count}; choose 1 to {MAX_RESULTS}.")


def _item(entry: CatalogEntry, id: str) -> GalleryItem:
    """An item of a gallery; QueryError if none has this id."""
    try:
        return entry.gallery.item(id)
    except GalleryError:
        raise QueryError(f"There is no picture {id[:80]!r} in “{entry.title}”; search again.") from None


def _gone(item: GalleryItem) -> QueryError:
    """The server's operator moved a picture; the visitor did nothing wrong, and can go on with another result."""
    return QueryError(f"The picture of “{item.caption[:80]}” is no longer where it was indexed; choose another result.")


def _report(loaded: Future) -> None:
    """Print for the server's operator why no query can be answered; visitors see it with every query."""
    if error := loaded.exception():
        print(f"error: {error}", file=sys.stderr)
