"""A gallery in parts (shards) that several machines index in parallel, and the one gallery that they are merged into.

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
from lbf_model.gallery.store import GalleryContent, GalleryWriter, read_facts, read_unaltered
from lbf_model.only_writer import only_writer

_FILE = "shard.json"
_MAKERS = {
    "compositor": "compositor is not that",
    "detector": "detector is not that",
    "compared": "compared compositors are not those",
}
_BLOCK = 4096  # pictures copied at a time


@dataclass(frozen=True)
class Shard:
    """Which part of all pictures a gallery holds.

    Attributes:
        number: from 1.
        count: how many parts there are.
        listing: a hash of the paths of all pictures, including those of the other parts.
    """

    number: int
    count: int
    listing: str

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def take_shard(entries: Sequence[GalleryItem], number: int, count: int) -> tuple[Sequence[GalleryItem], Shard]:
    """Take the entries of one shard, in the order of their paths.

    Raises:
        GalleryError: there are fewer entries than shards.
    """
    if len(entries) < count:
        raise GalleryError(f"{count} shards of {len(entries)} pictures: some would be empty; make fewer")
    entries = sorted(entries, key=lambda entry: entry.path)
    listing = hashlib.sha256(b"\0".join(os.fsencode(entry.path) for entry in entries)).hexdigest()
    first, last = (len(entries) * part // count for part in (number - 1, number))
    return entries[first:last], Shard(number, count, listing)


def save_shard(folder: Path, shard: Shard) -> None:
    """Record in a gallery folder which shard it is."""
    (folder / _FILE).write_text(json.dumps(asdict(shard), indent=2) + "\n")


def load_shard(folder: Path) -> Shard:
    """Read which shard a gallery folder is.

    Raises:
        GalleryError: shard.json is missing or broken.
    """
    path = folder / _FILE
    try:
        return Shard(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise GalleryError(f"{path}: missing; make shards with `python -m lbf_model index --shard`") from None
    except (ValueError, TypeError) as error:
        raise GalleryError(f"{path}: broken ({error}); index this shard again") from None


def merge_shards(folders: Sequence[Path], out: Path, root: Path | None = None, title: str = "", backend: str = "") -> Gallery:
    """Merge all shards into one gallery, byte for byte the same as a gallery built in one run on a CPU.

    Args:
        folders: of the shards, in any order.
        out: gallery folder to write.
        root: the folder of the pictures on this machine; None means where the shards found them.
        title: the gallery's name on a page; "" takes the title of the first shard.
        backend: a name in `gallery.backends`; "" chooses by the number of pictures.

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
            if content.altered or content.hashes is None:
                told = "; ".join(content.altered) or f"{folder}: in an earlier format"
                raise GalleryError(f"{told}; index this shard again")
            paths += _copy(content, writer)
            if len(set(paths)) < len(paths):
                raise GalleryError(f"{folder}: holds pictures of another shard; index this shard again, in a new folder")
            skipped += [one for one in content.skipped if one not in skipped]  # each lists the same unreadable folders
        return writer.finish(skipped, paths)


def _in_order(folders: Sequence[Path]) -> list[Path]:
    """The folders in order of shard number, after checking that they are all the shards of one gallery."""
    shards = {folder: load_shard(folder) for folder in folders}
    first_folder, first = next(iter(shards.items()))
    by_number: dict[int, Path] = {}
    for folder, shard in shards.items():
        if (shard.count, shard.listing) != (first.count, first.listing):
            what = f"shard {shard}, but {first_folder} is {first}" if shard.count != first.count else "made from other pictures"
            raise GalleryError(f"{folder}: {what}; merge shards of one folder, all made with --shard N/{first.count}")
        if shard.number in by_number:
            raise GalleryError(f"{folder}: shard {shard} again, like {by_number[shard.number]}; name each shard once")
        by_number[shard.number] = folder
    if missing := [f"{number}/{first.count}" for number in range(1, first.count + 1) if number not in by_number]:
        raise GalleryError(f"shard {', '.join(missing)} not given; make each with `index --shard`, and merge all of them")
    return [by_number[number] for number in sorted(by_number)]


def _common_facts(folders: Sequence[Path]) -> GalleryFacts:
    """The facts that all of these galleries share."""
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
