"""Update the figures of every table in README, docs/ and the model cards after something was measured.

    python -m scripts.figure_tables

Rows may be in any order, and names may be emphasised; both stay as they are.
"""

from scripts.figure_sources import ROOT, Source, figure_sources
from scripts.markdown_tables import Table, replace_tables
from scripts.scale_sources import scale_sources

DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "checkpoints").glob("*/README.md")),
)


def all_sources() -> list[Source]:
    """One for each kind of table."""
    return [*figure_sources(), *scale_sources()]


def source_of(headers: list[str], sources: list[Source]) -> Source | None:
    """The one source that fits a table's headers; None for an unknown table.

    Raises:
        ValueError: several fit.
    """
    fitting = [source for source in sources if source.fits(headers)]
    if len(fitting) > 1:
        raise ValueError(f"{len(fitting)} sources fit the table with the headers {headers}")
    return fitting[0] if fitting else None


def fill_in(table: Table, sources: list[Source]) -> Table:
    """The table with the figures from the files: rows that are gone are dropped, new ones are added at the end."""
    source = source_of(table.plain_headers, sources)
    if source is None:
        return table
    count = len(source.keys)
    names = {tuple(plain[:count]): row[:count] for row, plain in zip(table.rows, table.plain_rows, strict=True)}
    names = {key: named for key, named in names.items() if key in source.rows} | {
        key: list(key) for key in source.rows if key not in names
    }
    cells = [source.columns[header] for header in table.plain_headers[count:]]
    return Table(table.headers, [[*named, *(cell(source.rows[key]) for cell in cells)] for key, named in names.items()])


def main() -> None:
    """Update the figures of every document."""
    sources = all_sources()
    for path in DOCUMENTS:
        before = path.read_text()
        after = replace_tables(before, lambda table: fill_in(table, sources))
        if after != before:
            path.write_text(after)
            print(f"updated: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
