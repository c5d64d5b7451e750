"""The query that the page opens on: an example with its answer, stored so that it is on show before a model is loaded."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbf_model.explain.attention import how_telling
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.places import GalleryPlace
from lbf_model.gallery.store import read_facts
from lbf_model.interface.answers import DEFAULT_RESULTS
from lbf_model.interface.examples import Example, load_examples
from lbf_model.retrieval.retriever import Retriever
from lbf_model.retrieval.stored_result import read_result, write_result
from lbf_model.tasks.suggestions import suggest_changes
from lbf_model.types import SearchResult
from lbf_model.vision.pictures import load_picture

_OPENING_LAYER = 0  # whose maps are on show first


@dataclass(frozen=True)
class WorkedExample:
    """An example with its answer.

    Attributes:
        example: what is asked.
        result: the answer, without timings.
        suggestions: texts to ask next about the same picture.
    """

    example: Example
    result: SearchResult
    suggestions: tuple[str, ...]


def write_worked_example(examples: Path, name: str, folder: Path, retriever: Retriever, gallery: Gallery) -> Path | None:
    """Answer the examples of a gallery, and store the one to open on: a likely answer whose first map tells something.

    Args:
        examples: assets/examples.
        name: of the gallery.
        folder: of the gallery.
        retriever: the one that made the gallery.
        gallery: opened.

    Returns:
        The file; None if the gallery has no example.
    """
    own = [example for example in load_examples(examples) if example.gallery == name]
    if not own:
        return None
    answered = ((e, retriever.search(load_picture(e.picture), e.text, gallery, DEFAULT_RESULTS)) for e in own)
    shown, result = max(answered, key=lambda given: _worth_showing(given[1]))
    facts = {"gallery": _identity(folder), "picture": shown.file, "suggestions": suggest_changes(result.regions, gallery)}
    write_result(_file(examples, name), result, _pictures(folder), facts)
    return _file(examples, name)


def _worth_showing(result: SearchResult) -> float:
    """How telling its maps are, times how likely it is right, if that is known."""
    return how_telling(result.explanation, _OPENING_LAYER) * (1 if result.likelihood is None else result.likelihood)


def read_worked_example(
    examples: Path, galleries: Mapping[str, GalleryPlace], offered: Sequence[Example]
) -> WorkedExample | None:
    """The stored answer of the default gallery; None if it has none, or none that is still valid.

    An answer is valid while its example is offered and its gallery is, to the bit, the one that was searched. Answers of other
    galleries are ignored: people who put their own gallery first want searches to start there.

    Args:
        examples: assets/examples.
        galleries: where they are, by name, the default first.
        offered: the examples in `examples`.
    """
    name, folder = next(iter(galleries.items()))
    file = _file(examples, name)
    if not (isinstance(folder, Path) and file.is_file()):
        return None
    try:
        result, facts = read_result(file, _pictures(folder))
    except ValueError:  # a broken answer, which the page does without, or gallery, which loading the catalog will report
        return None
    asked = (facts["picture"], result.text, name)
    example = next((e for e in offered if (e.file, e.text, e.gallery) == asked), None)
    if example is None or example.digest != result.digest or facts["gallery"] != _identity(folder):
        return None
    return WorkedExample(example, result, tuple(facts["suggestions"]))


def _file(examples: Path, name: str) -> Path:
    return examples / f"{name}_answer.npz"


def _pictures(folder: Path) -> Path:
    return folder / read_facts(folder).root


def _identity(folder: Path) -> str:
    """Identifies the exact content of a gallery, by the checksums of its files."""
    files = sorted(folder.glob("checksums-*.json"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
