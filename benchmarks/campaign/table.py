"""docs/reliability.md: the table of the campaign, written from its JSON."""

from collections.abc import Mapping
from pathlib import Path

BEGIN, END = "<!-- written by benchmarks.campaign -->", "<!-- end -->"


def write_table(document: Path, figures: Mapping[str, dict]) -> None:
    """Replace the table in a document with that of some figures."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{table(figures)}\n{END}{after}")


def table(figures: Mapping[str, dict]) -> str:
    """Markdown: a row for each kind, with what was tried, what came out, and how many promises were broken."""
    rows = ["| kind | tried | what came out | broken promises |", "|---|---|---|---|"]
    for kind, found in figures.items():
        tried, outcome = _told(kind, found)
        rows.append(f"| {kind} | {tried} | {outcome} | {len(found['broken promises'])} |")
    return "\n".join(rows)


def _told(kind: str, found: dict) -> tuple[str, str]:
    if "tries" in found:
        outcomes = ", ".join(f"{outcome}: {count:,}" for outcome, count in found["outcomes"].items())
        kills = f" with {found['kills']} kills" if "kills" in found else ""
        return f"{found['tries']:,}{kills}", outcomes
    if kind == "load":
        crowds = {name: row for name, row in found.items() if isinstance(row, dict)}
        told = [f"{name}: {row['answered_percent']} % answered, p95 {row['p95_s']} s" for name, row in crowds.items()]
        return f"{sum(row['searches'] for row in crowds.values()):,} searches", "; ".join(told)
    if kind == "leftovers":
        ways = {way: row for way, row in found.items() if isinstance(row, dict)}
        told = [f"{way}: {row.get('files left after the next start', row['files left'])} left" for way, row in ways.items()]
        return f"{len(ways)} ways of stopping", "; ".join(told)
    if kind == "memory":
        last = list(found["resident_mib_after"].values())[-1]
        return (
            f"{found['page searches']:,} page searches",
            f"{last} MiB, {found['growth_kib_a_search']} KiB more a search in the second half",
        )
    return "", "it died"
