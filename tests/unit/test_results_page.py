"""docs/results.md holds what results/*.json say, and nothing else."""

import json
import re

import pytest

from scripts import results_page
from scripts.published import PAPER
from scripts.results_page import PAGE, RESULTS, TABLES, build_page, draw_plots, load_runs, mean_and_spread
from tests.documents import links


def test_the_page_is_what_the_files_make_of_it():
    assert build_page(PAGE.read_text(), load_runs(RESULTS)) == PAGE.read_text(), "run python -m scripts.results_page"


def test_every_table_stands_on_the_page_and_its_plots_are_there():
    assert sorted(re.findall(r"<!-- table ([\w-]+) -->", PAGE.read_text())) == sorted(TABLES)
    assert {"results-curves.svg", "results-recall.svg"} <= set(links(PAGE))
    assert PAGE.read_text().count("|---") == 0 and "<!-- end -->\n\n|" not in PAGE.read_text(), "no table is typed by hand"


def run(experiment, seed, r1, budget="cpu", ablation=False, **further):
    figures = {
        "R@1": r1,
        **{f"R@{k}": r1 + k for k in (5, 10, 50, 100)},
        "R@1 by kind": {"add": 1.0, "remove": 2.0, "make": 3.0},
    }
    figures |= {"R@1 by position": {"with": 4.0, "without": 5.0}, "R@1 by objects": {"2": 6.0}}
    return {
        "experiment": experiment, "title": experiment.upper(), "ablation": ablation, "dataset": "css", "budget": budget,
        "seed": seed, "commit": "abc", "machine": "x86_64", "device": "cpu", "threads": 1, "training seconds": 600,
        "training": {"chosen_at_update": 2}, "cost": {"parameters": 1234, "MFLOP a query": 5.67},
        "curve": [{"updates": 1, "validation R@1 3d": 1.0}, {"updates": 2, "validation R@1 3d": r1}],
        "evaluated": {"oracle R@1": {"all": 95.0, "add": 87.0, "remove": 100.0, "make": 100.0}},
        "figures": {"3d->3d": figures, "2d->3d": figures | {"R@1": r1 / 2}}, **further,
    }  # fmt: skip


@pytest.fixture
def runs(tmp_path):
    made = [run("tirg", 0, 40.0), run("tirg", 1, 44.0), run("lbf", 0, 60.0), run("lbf-no-vep", 0, 55.0, ablation=True)]
    made.append(run("tirg", 0, 70.0, budget="gpu"))
    for number, one in enumerate(made):
        (tmp_path / f"{number}.json").write_text(json.dumps(one))
    return load_runs(tmp_path)


def rows(name, runs):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLES[name](runs)]


def test_a_cell_is_mean_and_sample_deviation():
    assert mean_and_spread([40.0, 44.0]) == "42.00 ± 2.83" and mean_and_spread([7.0]) == "7.00"


def test_figures_stand_beside_the_papers(runs):
    table = rows("css", runs)
    assert table[0][3:7] == ["3D -> 3D R@1", "paper", "2D -> 3D R@1", "paper"]
    assert table[2] == ["TIRG", "12,000", "1", "70.00", "73.7", "35.00", "46.6", "1,234", "5.7"], "the longer budget first"
    assert table[3][:7] == ["TIRG", "1,500", "2", "42.00 ± 2.83", "73.7", "21.00 ± 1.41", "46.6"]
    assert table[4][:5] == ["LBF", "1,500", "1", "60.00", "79.2"]
    assert ["FiLM", "–", "0", "–", "65.6", "–", "43.7", "–", "–"] in table, "not measured, and still told"
    assert not any(row[0] in ("Han et al.", "LBF-NO-VEP") for row in table)


def test_the_ablation_tells_what_each_change_costs(runs):
    assert [(row[0], row[-1]) for row in rows("css-ablation", runs)[2:]] == [("LBF", "–"), ("LBF-NO-VEP", "-5.00")]


def test_the_gain_over_tirg_is_that_of_one_budget(runs):
    (first, _) = rows("css-gain", runs)[2:]
    assert first == ["3D -> 3D", "1,500", "1", f"{60 / 42:.2f}", f"{79.2 / 73.7:.2f}"]


def test_further_tables(runs):
    assert rows("css-oracle", runs)[2] == ["knows the scene and the text", "95.00", "87.00", "100.00", "100.00"]
    assert rows("css-objects", runs)[0][3:] == ["2 objects"]
    assert rows("css-kinds", runs)[2][3:] == ["1.00", "2.00", "3.00", "4.00", "5.00"]
    assert rows("files", runs)[2] == ["css-gpu-tirg-0", "abc", "x86_64, 1 thread(s)", "10", "2 of 2"]
    assert rows("garments", runs) == rows("garments", []), "nothing of another data set"


def test_an_unknown_table_is_an_error(runs):
    with pytest.raises(ValueError, match="no table 'cars'; there are css"):
        build_page("<!-- table cars -->\n<!-- end -->", runs)


def test_plots_are_drawn_for_any_number_of_runs(runs, tmp_path):
    for some in (runs, []):
        draw_plots(some, tmp_path)
        assert all((tmp_path / name).read_text().endswith("</svg>\n") for name in ("results-curves.svg", "results-recall.svg"))


def test_an_experiment_looks_alike_with_both_budgets(runs, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(results_page, "_draw", lambda file, lines, *_: drawn.update({file.name: [line for line, *_ in lines]}))
    draw_plots(runs, tmp_path)
    longer, short, other = drawn["results-curves.svg"]
    assert longer.place == short.place != other.place and (longer.longer, short.longer) == (True, False)
    assert longer.title == f"{short.title}, 12,000 updates" and drawn["results-recall.svg"] == [longer, short, other]


def test_the_papers_rows_are_this_projects():
    known = results_page._experiments()
    assert [row.experiment for row in PAPER if row.experiment not in known] == ["han"]
