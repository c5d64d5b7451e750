"""A gallery on disk and in memory. It holds vectors and facts about pictures, never pictures or models.

DIR/gallery.json         format number, checkpoint and detector that made it, compositors beside, title, picture root, counts,
                         pictures that could not be read with the reason, and the generation N of the files below
DIR/items-N.jsonl        a line a picture: id, path (below the picture root), caption, regions, digest, file facts
DIR/vectors-N.faiss      exact inner product over unit vectors (cosine), ids are row numbers of items-N.jsonl
DIR/vectors-N-F.faiss    the same of a compositor beside, F its fingerprint; float16, which moves a cosine by less than 0.0002

gallery.json is replaced in one step and last of all. Until then the old generation is whole, and it is deleted afterwards.
"""

import json
import os
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

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
class BesideFacts:
    """A further compositor whose vectors a gallery holds: fingerprint, name of its checkpoint, kind, embedding width."""

    fingerprint: str
    name: str
    compositor: str
    embedding_width: int


@dataclass(frozen=True)
class GalleryFacts:
    """What made a gallery: fingerprints of compositor and detector, embedding width E, the folder its paths start from.

    `title` is how a page calls it, "" where nobody said. `beside` names further compositors of the same detector.
    """

    compositor: str
    detector: str
    embedding_width: int
    root: str
    title: str = ""
    beside: tuple[BesideFacts, ...] = ()

    def widths(self) -> dict[str, int]:
        """Embedding width of every compositor by fingerprint, the one that made the gallery first."""
        return {self.compositor: self.embedding_width} | {b.fingerprint: b.embedding_width for b in self.beside}


