"""Files in, pictures out: the pictures in a folder, and each one decoded, with its digest and perceptual hash."""

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
        picture: RGB; None if the file is the same as when it was indexed, and need not be opened.
        perceptual_hash: (385,) uint8; None if `picture` is None.
        problem: why a file that was indexed before cannot be read now, or ""; the item is then the earlier one.
        note: what was ignored in the file, or "".
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
    """The files below a folder of pictures. Hidden files and folders, and those that a system put there, are ignored.

    Attributes:
        entries: one for each picture file, in the order of their paths; captions are left to the detector.
        unseen: {"path", "reason"} for anything that may hold pictures but was not looked at: unreadable and linked folders,
            broken links, and anything else that is not a regular file.
        others: the number of files that are not pictures by their names, by suffix: ".cr2", or "" if there is none.
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
                id = os.fsencode(name).decode(errors="backslashreplace")  # a name in another encoding is not valid text
                found.entries.append(GalleryItem(id=id, path=name, caption=""))
    found.entries.sort(key=lambda entry: entry.path)
    found.unseen.sort(key=lambda one: one["path"])
    if not found.entries and not found.unseen:
        raise GalleryError(f"{folder}: holds no picture ({', '.join(sorted(SUFFIXES))})")
    return found


def _no_file(path: Path) -> str:
    """Why a path is not a file that can be opened; "" if it may be one."""
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else "not a plain file"
    except OSError:
        return "a link to nothing" if path.is_symlink() else ""  # opening the others reports what is wrong


def read_picture(root: Path, entry: GalleryItem, known: GalleryItem | None, whole: bool) -> ReadPicture | PictureError:
    """Read the picture of an entry; the file is opened only if necessary.

    Args:
        root: the folder that paths start from, already resolved.
        entry: what to read.
        known: the item that was indexed from this path before; None if there is none.
        whole: whether the file need not be opened if it is still the same.

    Returns:
        The picture, or the error: it is returned, not raised, so that the other pictures still get read.
    """
    file = root / entry.path
    try:
        if not file.resolve().is_relative_to(root):  # the file or a folder above it may be a link
            raise PictureError(f"{file.name}: a link leads out of the folder; put the picture itself there")
        status = file.stat()
        if not os.access(file, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except PictureError as error:
        return error
    except FileNotFoundError:
        return PictureError(f"{file.name}: no such file")
    except (OSError, RuntimeError) as error:  # RuntimeError: links that form a loop
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
