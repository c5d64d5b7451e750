"""The figures in README, docs/ and the model cards stand in tables; each is compared, cell by cell, with its JSON file."""

import re

import pytest

from scripts.figure_sources import ROOT, Source, by_method, load, number
from scripts.figure_tables import DOCUMENTS, all_sources, fill_in, source_of
from scripts.markdown_tables import Table, find_tables, replace_tables
from tests.documents import README, each_document, sentences

FIGURES = ROOT / "docs" / "figures.md"
# Decimals that sentences may hold: versions, an address, the IoU of a hit, rounded sizes.
NO_RESULTS = {"3.11", "3.12", "2.0", "0.0", "0.5", "1.4", "5.6"}


@pytest.fixture(scope="module")
def sources():
    return all_sources()


FIGURE_TABLES = [
    pytest.param(table, id=f"{path.relative_to(ROOT)}: {', '.join(table.plain_headers)}"[:100])
    for path in DOCUMENTS
    if path.name != "results.md"  # which test_results_page.py makes anew
    for table in find_tables(path.read_text())
    if table.headers[0] != "package"  # versions are no figures
    if table.headers[:2] != ["kind", "tried"]  # which test_campaign.py compares
    if any(re.search(r"\d\.\d", cell) for row in table.rows for cell in row)
]


@pytest.mark.parametrize("table", FIGURE_TABLES)
def test_a_table_agrees_with_its_file(table, sources):
    assert source_of(table.plain_headers, sources), "nothing says where these figures come from; add a Source"
    assert fill_in(table, sources) == table, "run python -m scripts.figure_tables"


def test_figures_are_filled_in_and_all_else_stays():
    source = Source(("method",), {("new",): {"a": 1.0}, ("LBF",): {"a": 2.346}}, {"@1": number("a")})
    other = "| what | |\n|---|---|\n| x | 1.5 |\n"
    text = f"before\n\n| method | @1 |\n|---|---|\n| gone | 5.00 |\n| **LBF** | 9.99 |\n\nafter\n\n{other}"
    rows = "| **LBF** | 2.35 |\n| new | 1.00 |\n"
    expected = text.replace("| gone | 5.00 |\n| **LBF** | 9.99 |\n", rows)
    assert replace_tables(text, lambda table: fill_in(table, [source])) == expected


def test_two_sources_for_one_table_are_an_error():
    source = Source(("method",), {}, {"@1": number("a")})
    with pytest.raises(ValueError, match="2 sources"):
        fill_in(Table(["method", "@1"], []), [source, source])


def test_no_table_is_overlooked():
    assert sum(test.id.startswith("README.md") for test in FIGURE_TABLES) == 2
    assert sum(test.id.startswith("docs/figures.md") for test in FIGURE_TABLES) == 28


@each_document
def test_sentences_hold_no_results(path):
    """A decimal there would be compared with nothing."""
    assert set(re.findall(r"\d+\.\d+", sentences(path))) <= NO_RESULTS


def test_counts_in_readme_are_those_of_the_files():
    garments, css, speed = (load(f"benchmarks/{name}.json") for name in ("garments", "css", "search_speed"))
    garment_ms, scene_ms = (speed[gallery]["median_ms"]["whole search"] for gallery in ("fashion", "css"))
    readme = " ".join(README.read_text().split())
    assert f"{garments['queries']:,} queries on {garments['photographs']} photographs" in readme
    assert f"all {css['queries']:,} queries" in readme
    assert f"about {garment_ms:.0f} ms (garments) or {scene_ms:.0f} ms (scenes) on two CPU threads" in readme
    assert speed["threads"] == 2
    assert f"needs about {load('benchmarks/memory.json')['resident_mib_after']['500'] / 1024:.1f} GiB of memory" in readme
    kept = by_method(garments)["LBF",]["photographs"]
    assert "about half have the colour you asked for" in readme and abs(kept["colour right in top 5"] - 50) < 5
    assert "about four fifths are the same kind" in readme and abs(kept["category kept in top 5"] - 80) < 5


def test_counts_in_the_figures_are_those_of_the_files():
    garments, css, speed = (load(f"benchmarks/{name}.json") for name in ("garments", "css", "search_speed"))
    detector, css_detector = (load(f"checkpoints/{name}-detector/metrics.json") for name in ("fashion", "css"))
    lbf = by_method(garments)["LBF",]
    figures = " ".join(FIGURES.read_text().split())
    assert f"{garments['photographs']} validation photographs (CC0) give {garments['queries']:,} queries" in figures
    assert f"also holds {garments['drawings']:,} drawings" in figures
    assert f"{len(lbf['unseen words']['success@1 by word'])} unseen names of colours" in figures
    assert f"on {lbf['side by side']['queries']} pictures of two garments" in figures
    assert f"The gallery holds {lbf['side by side']['gallery']} pictures" in figures
    assert f"in {detector['garment_box']['photographs']} validation photographs" in figures
    assert f"{css['queries']:,} queries on a gallery of all {css['gallery']:,} pictures" in figures
    assert f"{css_detector['pictures']:,} test pictures of each rendering" in figures
    assert f"used at most {speed['peak_memory_mib']:,} MiB" in figures
    assert f"medians of {speed['fashion']['searches']} searches" in figures
