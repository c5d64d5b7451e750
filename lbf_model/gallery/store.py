"""A gallery on disk.

DIR/gallery.json         format number, checkpoint and detector that made it, compared compositors, title, picture root, back
                         end, counts, pictures that could not be read with the reason, and the generation N of the files below
DIR/items-N.jsonl        a line a picture: id, path (below the picture root), caption, regions, digest, file facts, and of which
                         earlier item it is a copy
DIR/hashes-N.npy         (G, 385) uint8, the perceptual hash of each picture
DIR/vectors-N.faiss      the vectors, ids are row numbers of items-N.jsonl
DIR/vectors-N-F.faiss    the same of a compared compositor, F its fingerprint; float16, which moves a cosine by less than 0.0002
DIR/.lock                held by the one process that writes

gallery.json is replaced in one step and last of all. Until then the old generation is whole, and it is deleted afterwards.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath

import numpy as np

from lbf_model.gallery.backends import BACKENDS
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import CompositorFacts, GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.near_duplicates import HASH_BYTES, PerceptualHashes, group_near_duplicates

FORMAT = 3
_WITHOUT_HASHES = 2  # a format that is still read; `index --update` turns it into the present one


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other processes, and other builds of this one, from writing a gallery folder; a process that dies lets go of it.

    Raises:
        GalleryError: somebody else writes there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:  # it stays: whoever deletes a lock file may delete it under the next writer
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GalleryError(f"{folder}: is being written by another index; wait for it, or choose another --out") from None
        yield


class GalleryWriter:
    """Builds a gallery folder piece by piece; what was added before an interruption is kept.

    Pictures are appended to a journal. A gallery that lies in the folder stays whole and usable until `finish`. Use it inside
    `only_writer`.

    Attributes:
        items: what the journal holds, in the order it was added.

    Raises:
        GalleryError: the folder holds something begun with other facts.
    """

    def __init__(self, folder: Path, facts: GalleryFacts):
        self.folder, self.facts = folder, facts
        folder.mkdir(parents=True, exist_ok=True)
        self._lines, self._begun = folder / "items.jsonl.part", folder / "gallery.json.part"
        self._hashes = folder / "hashes.part"
        self._widths = facts.widths()
        self._vectors = {name: folder / f"vectors-{name}.part" for name in self._widths}
        self._vectors[facts.compositor] = folder / "vectors.part"
        if self._begun.exists() and json.loads(self._begun.read_text()) != self._makers():
            raise GalleryError(
                f"{folder}: an unfinished gallery of other checkpoints or another folder lies here; delete its *.part files "
                "or choose another folder"
            )
        self._begun.write_text(json.dumps(self._makers()))
        self.items = self._recover()

    def _makers(self) -> dict:
        return {"format": FORMAT, **asdict(self.facts), "title": "", "compared": [asdict(c) for c in self.facts.compared]}

    def _recover(self) -> list[GalleryItem]:
        """Items of an interrupted run, cut back to those whose line, hash and vectors are all complete."""
        widths = {self._hashes: HASH_BYTES} | {file: 4 * self._widths[name] for name, file in self._vectors.items()}
        if not all(file.exists() for file in (self._lines, *widths)):
            for file in (self._lines, *widths):
                file.write_bytes(b"")
            return []
        lines = self._lines.read_bytes().split(b"\n")[:-1]  # what follows the last line end was cut off
        count = min(len(lines), *(file.stat().st_size // width for file, width in widths.items()))
        self._lines.write_bytes(b"".join(line + b"\n" for line in lines[:count]))
        for file, width in widths.items():
            with file.open("r+b") as opened:
                opened.truncate(count * width)
        return [_item(json.loads(line)) for line in lines[:count]]

    def vectors(self, compositor: str | None = None) -> np.ndarray:
        """(N, E) float32, of `items`; of the compositor that makes the gallery, or of a compared one by its fingerprint."""
        name = self.facts.compositor if compositor is None else compositor
        return np.fromfile(self._vectors[name], np.float32).reshape(-1, self._widths[name])

    def hashes(self) -> np.ndarray:
        """(N, 385) uint8, the perceptual hashes of `items`."""
        return np.fromfile(self._hashes, np.uint8).reshape(-1, HASH_BYTES)

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
            compared: the same of each compared compositor, by fingerprint.

        Raises:
            ValueError: the embeddings are not those of exactly the gallery's compositors.
        """
        together = {self.facts.compositor: embeddings, **(compared or {})}
        if together.keys() != self._widths.keys():
            raise ValueError(f"embeddings of {', '.join(together)}, but the gallery holds {', '.join(self._widths)}")
        for name, values in together.items():
            with self._vectors[name].open("ab") as file:
                file.write(np.ascontiguousarray(values, np.float32).tobytes())
        with self._hashes.open("ab") as file:
            file.write(np.ascontiguousarray(hashes, np.uint8).tobytes())
        with self._lines.open("a") as file:
            file.writelines(json.dumps(asdict(item)) + "\n" for item in items)
        self.items += items

    def finish(self, skipped: Sequence[dict], paths: Sequence[str] | None = None) -> Gallery:
        """Make a gallery of the journal, in place of the one in the folder, if there is one.

        Here it is decided, once, which items show the same picture.

        Args:
            skipped: {"path", "reason"} of pictures that could not be read.
            paths: which pictures the gallery holds, in this order; None takes all, as they were added.

        Raises:
            GalleryError: no picture was added.
        """
        rows = {item.path: row for row, item in enumerate(self.items)}  # of two lines for one path the later counts
        chosen = [rows[path] for path in (rows if paths is None else paths)]
        if not chosen:
            raise GalleryError(f"{self.folder}: no readable picture to index ({len(skipped)} skipped)")
        hashes = self.hashes()[chosen]
        items = _with_copies([self.items[row] for row in chosen], group_near_duplicates(hashes))
        generation = _generation(self.folder) + 1
        lines, hash_file, vectors = _files(self.folder, generation, self.facts)
        backends = {}
        for name in self._widths:
            half = name != self.facts.compositor
            backends[name] = BACKENDS[self.facts.backend].build(self.vectors(name)[chosen], half)
            backends[name].save(vectors[name])
        np.save(hash_file, hashes)
        lines.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
        counts = {"generation": generation, "pictures": len(items), "skipped": list(skipped)}
        new = self.folder / "gallery.json.new"
        new.write_text(json.dumps({"format": FORMAT, **asdict(self.facts), **counts}, indent=2) + "\n")
        os.replace(new, self.folder / "gallery.json")
        there = {p for kind in ("items-*.jsonl", "hashes-*.npy", "vectors-*.faiss") for p in self.folder.glob(kind)}
        outdated = there - {lines, hash_file, *vectors.values()}
        for file in (self._lines, self._hashes, *self._vectors.values(), self._begun, *outdated):
            file.unlink()
        return Gallery(self.folder, self.facts, items, backends, PerceptualHashes(hashes), skipped)


