"""The pictures of a gallery in one SQLite file; only what is asked for is read.

items    one row per picture, numbered from 0 in gallery order; `first` is the first row of its group of copies
held_by  which rows have a region with a given label, and which are in a given folder: kind "label" or "folder", the number of
         occurrences, and the rows as ascending little-endian uint32

Paths are bytes, since a file name need not be valid text.

A file that somebody else made is not trusted: it must have exactly these tables, it is opened read-only, and each picture is
checked when it is read (`check` reads all of them).
"""

import errno
import json
import math
import os
import sqlite3
import weakref
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import index
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Self
from urllib.parse import quote

import numpy as np

from lbf_model.gallery.items import GalleryError, GalleryItem, check_path

_TABLES = (
    "CREATE TABLE items (row INTEGER PRIMARY KEY, id TEXT, path BLOB, caption TEXT, regions TEXT, digest TEXT, size INTEGER, "
    "modified INTEGER, first INTEGER)",
    "CREATE TABLE held_by (kind TEXT, name TEXT, times INTEGER, rows BLOB, PRIMARY KEY (kind, name)) WITHOUT ROWID",
)
_INDEXES = (
    "CREATE INDEX items_by_id ON items (id)",
    "CREATE INDEX items_by_digest ON items (digest)",
    "CREATE INDEX copies ON items (row, first) WHERE first <> row",
)
_ITEM = (
    "SELECT i.id, i.path, i.caption, i.regions, i.digest, i.size, i.modified, CASE WHEN f.row = i.row THEN '' ELSE f.id END "
    "FROM items i JOIN items f ON f.row = i.first"
)
_TYPES = (str, bytes, str, str, str, int, int, str)
_BLOCK = 1024  # pictures read at a time when iterating over all
_REMEMBERED = 2048  # cached pictures: about 2 MB

_open_databases: "weakref.WeakSet[_Database]" = weakref.WeakSet()


def _renew_locks() -> None:
    for database in list(_open_databases):
        database._renew_lock()


os.register_at_fork(after_in_child=_renew_locks)  # a thread that held a lock does not exist in the child


class _Database:
    """An open SQLite file, named in its errors and closed when its last user is gone.

    One query at a time: since Python 3.12, two threads that run the same query at once get rows of each other's results.
    """

    def __init__(self, connection: sqlite3.Connection, name: str):
        self.connection, self.name = connection, name
        self._renew_lock()
        _open_databases.add(self)
        weakref.finalize(self, connection.close)
        connection.execute("PRAGMA trusted_schema = OFF")

    def _renew_lock(self) -> None:
        self._lock = Lock()

    def ask(self, question: str, *values) -> list[tuple]:
        try:
            with self._lock:
                return self.connection.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise _broken(self.name, error) from None
        except UnicodeEncodeError:  # half a character, which only a tampered request contains; no file has it
            return []

    def item(self, row: int) -> GalleryItem:
        found = self.ask(f"{_ITEM} WHERE i.row = ?", row)
        if not found:
            raise _broken(self.name, ValueError(f"row {row} is a copy of one that is missing"))
        return self.checked(found[0])

    def checked(self, values: tuple) -> GalleryItem:
        try:
            if not all(type(value) is wanted for value, wanted in zip(values, _TYPES, strict=True)):
                raise ValueError(f"values of the wrong type for a picture: {str(values)[:80]}")
            id, path, caption, regions, *rest = values
            path = path.decode("utf-8", "surrogateescape")
            check_path(path)
            regions = json.loads(regions)
            if not (isinstance(regions, list) and all(map(_is_region, regions))):
                raise ValueError(f"not a list of regions: {str(regions)[:80]}")
            return GalleryItem(id, path, caption, tuple(regions), *rest)
        except (ValueError, TypeError, RecursionError) as error:
            raise _broken(self.name, error) from None


def _is_region(record: object) -> bool:
    """Whether a record has what every region of a gallery has: {"box": four numbers, "score": a number, "label": a text}."""
    if not isinstance(record, dict) or not isinstance(record.get("label"), str):
        return False
    box, score = record.get("box"), record.get("score")
    numbers = [*box, score] if isinstance(box, list) else []
    return len(numbers) == 5 and all(type(number) in (int, float) and math.isfinite(number) for number in numbers)