class Gallery:
    """Exact cosine search over a loaded gallery.

    It answers for the compositor that made it; `beside` gives the same pictures as another compositor embeds them.
    """

    def __init__(
        self,
        folder: Path,
        facts: GalleryFacts,
        items: Sequence[GalleryItem],
        indexes: Mapping[str, faiss.Index],
        skipped: Sequence[dict] = (),
    ):
        self.folder = folder
        self.facts = facts
        self.items = tuple(items)
        self.skipped = tuple(skipped)
        self._indexes = dict(indexes)  # by fingerprint of the compositor
        self._index = self._indexes[facts.compositor]
        self._same: dict[str, list[int]] = {}  # digest -> rows that show this very picture, in the order of the gallery
        for row, item in enumerate(self.items):
            self._same.setdefault(item.digest or item.id, []).append(row)
        self._most = max(map(len, self._same.values()), default=1)
        self._digests = {item.id: item.digest or item.id for item in self.items}
        self._rows = {item.id: row for row, item in enumerate(self.items)}

    def __len__(self) -> int:
        return len(self.items)

    def beside(self, compositor: str) -> "Gallery":
        """The same pictures with the vectors of a compositor beside; it shares everything else with this gallery.

        Args:
            compositor: fingerprint.

        Raises:
            GalleryError: the gallery holds no vectors of it.
        """
        widths = self.facts.widths()
        if compositor not in widths:
            raise GalleryError(f"{self.folder}: holds no vectors of compositor {compositor}; add them with `index --update`")
        view = copy(self)
        view.facts = replace(self.facts, compositor=compositor, embedding_width=widths[compositor], beside=())
        view._index = self._indexes[compositor]
        return view

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

    def find(self, digest: str) -> str | None:
        """Id of the first item that shows the picture of a digest; None where no item does."""
        rows = self._same.get(digest)
        return self.items[rows[0]].id if rows else None

    def item(self, id: str) -> GalleryItem:
        """The item of an id.

        Raises:
            GalleryError: there is none.
        """
        return self.items[self._row(id)]

    def vector(self, id: str) -> np.ndarray:
        """(E,) float32, an item's embedding, of unit length as nearly as it is stored; GalleryError where there is none."""
        return self._index.index.reconstruct(self._row(id))

    def vectors(self) -> np.ndarray:
        """(G, E) float32, of unit length as nearly as they are stored, in the order of `items`."""
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
        self._lines, self._begun = folder / "items.jsonl.part", folder / "gallery.json.part"
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
        return {**asdict(self.facts), "title": "", "beside": [asdict(b) for b in self.facts.beside]}

    def _recover(self) -> list[GalleryItem]:
        """Items of an interrupted run, cut back to those whose line and vectors are all complete."""
        journal = [self._lines, *self._vectors.values()]
        if not all(file.exists() for file in journal):
            for file in journal:
                file.write_bytes(b"")
            return []
        lines = self._lines.read_bytes().split(b"\n")[:-1]  # what follows the last line end was cut off
        whole = [file.stat().st_size // (4 * self._widths[name]) for name, file in self._vectors.items()]
        count = min(len(lines), *whole)
        self._lines.write_bytes(b"".join(line + b"\n" for line in lines[:count]))
        for name, vectors in self._vectors.items():
            with vectors.open("r+b") as file:
                file.truncate(count * 4 * self._widths[name])
        return [_item(json.loads(line)) for line in lines[:count]]

    def vectors(self, compositor: str | None = None) -> np.ndarray:
        """(N, E) float32, of `items`; of the compositor that makes the gallery, or of one beside by its fingerprint."""
        name = self.facts.compositor if compositor is None else compositor
        return np.fromfile(self._vectors[name], np.float32).reshape(-1, self._widths[name])

    def add(self, items: Sequence[GalleryItem], embeddings: np.ndarray, beside: Mapping[str, np.ndarray] | None = None) -> None:
        """Append pictures; a path that was added before is replaced.

        Args:
            items: N pictures.
            embeddings: (N, E) float32, unit length.
            beside: the same of each compositor beside, by fingerprint.

        Raises:
            ValueError: the embeddings are not those of exactly the gallery's compositors.
        """
        together = {self.facts.compositor: embeddings, **(beside or {})}
        if together.keys() != self._widths.keys():
            raise ValueError(f"embeddings of {', '.join(together)}, but the gallery holds {', '.join(self._widths)}")
        for name, values in together.items():
            with self._vectors[name].open("ab") as file:
                file.write(np.ascontiguousarray(values, np.float32).tobytes())
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
        generation = _generation(self.folder) + 1
        lines, vectors = _files(self.folder, generation, self.facts)
        indexes = {}
        for name, width in self._widths.items():
            indexes[name] = _empty_index(width, exact=name == self.facts.compositor)
            indexes[name].add_with_ids(self.vectors(name)[chosen], np.arange(len(chosen)))
            faiss.write_index(indexes[name], str(vectors[name]))
        lines.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
        counts = {"generation": generation, "pictures": len(items), "skipped": list(skipped)}
        new = self.folder / "gallery.json.new"
        new.write_text(json.dumps({"format": FORMAT, **asdict(self.facts), **counts}, indent=2) + "\n")
        os.replace(new, self.folder / "gallery.json")
        there = {*self.folder.glob("items-*.jsonl"), *self.folder.glob("vectors-*.faiss")}
        for file in (self._lines, *self._vectors.values(), self._begun, *(there - {lines, *vectors.values()})):
            file.unlink()
        return Gallery(self.folder, self.facts, items, indexes, skipped)


def read_facts(folder: Path) -> GalleryFacts:
    """What made a gallery, without loading it.

    Raises:
        GalleryError: missing, broken or of another format.
    """
    about = _about(Path(folder))
    try:
        beside = tuple(BesideFacts(**record) for record in about.get("beside", ()))  # galleries were made before it was
        return GalleryFacts(**{key: about[key] for key in GalleryFacts.__dataclass_fields__ if key != "beside"}, beside=beside)
    except (KeyError, TypeError) as error:
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
        lines, vectors = _files(folder, int(about["generation"]), facts)
        items = [_item(json.loads(line)) for line in lines.read_text().splitlines()]
        indexes = {name: faiss.read_index(str(file)) for name, file in vectors.items()}
    except FileNotFoundError as error:
        raise GalleryError(f"{error.filename}: missing; build the gallery with `python -m lbf_model index`") from None
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise _broken(folder, error) from None
    for name, width in facts.widths().items():
        index = indexes[name]
        if len(items) != index.ntotal or index.d != width:
            raise GalleryError(f"{folder}: {len(items)} pictures but {index.ntotal} vectors of {name}; build it again")
    return Gallery(folder, facts, items, indexes, about["skipped"])


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


def _files(folder: Path, generation: int, facts: GalleryFacts) -> tuple[Path, dict[str, Path]]:
    """The file of the items, and that of each compositor's vectors by fingerprint."""
    vectors = {b.fingerprint: folder / f"vectors-{generation}-{b.fingerprint}.faiss" for b in facts.beside}
    return folder / f"items-{generation}.jsonl", {facts.compositor: folder / f"vectors-{generation}.faiss", **vectors}


def _empty_index(width: int, exact: bool) -> faiss.Index:
    """Inner product over float32 vectors where `exact`, over float16 ones otherwise, at half the size."""
    stored = faiss.ScalarQuantizer.QT_fp16
    flat = faiss.IndexFlatIP(width) if exact else faiss.IndexScalarQuantizer(width, stored, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap2(flat)


def _item(record: dict) -> GalleryItem:
    path = PurePosixPath(record["path"])
    if path.is_absolute() or ".." in path.parts:  # a gallery that somebody else made must not name this machine's files
        raise ValueError(f"{path} leads out of the picture folder")
    return GalleryItem(**{**record, "regions": tuple(record["regions"])})
