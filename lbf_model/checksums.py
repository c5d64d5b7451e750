"""Checksums of the files in a folder that decide an answer, so that whatever was altered since is refused by name.

The record is a JSON file beside them: {name: SHA-256 in hex digits}. It is written when they are whole.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def checksum(file: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_record(record: Path, checksums: Mapping[str, str]) -> None:
    """Write checksums by file name; an earlier record stays until the new one is whole."""
    partial = record.with_suffix(".part")
    partial.write_text(json.dumps(checksums, indent=1, sort_keys=True) + "\n")
    partial.replace(record)


def read_record(record: Path) -> dict[str, str]:
    """Checksums by file name.

    Raises:
        ValueError: the record is missing or broken; the message names it.
    """
    try:
        checksums = json.loads(record.read_bytes())
    except FileNotFoundError:
        told = f"if you trust the files beside it, run `python -m lbf_model write-checksums {record.parent}`"
        raise ValueError(f"{record}: missing; {told}") from None
    except ValueError:
        checksums = None
    if not isinstance(checksums, dict):
        raise ValueError(f"{record}: altered, it holds no checksums")
    return checksums


def find_altered(record: Path, files: Iterable[Path]) -> dict[Path, str]:
    """The files that are not as they were when their record was written, each with what is wrong, in words that name it.

    Raises:
        ValueError: as `read_record`.
    """
    checksums = read_record(record)
    found = {}
    for file in files:
        if not file.is_file():
            found[file] = f"{file}: missing"
        elif checksums.get(file.name) != checksum(file):
            found[file] = f"{file}: altered, its checksum is not the one in {record.name}"
    return found
