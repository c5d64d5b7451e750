"""Files that a visitor uploads -> a private folder of plain pictures, and a report that names everything left out.

An upload is hostile until it is decoded. A zip is never unpacked: its directory is read only after its size was checked, its
names are shown but never used as paths, and each entry is inflated into memory up to a limit and handed to the picture gate.
What is kept is re-encoded as JPEG: no metadata, and no byte of the visitor's, is ever served.
"""

import re
import stat
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lbf_model.vision.pictures import MAX_BYTES, PictureError, load_picture, picture_digest
from lbf_model.vision.system_files import is_system_entry

MAX_PICTURES = 200
MAX_ENTRIES = 1000  # files in one upload, loose or in zips; some systems add a hidden file to each picture
MAX_ZIPS = 20
MAX_TRIES = 3 * MAX_PICTURES  # files that are read and given to the decoder
MAX_SECONDS = 300  # of processor time for these files; 200 photographs of 20 megapixels take about 60
MAX_TOTAL = 2**30  # bytes read in one upload, after inflating: 200 pictures of 5 MiB
MAX_RATIO = 100
_RATIO_FROM = 2**20  # below it any ratio is harmless; plain drawings reach high ones
_MAX_DIRECTORY = 2**20  # bytes of a zip's directory: enough for MAX_ENTRIES with long names
_LONGEST_NAME = 60
_DRIVE = re.compile(r"[A-Za-z]:")
_NAMES_ARE_UTF8 = 0x800  # a flag of a zip's entry
_JAPANESE = re.compile(r"[\u3041-\u30fe]|[\u4e00-\u9fff]{2}")  # a kana, or two kanji in a row
# What Python's zipfile raises on broken content (UnicodeDecodeError is a ValueError; RuntimeError and NotImplementedError
# for a feature that it does not support).
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error, OverflowError)


@dataclass(frozen=True)
class UploadReport:
    """What became of an upload. Names can be shown as they are; every file is in exactly one of the five.

    Attributes:
        kept: names of the pictures; the i-th lies in the folder as `picture_name(first + i)`.
        duplicates: (name, name of the kept picture that it repeats).
        unreadable: (name, reason) of each file that is not a picture, or a broken one.
        refused: (name, reason) of each file that the rules keep out.
        hidden: how many system files were ignored, such as .DS_Store.
        digests: identify the pixels of the kept pictures, as they were before re-encoding.
    """

    kept: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    unreadable: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]
    hidden: int
    digests: tuple[str, ...] = ()


class _Refused(Exception):
    """The rules keep a file out; the message says which."""


@dataclass(frozen=True)
class _Entry:
    """One file of an upload, loose or in a zip; `read` returns its bytes, or raises _Refused."""

    name: str
    size: int
    read: Callable[[], bytes]


def picture_name(index: int) -> str:
    """The file name of a kept picture."""
    return f"{index:03d}.jpg"


def receive_uploads(
    files: Sequence[Path], folder: Path, earlier: Mapping[str, str] | None = None, first: int = 0
) -> Generator[tuple[int, int], None, UploadReport]:
    """Keep the readable pictures of an upload, one at each step.

    Args:
        files: pictures and zips as they were uploaded; they are only read.
        folder: gets the kept pictures.
        earlier: names, by digest, of pictures that are there already; they count towards the limit, and copies are not kept.
        first: number of the first file that is written.

    Yields:
        How many files are done, and how many there are.

    Returns:
        The report. No content of a file raises an error.
    """
    earlier = earlier or {}
    kept: dict[str, str] = {}  # digest -> name
    duplicates, unreadable, refused = [], [], []
    hidden = spent = zips = tries = 0
    seconds = 0.0
    with ExitStack() as stack:
        entries: list[_Entry] = []
        for file in files:
            try:
                if not file.exists():  # uploads are deleted after a while
                    raise _Refused("no longer here; add it again")
                room = MAX_ENTRIES - len(entries) - hidden
                if file.suffix.lower() == ".zip":
                    zips += 1
                    found, system = _zip_entries(stack, file, zips, room)
                    entries += found
                    hidden += system
                elif room:
                    entries.append(_Entry(file.name, file.stat().st_size, lambda file=file: _read_start(file)))
                else:
                    raise _Refused(f"over the {MAX_ENTRIES} files that one upload may hold")
            except _Refused as reason:
                refused.append((shown_name(file.name), str(reason)))
        for done, entry in enumerate(entries, start=1):
            name = shown_name(entry.name)
            start = time.thread_time()
            try:
                if len(earlier) + len(kept) >= MAX_PICTURES:
                    raise _Refused(f"over the limit of {MAX_PICTURES} pictures")
                if tries == MAX_TRIES:
                    raise _Refused(
                        f"over the {MAX_TRIES} files that are tried; leave out repeats and files that are not pictures"
                    )
                if seconds > MAX_SECONDS:
                    raise _Refused(f"over the {MAX_SECONDS} seconds that reading one upload may take; make a smaller one")
                if entry.size > MAX_BYTES:
                    raise _Refused(f"{entry.size / 2**20:.0f} MiB; a picture may have at most {MAX_BYTES // 2**20} MiB")
                if spent + entry.size > MAX_TOTAL:
                    raise _Refused(f"over the {MAX_TOTAL // 2**20} MiB that one upload may hold")
                spent += entry.size  # even if reading fails: the work was done
                tries += 1
                data = entry.read()
                picture = load_picture(data)
            except _Refused as reason:
                refused.append((name, str(reason)))
            except PictureError as error:
                unreadable.append((name, str(error).removeprefix("the picture: ")))
            else:
                digest = picture_digest(picture)
                if digest in kept or digest in earlier:
                    duplicates.append((name, kept.get(digest) or earlier[digest]))
                else:
                    picture.save(folder / picture_name(first + len(kept)), quality=92, subsampling=0)
                    kept[digest] = name
            seconds += time.thread_time() - start  # here, since each step may run in another thread
            yield done, len(entries)
    found = tuple(duplicates), tuple(unreadable), tuple(refused)
    return UploadReport(tuple(kept.values()), *found, hidden, tuple(kept))


