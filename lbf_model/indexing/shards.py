"""A gallery in parts that several machines index at once, and one gallery made of them.

DIR/shard.json   beside the files of a gallery: which part it is, of how many, and of which pictures
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from lbf_model.gallery.backends import AUTOMATIC
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.store import GalleryContent, GalleryWriter, only_writer, read_facts, read_unaltered

_FILE = "shard.json"
_MAKERS = {
    "compositor": "compositor is not that",
    "detector": "detector is not that",
    "compared": "compared compositors are not those",
}
_BLOCK = 4096  # pictures that are copied together


@dataclass(frozen=True)
class Shard:
    """Which part of all pictures a gallery holds.

    Attributes:
        number: from 1.
        count: how many parts there are.
        listing: names the paths of all pictures, those of the other parts included.
    """

    number: int
    count: int
    listing: str

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def take_shard(entries: Sequence[GalleryItem], number: int, count: int) -> tuple[Sequence[GalleryItem], Shard]:
    """The entries of one part, in the order of their paths.

    Raises:
        GalleryError: there are fewer entries than parts.
    """
    if len(entries) < count:
        raise GalleryError(f"{count} shards of {len(entries)} pictures: some would be empty; make fewer")
    entries = sorted(entries, key=lambda entry: entry.path)
    listing = hashlib.sha256(b"\0".join(os.fsencode(entry.path) for entry in entries)).hexdigest()
    first, last = (len(entries) * part // count for part in (number - 1, number))
    return entries[first:last], Shard(number, count, listing)


def save_shard(folder: Path, shard: Shard) -> None:
    """Note in a gallery folder which part it is."""
    (folder / _FILE).write_text(json.dumps(asdict(shard), indent=2) + "\n")


def load_shard(folder: Path) -> Shard:
    """Which part a gallery folder is.

    Raises:
        GalleryError: none that is known.
    """
    path = folder / _FILE
    try:
        return Shard(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise GalleryError(f"{path}: missing; make shards with `python -m lbf_model index --shard`") from None
    except (ValueError, TypeError) as error:
        raise GalleryError(f"{path}: broken ({error}); index this shard again") from None


def merge_shards(folders: Sequence[Path], out: Path, root: Path | None = None, title: str = "", backend: str = "") -> Gallery:
    """Make one gallery of all its shards, byte for byte the one that is built at once on a CPU.

    Args:
        folders: of the shards, in any order.
        out: gallery folder to write.
        root: where the pictures lie on this machine; None says where the shards found them.
        title: how a page calls the gallery; "" takes that of the first shard.
        backend: a name of `gallery.backends`; "" lets the number of pictures decide.

    Raises:
        GalleryError: `out` holds a gallery; a shard is missing, given twice, altered, or made from other pictures or by other
            checkpoints than the first.
    """
    if (out / "gallery.json").exists():
        raise GalleryError(f"{out}: holds a gallery already; delete it first, or choose another --out")
    folders = _in_order(folders)
    facts = _common_facts(folders)
    where = str(root.resolve()) if root else facts.root
    facts = replace(facts, root=where, title=title or facts.title, backend=backend or AUTOMATIC, recall=None)
    with only_writer(out):
        writer = GalleryWriter(out, facts)
        paths: list[str] = []
        skipped: list[dict] = []
        for folder in folders:
            content = read_unaltered(folder)
            if content.altered:
                raise GalleryError(f"{'; '.join(content.altered)}; index this shard again")
            paths += _copy(content, writer)
            if len(set(paths)) < len(paths):
                raise GalleryError(f"{folder}: holds pictures of another shard; index this shard again, in a new folder")
            skipped += [one for one in content.skipped if one not in skipped]  # each names folders that were not looked at
        return writer.finish(skipped, paths)


def _in_order(folders: Sequence[Path]) -> list[Path]:
    """Folders by the number of their shard, once it is clear that they are all shards of one gallery."""
    shards = {folder: load_shard(folder) for folder in folders}
    first_folder, first = next(iter(shards.items()))
    by_number: dict[int, Path] = {}
    for folder, shard in shards.items():
        if (shard.count, shard.listing) != (first.count, first.listing):
            what = f"shard {shard}, but {first_folder} is {first}" if shard.count != first.count else "made from other pictures"
            raise GalleryError(f"{folder}: {what}; merge shards of one folder, all made with --shard N/{first.count}")
        if shard.number in by_number:
            raise GalleryError(f"{folder}: shard {shard} again, as {by_number[shard.number]} is; name each shard once")
        by_number[shard.number] = folder
    if missing := [f"{number}/{first.count}" for number in range(1, first.count + 1) if number not in by_number]:
        raise GalleryError(f"shard {', '.join(missing)} not given; make each with `index --shard`, and merge all of them")
    return [by_number[number] for number in sorted(by_number)]


def _common_facts(folders: Sequence[Path]) -> GalleryFacts:
    """What made all of these galleries."""
    first, *others = (read_facts(folder) for folder in folders)
    for folder, facts in zip(folders[1:], others, strict=True):
        for part, told in _MAKERS.items():
            if getattr(facts, part) != getattr(first, part):
                raise GalleryError(f"{folder}: its {told} of {folders[0]}; index all shards with the same checkpoints")
    return first


def _copy(content: GalleryContent, writer: GalleryWriter) -> list[str]:
    """Add the pictures of a shard to a writer's journal; returns their paths."""
    own = writer.facts.compositor
    for first in range(0, len(content.items), _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, len(content.items)))
        items = [replace(content.items[row], copy_of="") for row in rows.tolist()]
        vectors = {name: backend.vectors(rows) for name, backend in content.backends.items()}
        writer.add(items, content.hashes.values[rows], vectors.pop(own), vectors)
    return [item.path for item in content.items]