def read_facts(folder: Path) -> GalleryFacts:
    """What made a gallery, without loading it.

    Raises:
        GalleryError: missing, broken or of another format.
    """
    about = _about(Path(folder))
    try:
        # Galleries of the format without hashes call compared compositors "beside"; the oldest know none.
        compared = about.get("compared", about.get("beside", ()))
        known = {key: about[key] for key in ("compositor", "detector", "embedding_width", "root", "title")}
        facts = GalleryFacts(
            **known, compared=tuple(CompositorFacts(**c) for c in compared), backend=about.get("backend", "flat")
        )
    except (KeyError, TypeError) as error:
        raise _broken(folder, error) from None
    if facts.backend not in BACKENDS:
        raise GalleryError(f"{folder}: searched by {facts.backend!r}, but there are {', '.join(BACKENDS)}; build it again")
    return facts


def load_gallery(folder: Path, compositor: str, detector: str) -> Gallery:
    """Load a finished gallery.

    Args:
        folder: the gallery folder.
        compositor: fingerprint of the compositor in use.
        detector: fingerprint of the detector in use.

    Raises:
        GalleryError: missing, broken, or made by another compositor or detector.
    """
    folder = Path(folder)
    facts = read_facts(folder)
    for what, made, have in (("compositor", facts.compositor, compositor), ("detector", facts.detector, detector)):
        if made != have:
            raise GalleryError(
                f"{folder}: made by {what} {made}, but {have} is in use; build it again with `python -m lbf_model index`"
            )
    about = _about(folder)
    try:
        lines, hash_file, vectors = _files(folder, int(about["generation"]), facts)
        items = [_item(json.loads(line)) for line in lines.read_text().splitlines()]
        backends = {name: BACKENDS[facts.backend].load(file) for name, file in vectors.items()}
        if about["format"] == _WITHOUT_HASHES:
            hashes, items = None, _with_copies(items, _equal_digests(items))
        else:
            hashes = PerceptualHashes(np.load(hash_file))
    except FileNotFoundError as error:
        raise GalleryError(f"{error.filename}: missing; build the gallery with `python -m lbf_model index`") from None
    except (KeyError, TypeError, ValueError, EOFError) as error:
        raise _broken(folder, error) from None
    for name, width in facts.widths().items():
        if len(items) != len(backends[name]) or backends[name].width != width:
            raise GalleryError(f"{folder}: {len(items)} pictures but {len(backends[name])} vectors of {name}; build it again")
    if hashes is not None and len(hashes) != len(items):
        raise GalleryError(f"{folder}: {len(items)} pictures but {len(hashes)} hashes; build it again")
    return Gallery(folder, facts, items, backends, hashes, about["skipped"])


