"""Reads text files of one record a line, such as label files, in which any line may be broken."""

import codecs
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

_Record = TypeVar("_Record")


def read_lines(file: Path, read_line: Callable[[str], _Record], passed_over: list[str]) -> Iterator[_Record]:
    """What `read_line` makes of each line that is not blank.

    Args:
        file: UTF-8, with or without a byte-order mark; lines may end as on Windows.
        read_line: makes a record of a line, or raises ValueError with the reason why it cannot.
        passed_over: gets "file, line N: reason" for each line that is not UTF-8 or was refused.
    """
    for number, line in enumerate(file.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield read_line(line.decode().rstrip("\r"))
        except UnicodeDecodeError as error:
            passed_over.append(f"{file.name}, line {number}: not UTF-8 text ({error.reason})")
        except ValueError as reason:
            passed_over.append(f"{file.name}, line {number}: {reason}")
