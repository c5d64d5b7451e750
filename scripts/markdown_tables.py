"""Tables of Markdown documents: found, read and replaced."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TABLE = re.compile(r"(?:^\|.*\|$\n?)+", re.M)


@dataclass(frozen=True)
class Table:
    """A table as it is written.

    Attributes:
        headers: of its columns.
        rows: cells below them.
    """

    headers: list[str]
    rows: list[list[str]]

    @property
    def plain_headers(self) -> list[str]:
        """Without emphasis."""
        return [_plain(cell) for cell in self.headers]

    @property
    def plain_rows(self) -> list[list[str]]:
        """Without emphasis."""
        return [[_plain(cell) for cell in row] for row in self.rows]

    def __str__(self) -> str:
        first, *rest = ("| " + " | ".join(row) + " |" for row in (self.headers, *self.rows))
        return "\n".join([first, "|---" * len(self.headers) + "|", *rest])


def find_tables(text: str) -> list[Table]:
    """All tables of a document, from top to bottom."""
    return [_read(block) for block in _TABLE.findall(text)]


def replace_tables(text: str, change: Callable[[Table], Table]) -> str:
    """The document with each table changed; a table that `change` leaves as it is stays the same, to the character."""

    def rewritten(match: re.Match) -> str:
        table = _read(match[0])
        changed = change(table)
        return match[0] if changed == table else str(changed) + "\n" * match[0].endswith("\n")

    return _TABLE.sub(rewritten, text)


def _read(block: str) -> Table:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
    return Table(lines[0], lines[2:])


def _plain(cell: str) -> str:
    return cell.strip("*")