class ItemTable(Sequence[GalleryItem]):
    """Gallery items by row number, as a sequence; safe to read from any thread."""

    def __init__(self, connection: sqlite3.Connection, name: str):
        """Take over an open database, called `name` in messages.

        Raises:
            GalleryError: it is not a gallery's item table.
        """
        self._name, self._database = name, _Database(connection, name)
        self._ask = self._database.ask
        schema = self._ask("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
        if [sql for (sql,) in schema] != [*_TABLES, *_INDEXES]:
            raise GalleryError(f"{name}: not the tables of a gallery; build it again with `python -m lbf_model index`")
        count, first, last = self._ask("SELECT count(*), min(row), max(row) FROM items")[0]
        if count and (first, last) != (0, count - 1):
            raise GalleryError(f"{name}: its pictures are not numbered from 0; build it again with `python -m lbf_model index`")
        self._count = count
        # Not a method of this table: the reference cycle would keep the file open until the garbage collector runs.
        self._remember = lru_cache(_REMEMBERED)(self._database.item)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file that `write_items` wrote.

        Raises:
            FileNotFoundError: it is missing.
            GalleryError: it is broken.
        """
        if not path.is_file():
            raise FileNotFoundError(2, "missing", str(path))
        try:  # "immutable": nobody changes a finished file, so SQLite need not look for a lock or a journal beside it
            uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
            return cls(sqlite3.connect(uri, uri=True, check_same_thread=False), str(path))
        except sqlite3.Error as error:
            raise _broken(str(path), error) from None

    @classmethod
    def hold(cls, items: Iterable[GalleryItem], first: Sequence[int], name: str) -> Self:
        """A table in memory, for pictures that have no table on disk; arguments as for `write_items`."""
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        _fill(connection, items, first)
        return cls(connection, name)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place):
        """The item at a row, or the items of a slice."""
        if isinstance(place, slice):
            return tuple(self[row] for row in range(*place.indices(len(self))))
        row = index(place) + len(self) if place < 0 else index(place)
        if not 0 <= row < len(self):
            raise IndexError(f"row {place} of {len(self)}")
        return self._remember(row)

    def __iter__(self) -> Iterator[GalleryItem]:
        """All items in order, read on demand."""
        for first in range(0, len(self), _BLOCK):
            found = self._ask(f"{_ITEM} WHERE i.row >= ? AND i.row < ? ORDER BY i.row", first, first + _BLOCK)
            yield from map(self._database.checked, found)

    def __eq__(self, other: object) -> bool:
        """Whether another sequence holds equal items."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None

    def row_of(self, id: str) -> int | None:
        """The row with this id; None if there is none."""
        return self._first_row("SELECT row FROM items WHERE id = ? ORDER BY row LIMIT 1", id)

    def row_with_digest(self, digest: str) -> int | None:
        """The first row whose pixels have this digest; None if there is none."""
        return self._first_row("SELECT row FROM items WHERE digest = ? ORDER BY row LIMIT 1", digest)

    def first_rows(self) -> np.ndarray:
        """(G,) int64: for each row the first row of its group of copies; its own if it is no copy of an earlier row."""
        first = np.arange(len(self))
        copies = np.array(self._typed((int, int), "SELECT row, first FROM items WHERE first <> row"), np.int64).reshape(-1, 2)
        if len(copies) and not (copies.min() >= 0 and (copies[:, 1] < copies[:, 0]).all()):
            raise _broken(self._name, ValueError("a copy comes before the picture it copies"))
        first[copies[:, 0]] = copies[:, 1]
        return first

    def names(self, kind: str) -> dict[str, int]:
        """How often each name of a kind occurs: regions of a "label", pictures of a "folder"; in the order of the names."""
        return dict(self._typed((str, int), "SELECT name, times FROM held_by WHERE kind = ? ORDER BY name", kind))

    def rows_with(self, kind: str, names: Collection[str]) -> np.ndarray:
        """(M,) int64, ascending, the rows that have any of these names."""
        question = "SELECT rows FROM held_by WHERE kind = ? AND name = ?"
        blobs = [blob for name in sorted(names) for (blob,) in self._typed((bytes,), question, kind, name)]
        if any(len(blob) % 4 for blob in blobs):
            raise _broken(self._name, ValueError("a list of rows is cut off"))
        lists = [np.frombuffer(blob, "<u4") for blob in blobs]
        rows = np.unique(np.concatenate([np.empty(0, "<u4"), *lists]))
        if len(rows) and rows[-1] >= len(self):
            raise _broken(self._name, ValueError(f"row {rows[-1]} of {len(self)}"))
        return rows.astype(np.int64)

    def check(self) -> list[str]:
        """Read everything, and describe in words what is wrong with it.

        Raises:
            GalleryError: the table cannot be read, or a picture is invalid.
        """
        found = []
        if self._ask("PRAGMA integrity_check") != [("ok",)]:
            found.append(f"{self._name}: broken, according to SQLite")
        for what in ("id", "path"):
            if self._ask(f"SELECT 1 FROM items GROUP BY {what} HAVING count(*) > 1 LIMIT 1"):
                found.append(f"{self._name}: two pictures share one {what}")
        self.first_rows()
        for kind in ("label", "folder"):
            self.rows_with(kind, self.names(kind))
        if sum(1 for _ in self) != len(self):
            found.append(f"{self._name}: a picture is a copy of one that is missing")
        return found

    def _typed(self, kinds: tuple[type, ...], question: str, *values) -> list[tuple]:
        """The rows SQLite returns, checked to have exactly these types: a SQLite column holds whatever was put into it."""
        found = self._ask(question, *values)
        for row in found:
            if tuple(map(type, row)) != kinds:
                raise _broken(self._name, ValueError(f"values of the wrong type: {str(row)[:80]}"))
        return found

    def _first_row(self, question: str, value: str) -> int | None:
        found = self._ask(question, value)
        return found[0][0] if found else None


def write_items(path: Path, items: Iterable[GalleryItem], first: Sequence[int]) -> None:
    """Write an item table; the same pictures give the same bytes.

    Args:
        path: the file to write; an existing one is replaced.
        items: G pictures; their `copy_of` is ignored.
        first: (G,), for each picture the first row of its group of copies.

    Raises:
        OSError: the disk is full, or failed.
    """
    path.unlink(missing_ok=True)
    connection = None
    try:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = OFF")  # an unfinished file is never read: gallery.json is written last
        connection.execute("PRAGMA synchronous = OFF")
        _fill(connection, items, first)
    except sqlite3.OperationalError as error:
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error), str(path)) from None
    finally:
        if connection is not None:
            connection.close()


