"""Opens a gallery that is published in Milvus.

Its vectors stay there. Its pictures' items and hashes are copied once to this machine, into the system's cache folder, since
results, copies and filters are looked up in them.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import tee
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lbf_model.checksums import checksums_of, find_altered, write_record
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.item_table import ItemTable, write_items
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.milvus.address import SLOWLY, MilvusAddress, MilvusConnection
from lbf_model.gallery.milvus.collection import AGAIN, Collection
from lbf_model.gallery.milvus.rows import FIRST, HASH, ITEM, picture_of
from lbf_model.gallery.milvus.searcher import ROW, MilvusSearcher
from lbf_model.gallery.near_duplicates import HASH_BYTES, PerceptualHashes

_BLOCK = 1000  # pictures copied per request
_UNFINISHED = "unfinished-"  # begins the name of a folder that is still being written
_ABANDONED_AFTER = 24 * 3600  # seconds without a change


def read_published_facts(address: MilvusAddress) -> GalleryFacts:
    """What made a gallery in Milvus.

    Raises:
        GalleryError: nothing answers, or no gallery was published there.
    """
    connection = MilvusConnection(address)
    try:
        return _find(connection).facts
    finally:
        connection.close()


def open_published(
    address: MilvusAddress, compositor: str, detector: str, attributes: Mapping[str, Sequence[str]] | None = None
) -> Gallery:
    """Open a gallery in Milvus, as it is published now; publishing it again does not change a gallery that is already open.

    Args:
        address: where the gallery is.
        compositor: fingerprint of the compositor in use.
        detector: fingerprint of the detector in use.
        attributes: as for `Gallery`.

    Raises:
        GalleryError: as for `read_published_facts`, or the gallery was made by other models, or it is broken.
        OSError: there is no space for the copy of its items.
    """
    connection = MilvusConnection(address)
    try:
        collection = _find(connection)
        facts = collection.facts
        facts.check_makers(address, compositor, detector)
        connection.ask("load_collection", collection.name, timeout=SLOWLY)  # an embedded database forgets that it was loaded
        items, hashes = _local_copy(connection, collection)
    except BaseException:
        connection.close()
        raise
    searchers = {facts.compositor: MilvusSearcher(connection, collection)}
    return Gallery(address, facts, items, searchers, hashes, attributes=attributes)


def _find(connection: MilvusConnection) -> Collection:
    collection = Collection.find(connection)
    if collection is None:
        raise GalleryError(f"{connection.address}: no gallery was published there; run `python -m lbf_model publish` first")
    return collection


def _local_copy(connection: MilvusConnection, collection: Collection) -> tuple[ItemTable, PerceptualHashes]:
    """The items and hashes of a collection, copied unless there is already a complete copy of this collection."""
    address = hashlib.sha256(str(connection.address).encode()).hexdigest()[:16]
    copies = _cache_folder() / address
    copy = copies / collection.name
    if not _is_whole(copy):
        copies.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=copies) as folder:
            _copy(connection, collection, made := Path(folder, "copy"))
            shutil.rmtree(copy, ignore_errors=True)
            made.rename(copy)
        for other in copies.iterdir():  # of earlier collections; programs that have them open can still read them
            if other != copy and not _may_be_being_written(other):
                shutil.rmtree(other, ignore_errors=True)
    return ItemTable.open(copy / "items.sqlite"), PerceptualHashes.load(copy / "hashes.npy")


def _may_be_being_written(folder: Path) -> bool:
    """Whether another program may still be copying into a folder, rather than having been killed while it did."""
    if not folder.name.startswith(_UNFINISHED):
        return False
    try:
        written = max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
    except FileNotFoundError:  # it was renamed or removed just now
        return True
    return time.time() - written < _ABANDONED_AFTER


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "lbf-model", "milvus")


def _is_whole(copy: Path) -> bool:
    try:
        return not find_altered(copy / "checksums.json", [copy / "items.sqlite", copy / "hashes.npy"], sampled=True)
    except ValueError:  # its record is missing or broken
        return False


def _copy(connection: MilvusConnection, collection: Collection, folder: Path) -> None:
    """Write items, hashes and their checksums into a new folder."""
    folder.mkdir()
    hashes = np.lib.format.open_memmap(folder / "hashes.npy", "w+", np.uint8, (collection.pictures, HASH_BYTES))

    def pictures() -> Iterator[tuple[GalleryItem, int]]:
        for row, (item, hash, first) in enumerate(_read(connection, collection)):
            hashes[row] = hash
            yield item, first

    items, firsts = tee(pictures())
    write_items(folder / "items.sqlite", (item for item, _ in items), (first for _, first in firsts))
    hashes.flush()
    write_record(folder / "checksums.json", checksums_of([folder / "items.sqlite", folder / "hashes.npy"]))


def _read(connection: MilvusConnection, collection: Collection) -> Iterator[tuple[GalleryItem, np.ndarray, int]]:
    """All pictures of a collection, in row order."""
    with tqdm(total=collection.pictures, unit="picture", desc=f"copying from {connection.address}") as progress:
        for start in range(0, collection.pictures, _BLOCK):
            wanted = list(range(start, min(start + _BLOCK, collection.pictures)))
            found = connection.ask("get", collection.name, wanted, output_fields=[ROW, ITEM, HASH, FIRST])
            try:
                by_row = {row[ROW]: picture_of(row) for row in found}
                yield from (by_row[row] for row in wanted)
            except (KeyError, TypeError, ValueError) as error:
                raise GalleryError(f"{connection.address}: a picture is broken or missing ({error}); {AGAIN}") from None
            progress.update(len(wanted))
