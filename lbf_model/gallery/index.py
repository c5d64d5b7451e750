"""A gallery on disk and in memory. It holds vectors and facts about pictures, never pictures or models.

DIR/gallery.json     format number, checkpoint and detector that made it, picture root, counts
DIR/vectors.faiss    exact inner product over unit vectors (cosine), ids are row numbers of items.jsonl
DIR/items.jsonl      a line a picture: id, path (below the picture root), caption, regions
DIR/skipped.json     pictures that could not be read, with the reason
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np

from lbf_model.types import Match

FORMAT = 1


class GalleryError(ValueError):
    """A gallery folder is missing, broken, or was made by another checkpoint."""


@dataclass(frozen=True)
class GalleryItem:
    """One indexed picture. `regions` holds {"box": [x1, y1, x2, y2] in pixels, "score", "label"} for each region."""

    id: str
    path: str
    caption: str
    regions: tuple[dict, ...] = ()


@dataclass(frozen=True)
class GalleryFacts:
    """What made a gallery: fingerprints of compositor and detector, embedding width E, the folder its paths start from."""

    compositor: str
    detector: str
    embedding_width: int
    root: str


class Gallery:
    """Exact cosine search over a loaded gallery."""

    def __init__(self, folder: Path, facts: GalleryFacts, items: Sequence[GalleryItem], index: faiss.Index):
        self.folder = folder
        self.facts = facts
        self.items = tuple(items)
        self._index = index
        self._ids = frozenset(item.id for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def picture(self, item: GalleryItem) -> Path:
        """Where the item's picture lies."""
        return self.folder / self.facts.root / item.path  # an absolute root stands alone

    def search(self, embedding: np.ndarray, count: int, exclude: str | None = None) -> tuple[Match, ...]:
        """The best matches of one query.

        Args:
            embedding: (E,) float32, unit length.
            count: how many results; a gallery with fewer gives all it has.
            exclude: id of the query's own picture, which must not answer itself.

        Returns:
            Matches, best first; equal scores in the order of the gallery.
        """
        wanted = min(count + (exclude in self._ids), len(self))
        scores, rows = self._index.search(np.ascontiguousarray(embedding[None], np.float32), wanted)
        found = sorted(zip(-scores[0], rows[0], strict=True))
        kept = [(row, -negative) for negative, row in found if self.items[row].id != exclude][:count]
        return tuple(
            Match(rank, self.items[row].id, str(self.picture(self.items[row])), float(score), self.items[row].caption)
            for rank, (row, score) in enumerate(kept, start=1)
        )

    def vectors(self) -> np.ndarray:
        """(G, E) float32, unit length, in the order of `items`."""
        return self._index.index.reconstruct_n(0, len(self))


class GalleryWriter:
    """Builds a gallery folder piece by piece; what was added before an interruption is kept.

    Raises:
        GalleryError: the folder holds something begun with other facts.
    """

    def __init__(self, folder: Path, facts: GalleryFacts):
        self.folder, self.facts = folder, facts
        folder.mkdir(parents=True, exist_ok=True)
        self._lines, self._vectors = folder / "items.jsonl.part", folder / "vectors.part"
        begun = folder / "gallery.json.part"
        if begun.exists() and json.loads(begun.read_text()) != asdict(facts):
            raise GalleryError(
                f"{folder}: an unfinished gallery of another checkpoint lies here; delete it or choose another folder"
            )
        begun.write_text(json.dumps(asdict(facts)))
        self.items = self._recover()

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

    def add(self, items: Sequence[GalleryItem], embeddings: np.ndarray) -> None:
        """Append pictures and their (N, E) float32 unit embeddings."""
        with self._vectors.open("ab") as file:
            file.write(np.ascontiguousarray(embeddings, np.float32).tobytes())
        with self._lines.open("a") as file:
            file.writelines(json.dumps(asdict(item)) + "\n" for item in items)
        self.items += items

    def finish(self, skipped: Sequence[dict]) -> Gallery:
        """Write the index and make the folder a complete gallery.

        Args:
            skipped: {"path", "reason"} of pictures that could not be read.

        Raises:
            GalleryError: no picture was added.
        """
        if not self.items:
            raise GalleryError(f"{self.folder}: no readable picture to index ({len(skipped)} skipped)")
        vectors = np.fromfile(self._vectors, np.float32).reshape(-1, self.facts.embedding_width)
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(self.facts.embedding_width))
        index.add_with_ids(vectors, np.arange(len(vectors)))
        faiss.write_index(index, str(self.folder / "vectors.faiss"))
        (self.folder / "skipped.json").write_text(json.dumps(list(skipped), indent=1) + "\n")
        self._lines.rename(self.folder / "items.jsonl")
        about = {"format": FORMAT, **asdict(self.facts), "pictures": len(self.items), "skipped": len(skipped)}
        (self.folder / "gallery.json").write_text(json.dumps(about, indent=2) + "\n")
        self._vectors.unlink()
        (self.folder / "gallery.json.part").unlink()
        return Gallery(self.folder, self.facts, self.items, index)


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
    try:
        about = json.loads((folder / "gallery.json").read_text())
        lines = (folder / "items.jsonl").read_text().splitlines()
        items = [_item(json.loads(line)) for line in lines]
        index = faiss.read_index(str(folder / "vectors.faiss"))
    except FileNotFoundError as error:
        raise GalleryError(f"{error.filename}: missing; build the gallery with `python -m lbf_model index`") from None
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, RuntimeError) as error:
        raise GalleryError(f"{folder}: broken gallery ({error}); build it again with `python -m lbf_model index`") from None
    if about.get("format") != FORMAT:
        raise GalleryError(f"{folder}: format {about.get('format')!r} is not {FORMAT}; build it again")
    for what, have in (("compositor", compositor), ("detector", detector)):
        if about[what] != have:
            raise GalleryError(
                f"{folder}: made by {what} {about[what]}, but {have} is in use; build it again with `python -m lbf_model index`"
            )
    if len(items) != index.ntotal or index.d != about["embedding_width"]:
        raise GalleryError(f"{folder}: {len(items)} pictures but {index.ntotal} vectors; build it again")
    return Gallery(folder, GalleryFacts(compositor, detector, about["embedding_width"], about["root"]), items, index)


def _item(record: dict) -> GalleryItem:
    return GalleryItem(record["id"], record["path"], record["caption"], tuple(record["regions"]))
