"""Files in, gallery rows out, a batch at a time. Three batches are in progress at once:

    workers:      read batch 3     encode batch 2
    this thread:                                      write batch 1

What is written, and in which order, depends only on the entries, not on the number of workers.
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from lbf_model.gallery.items import GalleryItem
from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.gallery.store import GalleryWriter
from lbf_model.indexing.encode import EncodedPicture, PictureEncoder
from lbf_model.indexing.known import KnownPicture, KnownPictures, KnownRows, fill_known_rows
from lbf_model.indexing.read import ReadPicture, read_picture
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever
from lbf_model.vision.pictures import PictureError


@dataclass(frozen=True)
class _Batch:
    """What was read for some entries, without pixels; and the encodings in progress for new pictures, by digest."""

    entries: Sequence[GalleryItem]
    read: list[ReadPicture | PictureError]
    encoding: dict[str, Future]


@dataclass(frozen=True)
class _Row:
    """A picture to be written: `known` from before, or just `encoded`, or both if some of it was missing."""

    item: GalleryItem
    hash: np.ndarray | None
    known: KnownPicture | None
    encoded: EncodedPicture | None


class Pipeline:
    """Indexes entries into a writer's journal; what is already known about a picture is not computed again.

    Attributes:
        paths: of the pictures that the gallery will hold, in order.
        skipped: {"path", "reason"} for every picture that could not be read.
        notes: {"path", "reason"} for every picture that was indexed but had something in its file ignored.
    """

    def __init__(
        self,
        retriever: Retriever,
        compared: Sequence[QueryEncoder],
        root: Path,
        known: KnownPictures,
        writer: GalleryWriter,
        told_before: Collection[str] = (),
    ):
        """Prepare.

        Args:
            retriever: makes the embeddings.
            compared: other compositors, for the same regions.
            root: the folder that paths start from.
            known: what was indexed before, including the journal.
            writer: of the gallery.
            told_before: paths of kept pictures whose problems were already reported.
        """
        self.paths: list[str] = []
        self.skipped: list[dict] = []
        self.notes: list[dict] = []
        self._retriever, self._compared, self._root = retriever, compared, root.resolve()
        self._known, self._writer, self._told_before = known, writer, told_before
        self._journal = KnownRows.of_journal(writer)
        self._widths = writer.facts.widths()
        self._encoding: dict[str, Future] = {}  # for batches that are not written yet, by digest

    def steps(self, entries: Sequence[GalleryItem], batch: int, workers: int) -> Iterator[int]:
        """Index entries, `batch` at a time by `workers` threads; yields how many are done."""
        pool = ThreadPoolExecutor(workers, "index")
        encoder = PictureEncoder(self._retriever, self._compared, pool)
        reading: deque[tuple[Sequence[GalleryItem], list[Future]]] = deque()
        encoding: deque[_Batch] = deque()
        done = 0
        try:
            for first in range(0, len(entries) + 2 * batch, batch):
                if chosen := entries[first : first + batch]:
                    reading.append((chosen, [self._begin_reading(entry, pool) for entry in chosen]))
                if reading and first >= batch:
                    encoding.append(self._begin_encoding(*reading.popleft(), encoder))
                if encoding and first >= 2 * batch:
                    done += self._write(encoding.popleft())
                    yield done
        finally:  # after stopping early, do not wait for work that nobody needs
            pool.shutdown(cancel_futures=True)

    def _begin_reading(self, entry: GalleryItem, pool: ThreadPoolExecutor) -> Future:
        had, whole = self._known.at(entry.path), self._known.is_whole(entry.path, self._widths)
        return pool.submit(read_picture, self._root, entry, had and had.item, whole)

    def _begin_encoding(self, entries: Sequence[GalleryItem], reads: list[Future], encoder: PictureEncoder) -> _Batch:
        read = [future.result() for future in reads]
        opened = {one.item.digest: one for one in read if isinstance(one, ReadPicture)}
        needed = [digest for digest in opened if not self._has_vectors(digest)]
        new = encoder.begin({digest: opened[digest].picture for digest in needed if digest not in self._encoding})
        self._encoding |= new
        bare = [replace(one, picture=None) if isinstance(one, ReadPicture) else one for one in read]
        return _Batch(entries, bare, {digest: self._encoding[digest] for digest in needed})

    def _write(self, batch: _Batch) -> int:
        rows = []
        for entry, one in zip(batch.entries, batch.read, strict=True):
            if isinstance(one, PictureError):
                self.skipped.append(_told(entry, str(one)))
                continue
            if one.problem and entry.path not in self._told_before:
                self.skipped.append(_told(entry, one.problem))
            if one.note:
                self.notes.append({"path": entry.path, "reason": one.note})
            rows.append(self._row(one, batch.encoding))
        self.paths += [row.item.path for row in rows]
        if new := [row for row in rows if not self._is_written(row.item)]:
            first = len(self._writer.items)
            vectors = {name: self._vectors(new, name) for name in self._widths}
            own = vectors.pop(self._retriever.fingerprint)
            self._writer.add([row.item for row in new], self._hashes(new), own, vectors)
            self._known.add(self._journal, first)
        for digest in batch.encoding:
            self._encoding.pop(digest, None)
        return len(batch.entries)

    def _row(self, one: ReadPicture, encoding: dict[str, Future]) -> _Row:
        digest = one.item.digest
        known, encoded = self._known.like(digest), encoding[digest].result() if digest in encoding else None
        regions = known.item.regions if known else encoded.regions
        caption = one.item.caption or ", ".join(dict.fromkeys(region["label"] for region in regions))
        return _Row(replace(one.item, caption=caption, regions=regions), one.perceptual_hash, known, encoded)

    def _vectors(self, rows: list[_Row], name: str) -> np.ndarray:
        """(N, E) float32. Vectors that a picture already had stay the same, to the last bit."""
        found = np.empty((len(rows), self._widths[name]), np.float32)
        for place, row in enumerate(rows):
            if row.encoded:
                found[place] = row.encoded.vectors[name]
        fill_known_rows([row.known for row in rows], lambda rows: rows.vectors.get(name), found)
        return found

    def _hashes(self, rows: list[_Row]) -> np.ndarray:
        """(N, 385) uint8."""
        found = np.empty((len(rows), HASH_BYTES), np.uint8)
        for place, row in enumerate(rows):
            if row.hash is not None:
                found[place] = row.hash
        fill_known_rows([row.known if row.hash is None else None for row in rows], lambda rows: rows.hashes, found)
        return found

    def _has_vectors(self, digest: str) -> bool:
        had = self._known.like(digest)
        return had is not None and had.has_vectors(self._widths)

    def _is_written(self, item: GalleryItem) -> bool:
        had = self._known.at(item.path)
        return had is not None and had.source is self._journal and had.item == item


def _told(entry: GalleryItem, reason: str) -> dict:
    """A record of why an entry was skipped; the path already names the file, so it is removed from the reason."""
    return {"path": entry.path, "reason": reason.removeprefix(f"{PurePosixPath(entry.path).name}: ")}
