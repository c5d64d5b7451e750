"""Pictures with captions, queries between them, and what sets one benchmark of such pictures apart from another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class CaptionedPicture:
    """One picture.

    Attributes:
        path: of its file, relative to the split's root.
        caption: in the protocol's form.
        group: pictures of one group stay together when some are held out.
    """

    path: str
    caption: str
    group: str


@dataclass(frozen=True)
class CaptionedQuery:
    """One composed query.

    Attributes:
        source: index of the reference among the pictures.
        target_caption: the caption of a hit; no compositor sees it.
        text: what is to change.
    """

    source: int
    target_caption: str
    text: str


@dataclass(frozen=True)
class CaptionedSplit:
    """One split of a data set.

    Attributes:
        root: folder that the pictures' paths are relative to.
        pictures: those that can be used.
        passed_over: "path: reason" of every picture that cannot, "file, line N: reason" of every line.
        data: what figures and checkpoints say about the data.
        queries: of the test split.
        left_out: how many queries cannot be asked, since their line or a picture cannot be used; not among `queries`.
    """

    root: Path
    pictures: tuple[CaptionedPicture, ...]
    passed_over: tuple[str, ...]
    data: Mapping[str, str]
    queries: tuple[CaptionedQuery, ...] = ()
    left_out: int = 0

    def keep_decoded(self, places: Sequence[int]) -> "CaptionedSplit":
        """The split with only the pictures at these indices, ascending; the others cannot be decoded."""
        new_places = {int(old): new for new, old in enumerate(places)}
        broken = [f"{p.path}: cannot be decoded" for i, p in enumerate(self.pictures) if i not in new_places]
        queries = tuple(replace(q, source=new_places[q.source]) for q in self.queries if q.source in new_places)
        return replace(
            self,
            pictures=tuple(self.pictures[old] for old in new_places),
            passed_over=(*self.passed_over, *broken),
            queries=queries,
            left_out=self.left_out + len(self.queries) - len(queries),
        )


class CaptionPairs(Protocol):
    """Pairs of pictures, with a text that leads from one to the other.

    Attributes:
        sources: (S,) int64, indices of the pictures that a text leads from, ascending.
        used: (P,) int64, indices of the pictures that a text leads from or to, ascending.
    """

    sources: np.ndarray
    used: np.ndarray

    def draw(self, rng: np.random.Generator, index: int) -> tuple[int, str]:
        """Draw a target for a picture of `sources`: its index, and the text."""
        ...


@dataclass(frozen=True)
class CaptionProtocol:
    """What sets one benchmark of captioned pictures apart from another.

    Attributes:
        name: as `Benchmark.name`.
        title: as `Benchmark.title`.
        pairs: indexes captions, one per picture, for training.
        cutoffs: the Ks of R@K; R@10 on held-out training pictures chooses the checkpoint.
        hits: the part of a caption that a hit must share with the target's, by the prefix of "R@K" in the table.
    """

    name: str
    title: str
    pairs: Callable[[Sequence[str]], CaptionPairs]
    cutoffs: tuple[int, ...]
    hits: Mapping[str, Callable[[str], str]] = field(default_factory=lambda: {"": str})


def pick(rng: np.random.Generator, things: Sequence):
    """One of some things, all equally likely."""
    return things[rng.integers(len(things))]
