"""Files in, pictures out: what lies in a folder, and each picture decoded, with what names it and what it looks like."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from lbf_model.gallery.items import GalleryError, GalleryItem
from lbf_model.vision.perceptual_hash import perceptual_hash
from lbf_model.vision.pictures import PictureError, load_picture, picture_digest

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})


@dataclass(frozen=True)
class IndexedPicture:
    """A picture that was indexed before: its item, its perceptual hash, its embeddings by fingerprint of the compositor.

    `perceptual_hash` is None in galleries that were made before there were any, `vectors` lacks compositors that are new.
    """

    item: GalleryItem
    perceptual_hash: np.ndarray | None
    vectors: dict[str, np.ndarray]


@dataclass(frozen=True)
class ReadPicture:
    """One file, read.

    Attributes:
        item: the entry with its digest and file facts.
        picture: RGB; None where the file is as it was indexed before and need not be opened.
        perceptual_hash: (385,) uint8; None with `picture`.
    """

    item: GalleryItem
    picture: Image.Image | None = None
    perceptual_hash: np.ndarray | None = None


def folder_entries(folder: Path) -> list[GalleryItem]:
    """One entry for each picture file below a folder, in the order of their paths; captions are left to the detector.

    Raises:
        GalleryError: no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise GalleryError(f"{folder}: no such folder")
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise GalleryError(f"{folder}: holds no picture ({', '.join(sorted(SUFFIXES))})")
    return [GalleryItem(id=path, path=path, caption="") for path in paths]


def passed_over(folder: Path) -> Counter[str]:
    """How many files below a folder are no pictures by their names, by suffix: ".heic", or "" where there is none."""
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return Counter(p.suffix.lower() for p in files if p.suffix.lower() not in SUFFIXES)


def read_batches(
    root: Path, entries: Sequence[GalleryItem], known: dict[str, IndexedPicture], whole: set[str], batch: int, workers: int
) -> Iterator[list[ReadPicture | PictureError]]:
    """Read entries in their order, a batch at a time; while one batch is used, the next is decoded.

    Args:
        root: what paths start from.
        entries: what to read.
        known: pictures that were indexed before, by path.
        whole: paths of those of them that need not be opened where the file is still the same.
        batch: entries at a time.
        workers: threads that decode.

    Yields:
        What became of each entry of a batch: read, or why it cannot be.
    """
    with ThreadPoolExecutor(workers, "decode") as pool:

        def begin(first: int) -> list[Future]:
            return [pool.submit(_read, root, e, known.get(e.path), e.path in whole) for e in entries[first : first + batch]]

        coming = begin(0)
        try:
            for first in range(0, len(entries), batch):
                ready, coming = coming, begin(first + batch)
                yield [future.result() for future in ready]
        finally:  # whoever stops early waits for no decoding that nobody needs
            for future in coming:
                future.cancel()


def _read(root: Path, entry: GalleryItem, known: IndexedPicture | None, whole: bool) -> ReadPicture | PictureError:
    """The picture of an entry, opened where it has to be; what is wrong with it is returned, so that the others go on."""
    file = root / entry.path
    try:
        if file.is_symlink() and not file.resolve().is_relative_to(root.resolve()):
            raise PictureError(f"{file.name}: a link that leads out of the folder; put the picture itself there")
        status = file.stat()
    except PictureError as error:
        return error
    except (OSError, RuntimeError) as error:  # a RuntimeError for links in a circle
        return PictureError(f"{file.name}: can't be read ({error})")
    facts = {"size": status.st_size, "modified": status.st_mtime_ns}
    if whole and replace(known.item, **facts) == known.item:
        return ReadPicture(known.item)
    try:
        picture = load_picture(file)
    except PictureError as error:
        return error
    digest = picture_digest(picture)
    if known is None:
        item = replace(entry, digest=digest, **facts)
    elif known.item.digest == digest:
        item = replace(known.item, **facts)
    else:
        item = replace(entry, id=known.item.id, digest=digest, **facts)
    return ReadPicture(item, picture, perceptual_hash(picture))