def shown_name(name: str) -> str:
    """A file's name as a page may show it: no control or invisible characters, at most 60 characters."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    plain = " ".join(plain.split()) or "(no name)"
    if len(plain) > _LONGEST_NAME:
        half = (_LONGEST_NAME - 1) // 2
        plain = f"{plain[:half]}…{plain[-half:]}"
    return plain


def _read_start(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(MAX_BYTES + 1)
    except FileNotFoundError:  # deleted by now: uploads are kept for a while only
        raise _Refused("no longer here; add it again") from None


def _zip_entries(stack: ExitStack, file: Path, number: int, room: int) -> tuple[list[_Entry], int]:
    """The files in the `number`th zip, and how many system files were ignored. It stays open as long as `stack`."""
    if number > MAX_ZIPS:
        raise _Refused(f"over the {MAX_ZIPS} zips that one upload may hold")
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN_ZIP:
        raise _Refused("not a zip, or a broken one; zip the pictures again") from None
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(infos) > room:
        archive.close()
        raise _Refused(f"holds {len(infos)} files; one upload may hold {MAX_ENTRIES}, and this one has room for {room}")
    stack.enter_context(archive)
    wanted = [info for info in infos if not _is_system(_parts(entry_name(info)))]
    entries = [
        _Entry(f"{file.name}/{entry_name(info)}", info.file_size, lambda info=info: _inflate(archive, info)) for info in wanted
    ]
    return entries, len(infos) - len(wanted)


def entry_name(info: zipfile.ZipInfo) -> str:
    """The name of an entry as the zip's maker saw it.

    A zip says which of its names are UTF-8. Others are in whatever encoding the maker's system used: CP932 on a Japanese
    Windows. Decoded as CP932, a name in western letters hardly ever has a kana or two kanji in a row.
    """
    if info.flag_bits & _NAMES_ARE_UTF8:
        return info.filename
    try:
        said = info.filename.encode("cp437")
    except UnicodeEncodeError:  # from Python 3.12 on, zipfile reads the field in which some programs repeat a name as UTF-8
        return info.filename
    for encoding in ("utf-8", "cp932"):
        with suppress(UnicodeDecodeError):
            name = said.decode(encoding)
            if encoding == "utf-8" or _JAPANESE.search(name):
                return name
    return info.filename


def _check_directory(file: Path) -> None:
    """Refuse a zip whose directory is large, before zipfile makes an object for each of its entries.

    The record at the end of a zip is found the way zipfile finds it, so both read the same directory.
    """
    with file.open("rb") as source:
        size = source.seek(0, 2)
        source.seek(max(0, size - 2**16 - 22 - 20))  # the 64-bit locator comes before the record
        tail = source.read()
    plain_end = len(tail) - 22  # where the record starts unless a comment follows it
    commented = not (tail[plain_end:].startswith(b"PK\5\6") and tail.endswith(b"\0\0"))
    start = tail.rfind(b"PK\5\6") if commented else plain_end
    if start < 0 or len(tail) - start < 22:
        raise _Refused("not a zip, or a broken one; zip the pictures again")
    if tail[max(0, start - 20) : start].startswith(b"PK\6\7"):
        raise _Refused("a 64-bit zip, meant for more than 65,535 files; make a plain one")
    if struct.unpack_from("<I", tail, start + 12)[0] > _MAX_DIRECTORY:
        raise _Refused(f"holds far more than {MAX_ENTRIES} files; make several zips")


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The content of an entry. It is no larger than its directory entry says, which the caller has checked."""
    parts = _parts(entry_name(info))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if ".." in parts or parts[0] in ("", "/", "//") or _DRIVE.match(parts[0]):
        raise _Refused("its path leads out of the zip")
    if kind not in (0, stat.S_IFREG):
        raise _Refused("a link" if stat.S_ISLNK(kind) else "not a plain file")
    if info.flag_bits & 1:
        raise _Refused("encrypted; make a zip without a password")
    if parts[-1].lower().endswith(".zip"):
        raise _Refused("a zip inside a zip; add it by itself")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others inflate past any limit asked for
        raise _Refused("compressed in an unusual way; make a plain zip")
    if info.file_size > max(_RATIO_FROM, MAX_RATIO * info.compress_size):
        raise _Refused(f"inflates more than {MAX_RATIO} times, as zip bombs do; add it without the zip")
    try:
        with archive.open(info) as source:
            return source.read(info.file_size + 1)  # zipfile inflates no further than this limit
    except _BROKEN_ZIP:
        raise _Refused("broken in the zip; zip the pictures again") from None


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name.replace("\\", "/")).parts or ("",)


def _is_system(parts: tuple[str, ...]) -> bool:
    return any(part != ".." and is_system_entry(part) for part in parts)
