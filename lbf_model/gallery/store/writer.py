"""Writes a gallery folder: first a journal of what was indexed so far, then the finished gallery in one step."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from lbf_model.checksums import checksum, checksums_of, write_record
from lbf_model.gallery.backends import AUTOMATIC, BACKENDS, Backend, choose_backend
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.item_table import ItemTable, write_items
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.near_duplicates import HASH_BYTES, PerceptualHashes, group_near_duplicates
from lbf_model.gallery.store.format import FORMAT, PATTERNS, GalleryFiles, backend_of, generation_of
from lbf_model.gallery.store.journal import JournalItems, map_rows


class GalleryWriter:
    """Builds a gallery folder piece by piece; what was added before an interruption is kept.

    Pictures are appended to a journal. A gallery already in the folder stays whole and usable until `finish`. Each line of the
    journal starts with a checksum of what was stored for its picture, and of the compositors that made it. This tells rows that
    were really added from what a power cut or another program left behind. Use it inside `only_writer`.

    Attributes:
        items: what the journal holds, in the order it was added.
        lost: which journal file is broken, and from where on, or "" if all is whole; what is lost has to be added again.

    Raises:
        GalleryError: the folder holds an unfinished gallery with other facts.
    """

    def __init__(self, folder: Path, facts: GalleryFacts):
        self.folder, self.facts = folder, facts
        folder.mkdir(parents=True, exist_ok=True)
        self._lines, self._begun = folder / "items.jsonl.part", folder / "gallery.json.part"
        self._hashes = folder / "hashes.part"
        self._widths = facts.widths()
        self._vectors = {name: folder / f"vectors-{name}.part" for name in self._widths}
        self._vectors[facts.compositor] = folder / "vectors.part"
        # The title and the back end may change when an interrupted build is resumed.
        self._makers = json.dumps({"format": FORMAT, **asdict(replace(facts, title="", backend="", recall=None))})
        self.lost = ""
        if self._begun.exists() and (begun := self._begun.read_bytes()) != self._makers.encode():
            if _is_json(begun):
                raise GalleryError(
                    f"{folder}: holds an unfinished gallery of other checkpoints or another folder; delete its *.part "
                    "files or choose another folder"
                )
            self.lost = f"{self._begun.name}: broken"  # the checksums still show what these compositors added
        self._begun.write_text(self._makers)
        self.items = self._recover()

    def _recover(self) -> JournalItems:
        """Items of an interrupted run, truncated before the first whose line, hash or vectors are not as they were added."""
        items, end = JournalItems(self._lines), 0
        widths = {self._hashes: HASH_BYTES} | {file: 4 * self._widths[name] for name, file in self._vectors.items()}
        if not all(file.exists() for file in (self._lines, *widths)):
            for file in (self._lines, *widths):
                file.write_bytes(b"")
            return items
        with ExitStack() as stack:
            lines, *stored = (stack.enter_context(file.open("rb")) for file in (self._lines, *widths))
            for line in lines:
                said, _, record = line.removesuffix(b"\n").partition(b" ")
                parts = [opened.read(width) for opened, width in zip(stored, widths.values(), strict=True)]
                if not line.endswith(b"\n") or [len(part) for part in parts] != [*widths.values()]:
                    break  # truncated
                if said != self._checksum(record, *parts):
                    self.lost = f"{self._lines.name}, or what belongs to it: broken after {len(items)} pictures"
                    break
                items.note(end)
                end += len(line)
        os.truncate(self._lines, end)
        for file, width in widths.items():
            os.truncate(file, len(items) * width)
        return items

    def _checksum(self, record: bytes, *parts: bytes) -> bytes:
        """Checksum of a picture's JSON, hash and vectors, in the order of the journal's files."""
        return hashlib.sha256(b"\0".join([self._makers.encode(), record, *parts])).hexdigest().encode()

    def vectors(self, compositor: str | None = None) -> np.ndarray:
        """(N, E) float32, vectors of `items`, from the gallery's own compositor or from a compared one given by fingerprint."""
        name = self.facts.compositor if compositor is None else compositor
        return map_rows(self._vectors[name], np.float32, self._widths[name])

    def hashes(self) -> np.ndarray:
        """(N, 385) uint8, the perceptual hashes of `items`."""
        return map_rows(self._hashes, np.uint8, HASH_BYTES)

    def add(
        self,
        items: Sequence[GalleryItem],
        hashes: np.ndarray,
        embeddings: np.ndarray,
        compared: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Append pictures; a path that was added before is replaced.

        Args:
            items: N pictures.
            hashes: (N, 385) uint8, their perceptual hashes.
            embeddings: (N, E) float32, unit length.
            compared: the embeddings from each compared compositor, by fingerprint.

        Raises:
            ValueError: the embeddings are not from exactly the gallery's compositors.
        """
        together = {self.facts.compositor: embeddings, **(compared or {})}
        if together.keys() != self._widths.keys():
            raise ValueError(f"embeddings of {', '.join(together)}, but the gallery holds {', '.join(self._widths)}")
        stored = {self._hashes: np.ascontiguousarray(hashes, np.uint8)}
        stored |= {file: np.ascontiguousarray(together[name], np.float32) for name, file in self._vectors.items()}
        for file, values in stored.items():
            with file.open("ab") as opened:
                opened.write(values.tobytes())
        starts = []
        with self._lines.open("ab") as opened:
            for row, item in enumerate(items):
                record = json.dumps(asdict(item)).encode()
                starts.append(opened.tell())
                opened.write(self._checksum(record, *(of[row].tobytes() for of in stored.values())) + b" " + record + b"\n")
        self.items.note(*starts)

    def finish(self, skipped: Sequence[dict], paths: Sequence[str] | None = None) -> Gallery:
        """Make a gallery from the journal, replacing any gallery in the folder.

        This also decides, once, which items show the same picture.

        Args:
            skipped: {"path", "reason"} for each picture that could not be read.
            paths: which pictures the gallery holds, in this order; None takes all, in the order they were added.

        Raises:
            GalleryError: no picture was added.
        """
        rows = {item.path: row for row, item in enumerate(self.items)}  # if a path has two lines, the later one counts
        chosen = [rows[path] for path in (rows if paths is None else paths)]
        if not chosen:
            raise GalleryError(f"{self.folder}: no readable picture to index ({len(skipped)} skipped)")
        facts = self.facts if self.facts.backend != AUTOMATIC else replace(self.facts, backend=choose_backend(len(chosen)))
        generation = generation_of(self.folder) + 1
        files, backends = GalleryFiles.of(self.folder, generation, facts), {}
        made = [files.items, files.hashes]
        for name, path in files.vectors.items():
            kind = BACKENDS[backend_of(facts, name)]
            recall = self._write_vectors(name, kind, path, chosen)
            made += kind.files(path)
            if name == facts.compositor:
                facts = replace(facts, recall=recall)
            backends[name] = kind.load(path)  # from disk, so that a large gallery keeps little in memory
        np.save(files.hashes, hashes := self.hashes()[chosen])
        write_items(files.items, (self.items[row] for row in chosen), group_near_duplicates(hashes))
        counts = {"generation": generation, "pictures": len(chosen), "skipped": list(skipped)}
        new = self.folder / "gallery.json.new"
        new.write_text(json.dumps({"format": FORMAT, **asdict(facts), **counts}, indent=2) + "\n")
        write_record(files.record, {"gallery.json": checksum(new), **checksums_of(made)})
        for file in (*made, files.record, new):
            with file.open("rb") as opened:
                os.fsync(opened.fileno())  # after a power cut, gallery.json must not name files that were lost
        os.replace(new, self.folder / "gallery.json")
        outdated = {p for pattern in PATTERNS for p in self.folder.glob(pattern)} - {*made, files.record}
        for file in (self._lines, self._hashes, *self._vectors.values(), self._begun, *outdated):
            file.unlink(missing_ok=True)
        items = ItemTable.open(files.items)
        return Gallery(self.folder, facts, items, backends, PerceptualHashes.load(files.hashes), skipped)

    def _write_vectors(self, name: str, kind: type[Backend], path: Path, rows: Sequence[int]) -> float | None:
        """Write the files of one compositor's vectors; returns their recall (see `Backend`)."""
        built = kind.build(self.vectors(name), name != self.facts.compositor, np.array(rows))
        built.save(path)
        return built.recall


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True
