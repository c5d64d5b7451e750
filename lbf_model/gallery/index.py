"""A gallery on disk and in memory. It holds vectors and facts about pictures, never pictures or models.

DIR/gallery.json       format number, checkpoint and detector that made it, title, picture root, counts, pictures that could not
                       be read with the reason, and the generation N of the two files below
DIR/items-N.jsonl      a line a picture: id, path (below the picture root), caption, regions, digest, file facts
DIR/vectors-N.faiss    exact inner product over unit vectors (cosine), ids are row numbers of items-N.jsonl

gallery.json is replaced in one step and last of all. Until then the old generation is whole, and it is deleted afterwards.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np

from lbf_model.types import Match

FORMAT = 2


class GalleryError(ValueError):
    """A gallery folder is missing, broken, or was made by another checkpoint."""


@dataclass(frozen=True)
class GalleryItem:
    """One picture of a gallery.

    Attributes:
        id: unique in its gallery.
        path: below the gallery's picture root, unique, too.
        caption: what is shown beside the picture.
        regions: {"box": [x1, y1, x2, y2] in pixels, "score", "label"} for each region.
        digest: names the picture's pixels (`vision.pictures.picture_digest`); items that share it are the same picture.
        size: of the file, in bytes.
        modified: of the file, in nanoseconds. Size and time tell `--update` which files it need not open.
    """

    id: str
    path: str
    caption: str
    regions: tuple[dict, ...] = ()
    digest: str = ""
    size: int = 0
    modified: int = 0


@dataclass(frozen=True)
class GalleryFacts:
    """What made a gallery: fingerprints of compositor and detector, embedding width E, the folder its paths start from.

    `title` is how a page calls it, "" where nobody said.
    """

    compositor: str
    detector: str
    embedding_width: int
    root: str
    title: str = ""


class Gallery:
    """Exact cosine search over a loaded gallery."""

    def __init__(
        self, folder: Path, facts: GalleryFacts, items: Sequence[GalleryItem], index: faiss.Index, skipped: Sequence[dict] = ()
    ):
        self.folder = folder
        self.facts = facts
        self.items = tuple(items)
        self.skipped = tuple(skipped)
        self._index = index
        self._same: dict[str, list[int]] = {}  # digest -> rows that show this very picture, in the order of the gallery
        for row, item in enumerate(self.items):
            self._same.setdefault(item.digest or item.id, []).append(row)
        self._most = max(map(len, self._same.values()), default=1)
        self._digests = {item.id: item.digest or item.id for item in self.items}
        self._rows = {item.id: row for row, item in enumerate(self.items)}

    def __len__(self) -> int:
        return len(self.items)

    def picture(self, item: GalleryItem) -> Path:
        """Where the item's picture lies."""
        return self.folder / self.facts.root / item.path  # an absolute root stands alone

    def search(self, embedding: np.ndarray, count: int, exclude: str | None = None) -> tuple[Match, ...]:
        """The best matches of one query.

        Args:
            embedding: (E,) float32, unit length.
            count: how many results; a gallery with fewer different pictures gives all it has.
            exclude: id of the query's own picture, which must not answer itself, under no name.

        Returns:
            Matches, best first; equal scores in the order of the gallery. A picture that the gallery holds several times is
            one match, which names the others in `duplicates`.
        """
        left_out = self._digests.get(exclude)
        # Among so many rows there are `count` different pictures, whichever of them stand several times.
        wanted = min((count + (left_out is not None)) * self._most, len(self))
        scores, rows = self._index.search(np.ascontiguousarray(embedding[None], np.float32), wanted)
        best: dict[str, tuple[int, float]] = {}
        for negative, row in sorted(zip(-scores[0], rows[0], strict=True)):
            best.setdefault(self._digests[self.items[row].id], (row, -negative))
        best.pop(left_out, None)
        return tuple(
            self._match(rank, row, float(score), self._same[digest])
            for rank, (digest, (row, score)) in enumerate(list(best.items())[:count], start=1)
        )

    def _match(self, rank: int, row: int, score: float, same: Sequence[int]) -> Match:
        item = self.items[row]
        others = tuple(self.items[other].id for other in same if other != row)
        return Match(rank, item.id, str(self.picture(item)), score, item.caption, others)

    def item(self, id: str) -> GalleryItem:
        """The item of an id.

        Raises:
            GalleryError: there is none.
        """
        return self.items[self._row(id)]

    def vector(self, id: str) -> np.ndarray:
        """(E,) float32, the unit embedding of an item; GalleryError where there is none."""
        return self._index.index.reconstruct(self._row(id))

    def vectors(self) -> np.ndarray:
        """(G, E) float32, unit length, in the order of `items`."""
        return self._index.index.reconstruct_n(0, len(self))

    def place(self, embeddings: np.ndarray, id: str, exclude: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Where one item stands in the answers to several queries.

        Args:
            embeddings: (N, E) float32, unit length.
            id: of the item.
            exclude: as for `search`.

        Returns:
            scores: (N,) float32, its cosine with each query.
            ranks: (N,) int64, from 1, among different pictures, as `search` would rank it.

        Raises:
            GalleryError: there is no such item.
        """
        row = self._same[self._digests[self.item(id).id]][0]  # the first row of a picture stands for all of them
        left_out = self._digests.get(exclude)
        rows = np.array([same[0] for digest, same in self._same.items() if digest != left_out], np.int64)
        scores = (embeddings @ self.vectors().T).astype(np.float32)
        own, others = scores[:, [row]], scores[:, rows]
        ahead = (others > own) | ((others == own) & (rows < row))
        return own[:, 0], 1 + ahead.sum(1)

    def _row(self, id: str) -> int:
        if id not in self._rows:
            raise GalleryError(f"{self.folder}: there is no picture {id!r} in this gallery")
        return self._rows[id]


class GalleryWriter:
    """Builds a gallery folder piece by piece; what was added before an interruption is kept.

    Pictures are appended to a journal. A gallery that lies in the folder stays whole and usable until `finish`.

    Attributes:
        items: what the journal holds, in the order it was added.

    Raises:
        GalleryError: the folder holds something begun with other facts.
    """

    def __init__(self, folder: Path, facts: GalleryFacts):
        self.folder, self.facts = folder, facts
        folder.mkdir(parents=True, exist_ok=True)
        self._lines, self._vectors = folder / "items.jsonl.part", folder / "vectors.part"
        self._begun = folder / "gallery.json.part"
        if self._begun.exists() and json.loads(self._begun.read_text()) != self._makers():
            raise GalleryError(
                f"{folder}: an unfinished gallery of another checkpoint or folder lies here; delete its *.part files or "
                "choose another folder"
            )
        self._begun.write_text(json.dumps(self._makers()))
        self.items = self._recover()

    def _makers(self) -> dict:
        return {key: value for key, value in asdict(self.facts).items() if key != "title"}

    def _recover(self) -> list[GalleryItem]:
        """Items of an interrupted run, cut back to those whose line and vector are both complete."""
        if not self._lines.exists() or not self._vectors.exists():
            self._lines.write_bytes(b"")
            self._vectors.write_bytes(b"")
            return []
        size = 4 * self.facts.embedding_width
        lines = self._lines.read_bytes().split(b"\n")[:-1]  # what follows the last line end was cut off
        count = min(len(lines), self._vectors.stat().st_size // size)
        self._lines.write_bytes(b"".join(line + b"\n" for line in lines[:count]))
        with self._vectors.open("r+b") as file:
            file.truncate(count * size)
        return [_item(json.loads(line)) for line in lines[:count]]

    def vectors(self) -> np.ndarray:
        """(N, E) float32, of `items`."""
        return np.fromfile(self._vectors, np.float32).reshape(-1, self.facts.embedding_width)

    def add(self, items: Sequence[GalleryItem], embeddings: np.ndarray) -> None:
        """Append pictures and their (N, E) float32 unit embeddings; a path that was added before is replaced."""
        with self._vectors.open("ab") as file:
            file.write(np.ascontiguousarray(embeddings, np.float32).tobytes())
        with self._lines.open("a") as file:
            file.writelines(json.dumps(asdict(item)) + "\n" for item in items)
        self.items += items

    def finish(self, skipped: Sequence[dict], paths: Sequence[str] | None = None) -> Gallery:
        """Make a gallery of the journal, in place of the one in the folder, if there is one.

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
        items = [self.items[row] for row in chosen]
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(self.facts.embedding_width))
        index.add_with_ids(self.vectors()[chosen], np.arange(len(chosen)))

        generation = _generation(self.folder) + 1
        lines, vectors = _files(self.folder, generation)
        faiss.write_index(index, str(vectors))
        lines.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
        counts = {"generation": generation, "pictures": len(items), "skipped": list(skipped)}
        new = self.folder / "gallery.json.new"
        new.write_text(json.dumps({"format": FORMAT, **asdict(self.facts), **counts}, indent=2) + "\n")
        os.replace(new, self.folder / "gallery.json")
        outdated = {*self.folder.glob("items-*.jsonl"), *self.folder.glob("vectors-*.faiss")} - {lines, vectors}
        for file in (self._lines, self._vectors, self._begun, *outdated):
            file.unlink()
        return Gallery(self.folder, self.facts, items, index, skipped)


