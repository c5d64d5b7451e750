"""Files in, pictures out: what lies in a folder, and each picture decoded, with what names it and what it looks like."""

import errno
import os
import stat
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from lbf_model.gallery.items import GalleryError, GalleryItem
from lbf_model.vision.perceptual_hash import perceptual_hash
from lbf_model.vision.pictures import PictureError, load_picture, picture_digest, picture_note
from lbf_model.vision.system_files import is_system_entry

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"})


@dataclass(frozen=True)
class ReadPicture:
    """One file, read.

    Attributes:
        item: the entry with its digest and file facts.
        picture: RGB; None where the file is as it was indexed before and need not be opened.
        perceptual_hash: (385,) uint8; None with `picture`.
        problem: why the file could not be looked at, though it was once; the item is as it was then.
        note: what of the file was ignored, "" where nothing was.
    """

    item: GalleryItem
    picture: Image.Image | None = None
    perceptual_hash: np.ndarray | None = None
    problem: str = ""
    note: str = ""


UNREADABLE = "can't be read"
KEPT = "what the gallery holds of it is kept"


@dataclass
class FolderListing:
    """What lies below a folder of pictures. What is hidden, or put there by a system, is passed over.

    Attributes:
        entries: one for each picture file, in the order of their paths; captions are left to the detector.
        unseen: {"path", "reason"} of what may hold pictures and was not looked at: unreadable and linked folders, links to
            nothing, what is no plain file.
        others: how many files are no pictures by their names, by suffix: ".cr2", or "" where there is none.
    """

    entries: list[GalleryItem] = field(default_factory=list)
    unseen: list[dict] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def list_folder(folder: Path) -> FolderListing:
    """Look for pictures by their names.

    Raises:
        GalleryError: no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise GalleryError(f"{folder}: no such folder")
    found = FolderListing()

    def pass_over(path: Path | str, reason: str) -> None:
        found.unseen.append({"path": Path(path).relative_to(folder).as_posix(), "reason": reason})

    def unreadable(error: OSError) -> None:
        pass_over(error.filename, f"{UNREADABLE} ({error.strerror})")

    for home, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not is_system_entry(name))
        for path in (Path(home, name) for name in folders):
            if path.is_symlink():
                pass_over(path, "a linked folder; links are not followed, put the pictures themselves there")
        for path in (Path(home, name) for name in files if not is_system_entry(name)):
            if path.suffix.lower() not in SUFFIXES:
                found.others[path.suffix.lower()] += 1
            elif reason := _no_file(path):
                pass_over(path, reason)
            else:
                name = path.relative_to(folder).as_posix()
                id = os.fsencode(name).decode(errors="backslashreplace")  # a name in another encoding is no text
                found.entries.append(GalleryItem(id=id, path=name, caption=""))
    found.entries.sort(key=lambda entry: entry.path)
    found.unseen.sort(key=lambda one: one["path"])
    if not found.entries and not found.unseen:
        raise GalleryError(f"{folder}: holds no picture ({', '.join(sorted(SUFFIXES))})")
    return found


def _no_file(path: Path) -> str:
    """Why a path is no file to open; "" where it may be one."""
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else "not a plain file"
    except OSError:
        return "a link to nothing" if path.is_symlink() else ""  # whoever opens the others is told what is wrong


def read_picture(root: Path, entry: GalleryItem, known: GalleryItem | None, whole: bool) -> ReadPicture | PictureError:
    """The picture of an entry, opened where it has to be.

    Args:
        root: what paths start from, itself resolved.
        entry: what to read.
        known: the same path as it was indexed before.
        whole: whether it need not be opened where the file is still the same.

    Returns:
        What is wrong with it is returned, so that the others go on.
    """
    file = root / entry.path
    try:
        if not file.resolve().is_relative_to(root):  # not only the file, a folder above it may be a link, too
            raise PictureError(f"{file.name}: a link leads out of the folder; put the picture itself there")
        status = file.stat()
        if not os.access(file, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except PictureError as error:
        return error
    except FileNotFoundError:
        return PictureError(f"{file.name}: no such file")
    except (OSError, RuntimeError) as error:  # a RuntimeError for links in a circle
        problem = f"{file.name}: {UNREADABLE} ({getattr(error, 'strerror', None) or error})"
        kept = f"{problem}; {KEPT}"
        return ReadPicture(known, problem=kept) if whole else PictureError(problem)
    facts = {"size": status.st_size, "modified": status.st_mtime_ns}
    if whole and replace(known, **facts) == known:
        return ReadPicture(known)
    try:
        picture = load_picture(file)
    except PictureError as error:
        return error
    digest = picture_digest(picture)
    if known is None:
        item = replace(entry, digest=digest, **facts)
    elif known.digest == digest:
        item = replace(known, **facts)
    else:
        item = replace(entry, id=known.id, digest=digest, **facts)
    return ReadPicture(item, picture, perceptual_hash(picture), note=picture_note(picture))
