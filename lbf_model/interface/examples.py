"""Queries to click, from assets/examples/examples.json."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lbf_model.vision.pictures import load_picture, picture_digest


@dataclass(frozen=True)
class Example:
    """One query to click.

    Attributes:
        picture: the reference image.
        text: modification text.
        gallery: name of the gallery it is asked of.
        answer: id of the item there that is known to be right.
    """

    picture: Path
    text: str
    gallery: str
    answer: str

    @property
    def file(self) -> str:
        """The picture's file name, by which a link names it."""
        return self.picture.name

    @cached_property
    def digest(self) -> str:
        """Names the picture's pixels."""
        return picture_digest(load_picture(self.picture))


def load_examples(folder: Path) -> list[Example]:
    """The examples in a folder that `make-demo` wrote."""
    records = json.loads((folder / "examples.json").read_text())
    return [Example(folder / r["picture"], r["text"], r["gallery"], r["answer"]) for r in records]
