"""The pictures of an unfinished gallery, read from disk on demand."""

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lbf_model.gallery.items import GalleryItem, item_from_record


class JournalItems(Sequence[GalleryItem]):
    """Items by row number, not by slice, read from the journal's lines ("CHECKSUM JSON"); only line offsets are in memory."""

    def __init__(self, lines: Path):
        self._lines, self._starts = lines, array("Q")

    def note(self, *starts: int) -> None:
        """Note lines that were added to the file, by the byte offset at which each starts."""
        self._starts.extend(starts)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, row: int) -> GalleryItem:
        with self._lines.open("rb") as opened:
            opened.seek(self._starts[row])
            return _item(opened.readline())

    def __iter__(self) -> Iterator[GalleryItem]:
        if self._starts:
            with self._lines.open("rb") as opened:
                yield from map(_item, opened)


def _item(line: bytes) -> GalleryItem:
    return item_from_record(json.loads(line.partition(b" ")[2]))


def map_rows(file: Path, dtype: type, width: int) -> np.ndarray:
    """Memory-map a file of plain rows as (N, width): only rows that are asked for are read."""
    return np.memmap(file, dtype, "r").reshape(-1, width) if file.stat().st_size else np.empty((0, width), dtype)
