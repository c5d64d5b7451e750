"""Example queries: stored ones, from assets/examples/examples.json, and some for a gallery that has none of its own."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.places import GalleryPlace, browse_gallery
from lbf_model.tasks.suggestions import suggest_changes
from lbf_model.types import Regions
from lbf_model.vision.pictures import is_picture, load_picture, picture_digest

_OFFERED = 4  # examples of a gallery that has no stored ones
_TRIED = 24  # of its pictures are tried to find them


@dataclass(frozen=True)
class Example:
    """One query to click.

    Attributes:
        picture: the reference image.
        text: modification text.
        gallery: name of the gallery to search.
        answer: id of the item there that is known to be right; "" if that is not known, for a picture from the gallery.
    """

    picture: Path
    text: str
    gallery: str
    answer: str = ""

    @property
    def file(self) -> str:
        """The picture's file name, by which a link names it."""
        return self.picture.name

    @cached_property
    def digest(self) -> str:
        """Identifies the picture's pixels."""
        return picture_digest(load_picture(self.picture))


def load_examples(folder: Path) -> list[Example]:
    """The examples in a folder that `make-demo` wrote."""
    records = json.loads((folder / "examples.json").read_text())
    return [Example(folder / r["picture"], r["text"], r["gallery"], r["answer"]) for r in records]


def examples_of(galleries: Mapping[str, GalleryPlace], folder: Path) -> list[Example]:
    """The stored examples, and some for each gallery folder that has none; raises what `load_examples` raises.

    Args:
        galleries: where they are, by name.
        folder: of the stored ones.
    """
    examples = load_examples(folder)
    for name, place in galleries.items():
        if isinstance(place, Path) and all(example.gallery != name for example in examples):
            with suppress(GalleryError):  # loading the catalog will say what is wrong with it
                examples += offer_examples(name, browse_gallery(place))
    return examples


def offer_examples(name: str, gallery: Gallery) -> list[Example]:
    """Some pictures of a gallery, spread over all of it, each with a change that its regions suggest.

    Args:
        name: of the gallery.
        gallery: an open one. Pictures that can't be read, or for which no change can be suggested, are skipped.

    Returns:
        A few, or none; always the same ones for the same gallery.
    """
    offered: dict[str, Example] = {}  # by text, so that none appears twice
    for row in np.linspace(0, len(gallery) - 1, min(_TRIED, len(gallery))).astype(int).tolist():
        item = gallery.items[row]
        suggested = suggest_changes(Regions.from_records(item.regions), gallery) if item.regions else ()
        new = [text for text in suggested if text not in offered]
        if new and is_picture(gallery.picture(item)):
            text = new[len(offered) % len(new)]  # not always the first kind of change
            offered[text] = Example(gallery.picture(item), text, name)
        if len(offered) == _OFFERED:
            break
    return list(offered.values())