def _fill(connection: sqlite3.Connection, items: Iterable[GalleryItem], first: Sequence[int]) -> None:
    held: dict[tuple[str, str], array] = {}
    times: dict[tuple[str, str], int] = {}

    def note(row: int, kind: str, name: str) -> None:
        rows = held.setdefault((kind, name), array("I"))
        times[kind, name] = times.get((kind, name), 0) + 1
        if not rows or rows[-1] != row:
            rows.append(row)

    def rows() -> Iterator[tuple]:
        for row, (item, stands_for) in enumerate(zip(items, first, strict=True)):
            for region in item.regions:
                note(row, "label", region.get("label", ""))
            note(row, "folder", folder_of(item.path))
            regions, path = json.dumps(item.regions), item.path.encode("utf-8", "surrogateescape")
            yield row, item.id, path, item.caption, regions, item.digest, item.size, item.modified, int(stands_for)

    for table in _TABLES:
        connection.execute(table)
    connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows())
    lists = ((*key, times[key], np.asarray(held[key], "<u4").tobytes()) for key in sorted(held))
    connection.executemany("INSERT INTO held_by VALUES (?, ?, ?, ?)", lists)
    for made in _INDEXES:
        connection.execute(made)
    connection.commit()


def folder_of(path: str) -> str:
    """The folder of an item's path, "" for the picture root itself; bytes that are not valid text are escaped."""
    parent = PurePosixPath(path).parent.as_posix()
    return "" if parent == "." else parent.encode("utf-8", "backslashreplace").decode()


def _broken(name: str, error: Exception) -> GalleryError:
    return GalleryError(f"{name}: broken ({error}); build the gallery again with `python -m lbf_model index`")
