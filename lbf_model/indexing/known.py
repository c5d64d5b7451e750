"""What is known about pictures from the gallery being updated, and from the journal of this build.

Only names and row numbers are kept here. A row's data stay where they are, so memory hardly grows with the number of pictures.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lbf_model.gallery.items import GalleryItem
from lbf_model.gallery.store import GalleryContent, GalleryWriter


@dataclass(frozen=True)
class KnownRows:
    """Rows of pictures: their items, hashes (None in galleries made before there were hashes), and vectors by fingerprint.

    `hashes` and `vectors` take row numbers (N,) and return (N, 385) uint8 and (N, E) float32.
    """

    items: Sequence[GalleryItem]
    hashes: Callable[[np.ndarray], np.ndarray] | None
    vectors: dict[str, Callable[[np.ndarray], np.ndarray]]

    @classmethod
    def of_gallery(cls, content: GalleryContent) -> "KnownRows":
        """The unaltered rows of a finished gallery."""
        hashes = None if content.hashes is None else content.hashes.values.__getitem__
        return cls(content.items, hashes, {name: backend.vectors for name, backend in content.backends.items()})

    @classmethod
    def of_journal(cls, writer: GalleryWriter) -> "KnownRows":
        """The rows in a writer's journal; they grow with it."""
        vectors = {name: lambda rows, name=name: writer.vectors(name)[rows] for name in writer.facts.widths()}
        return cls(writer.items, lambda rows: writer.hashes()[rows], vectors)


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """One of the rows of a source."""

    source: KnownRows
    row: int

    @property
    def item(self) -> GalleryItem:
        """Its item, without `copy_of`, which is set again when the gallery is finished."""
        return replace(self.source.items[self.row], copy_of="")

    @property
    def has_hash(self) -> bool:
        """Whether its hash is known."""
        return self.source.hashes is not None

    def has_vectors(self, names: Collection[str]) -> bool:
        """Whether its vectors from all these compositors are known."""
        return self.source.vectors.keys() >= set(names)


class KnownPictures:
    """Pictures by path and by pixels; a later one replaces an earlier one."""

    def __init__(self):
        self._by_path: dict[str, KnownPicture] = {}
        self._by_digest: dict[str, KnownPicture] = {}

    def add(self, source: KnownRows, first: int = 0) -> None:
        """Register rows from `first` on."""
        for row in range(first, len(source.items)):
            item, one = source.items[row], KnownPicture(source, row)
            self._by_path[item.path] = self._by_digest[item.digest] = one

    def at(self, path: str) -> KnownPicture | None:
        """The picture that was indexed from this path."""
        return self._by_path.get(path)

    def is_whole(self, path: str, names: Collection[str]) -> bool:
        """Whether a picture was indexed from this path, and its hash and its vectors from all these compositors are known."""
        if path not in self._by_path:
            return False
        one = self._by_digest[self._by_path[path].item.digest]
        return one.has_hash and one.has_vectors(names)

    def like(self, digest: str) -> KnownPicture | None:
        """A picture with these pixels: a file that was moved, or exists twice, is encoded only once."""
        return self._by_digest.get(digest)


def fill_known_rows(
    pictures: Sequence[KnownPicture | None], read: Callable[[KnownRows], Callable | None], out: np.ndarray
) -> None:
    """Fill rows of `out` with what is known about pictures, reading each source once.

    Args:
        pictures: one for each row; None leaves the row unchanged.
        read: returns the function that reads rows of a source; None leaves the source's rows unchanged.
        out: (N, width), written to.
    """
    for source in {id(one.source): one.source for one in pictures if one}.values():
        rows = [row for row, one in enumerate(pictures) if one and one.source is source]
        if (ask := read(source)) is not None:
            out[rows] = ask(np.array([pictures[row].row for row in rows]))