def _about(folder: Path) -> dict:
    """The checked content of gallery.json."""
    path = folder / "gallery.json"
    try:
        about = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise GalleryError(f"{path}: missing; build the gallery with `python -m lbf_model index`") from None
    except ValueError as error:
        raise _broken(folder, error) from None
    if not isinstance(about, dict) or about.get("format") not in (FORMAT, _WITHOUT_HASHES):
        have = about.get("format") if isinstance(about, dict) else None
        raise GalleryError(f"{folder}: format {have!r}, but {FORMAT} is read; delete it and build it again")
    return about


def _broken(folder: Path, error: Exception) -> GalleryError:
    return GalleryError(f"{folder}: broken gallery ({error}); build it again with `python -m lbf_model index`")


def _generation(folder: Path) -> int:
    """Of the finished gallery in a folder; 0 where there is none."""
    return int(_about(folder)["generation"]) if (folder / "gallery.json").exists() else 0


def _files(folder: Path, generation: int, facts: GalleryFacts) -> tuple[Path, Path, dict[str, Path]]:
    """The file of the items, that of their hashes, and that of each compositor's vectors by fingerprint."""
    vectors = {c.fingerprint: folder / f"vectors-{generation}-{c.fingerprint}.faiss" for c in facts.compared}
    made = {facts.compositor: folder / f"vectors-{generation}.faiss", **vectors}
    return folder / f"items-{generation}.jsonl", folder / f"hashes-{generation}.npy", made


def _with_copies(items: Sequence[GalleryItem], first: np.ndarray) -> list[GalleryItem]:
    """Items that know of which earlier one they are a copy; `first` (G,) is the row that stands for each."""
    return [replace(item, copy_of="" if first[row] == row else items[first[row]].id) for row, item in enumerate(items)]


def _equal_digests(items: Sequence[GalleryItem]) -> np.ndarray:
    """(G,) int64: the first row with the same pixels."""
    rows: dict[str, int] = {}
    return np.array([rows.setdefault(item.digest or item.id, row) for row, item in enumerate(items)], np.int64)


def _item(record: dict) -> GalleryItem:
    path = PurePosixPath(record["path"])
    if path.is_absolute() or ".." in path.parts:  # a gallery that somebody else made must not name this machine's files
        raise ValueError(f"{path} leads out of the picture folder")
    return GalleryItem(**{**record, "regions": tuple(record["regions"])})
