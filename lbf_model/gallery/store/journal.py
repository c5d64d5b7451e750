"""The pictures of an unfinished gallery, on disk until somebody asks for one."""

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lbf_model.gallery.items import GalleryItem, item_from_record


class JournalItems(Sequence[GalleryItem]):
    """Items by row number, read from the journal's lines: "CHECKSUM JSON". In memory is only where each line starts."""

    def __init__(self, lines: Path):
        self._lines, self._starts = lines, array("Q")

    def note(self, start: int) -> None:
        """One more line stands in the file, from this byte on."""
        self._starts.append(start)

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
    """(N, width) of a file of nothing else, mapped: only rows that are asked for are read."""
    return np.memmap(file, dtype, "r").reshape(-1, width) if file.stat().st_size else np.empty((0, width), dtype)