def read_facts(folder: Path) -> GalleryFacts:
    """What made a gallery, without loading it.

    Raises:
        GalleryError: missing, broken or of another format.
    """
    about = _about(Path(folder))
    try:
        return GalleryFacts(**{key: about[key] for key in GalleryFacts.__dataclass_fields__})
    except KeyError as error:
        raise _broken(folder, error) from None


def load_gallery(folder: Path, compositor: str, detector: str) -> Gallery:
    """Load a gallery for use with one checkpoint.

    Args:
        folder: what `index` wrote.
        compositor: fingerprint of the compositor that will search it.
        detector: fingerprint of the detector that compositor goes with.

    Raises:
        GalleryError: missing, broken, or made by another checkpoint or detector.
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
        lines, vectors = _files(folder, int(about["generation"]))
        items = [_item(json.loads(line)) for line in lines.read_text().splitlines()]
        index = faiss.read_index(str(vectors))
    except FileNotFoundError as error:
        raise GalleryError(f"{error.filename}: missing; build the gallery with `python -m lbf_model index`") from None
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise _broken(folder, error) from None
    if len(items) != index.ntotal or index.d != facts.embedding_width:
        raise GalleryError(f"{folder}: {len(items)} pictures but {index.ntotal} vectors; build it again")
    return Gallery(folder, facts, items, index, about["skipped"])


def _about(folder: Path) -> dict:
    """The checked content of gallery.json."""
    path = folder / "gallery.json"
    try:
        about = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise GalleryError(f"{path}: missing; build the gallery with `python -m lbf_model index`") from None
    except ValueError as error:
        raise _broken(folder, error) from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        have = about.get("format") if isinstance(about, dict) else None
        raise GalleryError(f"{folder}: format {have!r}, but {FORMAT} is read; delete it and build it again")
    return about


def _broken(folder: Path, error: Exception) -> GalleryError:
    return GalleryError(f"{folder}: broken gallery ({error}); build it again with `python -m lbf_model index`")


def _generation(folder: Path) -> int:
    """Of the finished gallery in a folder; 0 where there is none."""
    return int(_about(folder)["generation"]) if (folder / "gallery.json").exists() else 0


def _files(folder: Path, generation: int) -> tuple[Path, Path]:
    return folder / f"items-{generation}.jsonl", folder / f"vectors-{generation}.faiss"


def _item(record: dict) -> GalleryItem:
    return GalleryItem(**{**record, "regions": tuple(record["regions"])})
