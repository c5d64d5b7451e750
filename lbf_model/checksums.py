"""Checksums of the files in a folder that affect answers, so that a file altered since then is refused by name.

The record is a JSON file beside them: {name: SHA-256 in hex digits}. It is written once they are complete. For files too large
to read at every start, it also holds {name + SAMPLED: SHA-256 of the length and of pieces spread over the file}. The sample
catches a file that was truncated, swapped or rewritten, but not every flipped byte; only the full checksum does.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

SAMPLED = " (sampled)"
_LARGE = 64 << 20  # bytes
_PIECES, _PIECE = 256, 4096  # how many pieces of a large file are read, and the bytes in each


def checksum(file: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def is_large(file: Path) -> bool:
    """Whether a file is too large to read at every start; it is then sampled and memory-mapped instead."""
    return file.stat().st_size > _LARGE


def sampled_checksum(file: Path) -> str:
    """SHA-256 of a file's length and of pieces spaced evenly from its first byte to its last; 64 hex digits."""
    length = file.stat().st_size
    digest = hashlib.sha256(str(length).encode())
    with file.open("rb") as opened:
        for piece in range(_PIECES):
            opened.seek(max(length - _PIECE, 0) * piece // (_PIECES - 1))
            digest.update(opened.read(_PIECE))
    return digest.hexdigest()


def checksums_of(files: Iterable[Path]) -> dict[str, str]:
    """A record's entries for some files, by name."""
    found = {}
    for file in files:
        found[file.name] = checksum(file)
        if is_large(file):
            found[file.name + SAMPLED] = sampled_checksum(file)
    return found


def write_record(record: Path, checksums: Mapping[str, str]) -> None:
    """Write checksums by file name; an earlier record stays until the new one is complete."""
    partial = record.with_suffix(".part")
    partial.write_bytes(_as_written(checksums))
    partial.replace(record)


def _as_written(checksums: Mapping[str, str]) -> bytes:
    return f"{json.dumps(checksums, indent=1, sort_keys=True)}\n".encode()


def read_record(record: Path) -> dict[str, str]:
    """Checksums by file name.

    Raises:
        ValueError: the record is missing or broken; the message names it.
    """
    try:
        checksums = json.loads(data := record.read_bytes())
    except FileNotFoundError:
        told = f"if you trust the files beside it, run `python -m lbf_model write-checksums {record.parent}`"
        raise ValueError(f"{record}: missing; {told}") from None
    except ValueError:
        checksums = None
    if not isinstance(checksums, dict):
        raise ValueError(f"{record}: altered, it holds no checksums")
    if data != _as_written(checksums):  # JSON can spell the same content many ways: blanks, or a repeated key
        raise ValueError(f"{record}: altered, it is not as it was written")
    return checksums


def find_altered(record: Path, files: Iterable[Path], sampled: bool = False) -> dict[Path, str]:
    """The files that changed since their record was written, each with a message that names it and says what is wrong.

    Args:
        record: the file that `write_record` wrote.
        files: the files to check.
        sampled: whether to check large files by their sampled checksum only, where the record has one.

    Raises:
        ValueError: as for `read_record`.
    """
    checksums = read_record(record)
    found = {}
    for file in files:
        if not file.is_file():
            found[file] = f"{file}: missing"
            continue
        by_samples = sampled and is_large(file) and file.name + SAMPLED in checksums
        name, compute = (file.name + SAMPLED, sampled_checksum) if by_samples else (file.name, checksum)
        if checksums.get(name) != compute(file):
            found[file] = f"{file}: altered, its checksum is not the one in {record.name}"
    return found
