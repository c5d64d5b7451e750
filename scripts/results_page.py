"""Fill the tables of docs/results.md, and draw its plots, from results/*.json: python -m scripts.results_page

A table is between `<!-- table NAME -->` and `<!-- end -->`; the text around the tables is written by hand, without figures.
"""

import json
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lbf_model.tasks.experiments import ABLATION, BUDGETS, TABLE
from lbf_model.tasks.registry import BENCHMARKS
from scripts.figure_sources import KINDS, ROOT, SETTINGS
from scripts.published import PAPER

PAGE, RESULTS = ROOT / "docs" / "results.md", ROOT / "results"
CUTOFFS = (1, 5, 10, 50, 100)
NOTHING = "–"  # not measured, or not printed in the paper

Runs = list[dict]  # of one experiment with one budget, one per seed


def load_runs(folder: Path) -> Runs:
    """Every run in a folder of results: by data set, the longer budget first, in the order of the experiments, by seed."""
    order = {name: place for place, name in enumerate(_experiments())}
    budgets, datasets = list(reversed(BUDGETS)), list(BENCHMARKS)
    runs = [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]

    def place(run: dict) -> tuple[int, ...]:
        return datasets.index(run["dataset"]), budgets.index(run["budget"]), order[run["experiment"]], run["seed"]

    return sorted(runs, key=place)


def build_page(text: str, runs: Runs) -> str:
    """The page with all its tables rebuilt; ValueError if it names an unknown table."""

    def table(match: re.Match) -> str:
        if match[1] not in TABLES:
            raise ValueError(f"no table {match[1]!r}; there are {', '.join(TABLES)}")
        lines = TABLES[match[1]](runs)
        return f"<!-- table {match[1]} -->\n\n" + "\n".join(lines) + "\n\n<!-- end -->"

    return re.sub(r"<!-- table ([\w-]+) -->\n.*?<!-- end -->", table, text, flags=re.S)


def mean_and_spread(values: Sequence[float]) -> str:
    """ "47.20 ± 0.60": mean and standard deviation over seeds; only the mean for a single seed."""
    mean = f"{statistics.mean(values):.2f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.2f}"


def _experiments() -> dict[str, str]:
    """Titles of all experiments by name, in the order of the tables."""
    own = [experiment for benchmark in BENCHMARKS.values() for experiment in benchmark.experiments]
    return {experiment.name: experiment.title for experiment in (*TABLE, *ABLATION, *own)}


def _grouped(runs: Runs, dataset: str, ablation: bool | None = False) -> list[Runs]:
    """A data set's runs of one budget and experiment each; with `ablation` None, all of them."""
    groups: dict[tuple[str, str], Runs] = {}
    for run in runs:
        if run["dataset"] == dataset and ablation in (None, run["ablation"]):
            groups.setdefault((run["budget"], run["experiment"]), []).append(run)
    return list(groups.values())


def _cell(runs: Runs, *path: str) -> str:
    values = []
    for run in runs:
        value = run["figures"]
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        values.append(value)
    return NOTHING if None in values else mean_and_spread(values)


def _lines(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (headers, ["---"] * len(headers), *rows)]


def _named(runs: Runs) -> list[str]:
    """The first cells of a row: what was trained, how long, and how often."""
    return [runs[0]["title"], f"{BUDGETS[runs[0]['budget']].updates:,}", str(len(runs))]


_NAMED = ("row", "updates", "seeds")


def _columns(dataset: str, columns: dict[str, tuple[str, ...]]) -> Callable[[Runs], list[str]]:
    """A table of some of a data set's figures."""

    def table(runs: Runs) -> list[str]:
        rows = ([*_named(group), *(_cell(group, *path) for path in columns.values())] for group in _grouped(runs, dataset))
        return _lines((*_NAMED, *columns), rows)

    return table


def _beside_paper(
    dataset: str, columns: dict[str, tuple[str, ...]], printed: Callable, cost: bool = False
) -> Callable[[Runs], list[str]]:
    """A table in which each column is followed by the paper's; rows of the paper without a run are kept."""

    def table(runs: Runs) -> list[str]:
        groups, paper = _grouped(runs, dataset), {row.experiment: row for row in PAPER}
        measured = {group[0]["experiment"] for group in groups}
        headers = [*_NAMED, *(h for title in columns for h in (title, "paper")), *(("parameters", "MFLOP") if cost else ())]
        rows = []
        for group in groups:
            figures = [_cell(group, *path) for path in columns.values()]
            row = paper.get(group[0]["experiment"])
            costs = group[0]["cost"]
            told = [f"{costs['parameters']:,}", f"{costs['MFLOP a query']:.1f}"] if cost else []
            rows.append([*_named(group), *_interleaved(figures, row and printed(row)), *told])
        for row in PAPER:
            if row.experiment not in measured and printed(row):
                blank = [NOTHING] * len(columns)
                rows.append([row.title, NOTHING, "0", *_interleaved(blank, printed(row)), *[NOTHING] * (2 * cost)])
        return _lines(headers, rows)

    return table


def _interleaved(figures: Sequence[str], printed: Sequence[str | None] | None) -> list[str]:
    beside = printed or [None] * len(figures)
    return [cell for pair in zip(figures, beside, strict=True) for cell in (pair[0], pair[1] or NOTHING)]


def _oracle(runs: Runs) -> list[str]:
    """The most that could be reached, by what is asked."""
    ceilings = [run["evaluated"]["oracle R@1"] for run in runs if run["dataset"] == "css"][:1]
    kinds = ("all", *KINDS)
    return _lines(("oracle R@1", *kinds), (["knows the scene and the text", *(f"{c[k]:.2f}" for k in kinds)] for c in ceilings))


def _objects(runs: Runs) -> list[str]:
    groups = _grouped(runs, "css")
    path = ("3d->3d", "R@1 by objects")
    counts = sorted({int(n) for group in groups for n in group[0]["figures"][path[0]][path[1]]})
    rows = ([*_named(group), *(_cell(group, *path, str(n)) for n in counts)] for group in groups)
    return _lines((*_NAMED, *(f"{n} objects" for n in counts)), rows)


def _ablation(runs: Runs) -> list[str]:
    """LBF and its ablations, with what each one costs."""
    whole = {group[0]["budget"]: group for group in _grouped(runs, "css") if group[0]["experiment"] == "lbf"}
    compared = ("lbf", "lbf-small", "lbf-grounded")
    rows = []
    for group in _grouped(runs, "css", ablation=None):
        first = group[0]
        if not first["ablation"] and first["experiment"] not in compared:
            continue
        rows.append([*_named(group), *(_cell(group, key, "R@1") for key in SETTINGS.values()), _change(group, whole)])
    return _lines((*_NAMED, *(f"{title} R@1" for title in SETTINGS), "3D -> 3D against LBF big"), rows)


def _change(group: Runs, whole: dict[str, Runs]) -> str:
    """By how many points 3D -> 3D R@1 differs from that of LBF with the same budget, over the seeds that both have."""
    found = {run["seed"]: run["figures"]["3d->3d"]["R@1"] for run in group}
    base = {run["seed"]: run["figures"]["3d->3d"]["R@1"] for run in whole.get(group[0]["budget"], [])}
    common = found.keys() & base.keys()
    if not common or group[0]["experiment"] == "lbf":
        return NOTHING
    return f"{statistics.mean(found[seed] - base[seed] for seed in common):+.2f}"


def _gain(runs: Runs) -> list[str]:
    """R@1 of LBF over that of TIRG, here and in the paper."""
    paper = {row.experiment: row.css for row in PAPER}
    rows = []
    for budget in reversed(BUDGETS):
        groups = {g[0]["experiment"]: g for g in _grouped(runs, "css") if g[0]["budget"] == budget}
        if not {"lbf", "tirg"} <= groups.keys():
            continue
        for place, (title, key) in enumerate(SETTINGS.items()):
            lbf, tirg = ([run["figures"][key]["R@1"] for run in groups[name]] for name in ("lbf", "tirg"))
            printed = float(paper["lbf"][place]) / float(paper["tirg"][place])
            here = f"{statistics.mean(lbf) / statistics.mean(tirg):.2f}" if statistics.mean(tirg) else NOTHING
            rows.append([title, f"{BUDGETS[budget].updates:,}", f"{min(len(lbf), len(tirg))}", here, f"{printed:.2f}"])
    return _lines(("setting", "updates", "seeds", "LBF / TIRG here", "LBF / TIRG in the paper"), rows)


def _files(runs: Runs) -> list[str]:
    """Where each run was made, and whether its curve was still rising at the end."""
    rows = []
    for run in runs:
        seconds, chosen = run["training seconds"], run["training"]["chosen_at_update"]
        rows.append(
            [
                f"{run['dataset']}-{run['budget']}-{run['experiment']}-{run['seed']}",
                run["commit"],
                run["device"] if run["device"] != "cpu" else f"{run['machine']}, {run['threads']} thread(s)",
                NOTHING if seconds is None else f"{seconds / 60:.0f}",
                f"{chosen:,} of {run['curve'][-1]['updates']:,}",
            ]
        )
    return _lines(("file in `results/`", "commit", "device", "minutes", "best checkpoint at update"), rows)


_VISITORS = "visitors' wordings"
_GARMENTS = {
    "@1": ("photographs", "success@1"),
    "@10": ("photographs", "success@10"),
    "paraphrases @1": ("paraphrases", "success@1"),
    "paraphrases @10": ("paraphrases", "success@10"),
    "visitors' words @1": (_VISITORS, "photographs", "success@1"),
    "refusals": (_VISITORS, "refusals", "obeyed first"),
    "two changes @1": (_VISITORS, "two changes", "success@1"),
    "other kinds @1": (_VISITORS, "other kinds", "success@1"),
    "left or right @1": ("side by side", "success@1"),
    "category kept": ("photographs", "category kept in top 5"),
}

TABLES: dict[str, Callable[[Runs], list[str]]] = {
    "css": _beside_paper("css", {f"{t} R@1": (key, "R@1") for t, key in SETTINGS.items()}, lambda row: row.css, cost=True),
    "css-gain": _gain,
    "css-oracle": _oracle,
    "css-recall": _columns("css", {f"R@{k}": ("3d->3d", f"R@{k}") for k in CUTOFFS}),
    "css-kinds": _columns(
        "css",
        {kind: ("3d->3d", "R@1 by kind", kind) for kind in KINDS}
        | {f"{named} a position": ("3d->3d", "R@1 by position", named) for named in ("with", "without")},
    ),
    "css-objects": _objects,
    "css-ablation": _ablation,
    "garments": _columns("garments", _GARMENTS),
    "fashion200k": _beside_paper("fashion200k", {f"R@{k}": (f"R@{k}",) for k in (1, 10, 50)}, lambda row: row.fashion200k),
    "mit-states": _beside_paper("mit-states", {f"R@{k}": (f"R@{k}",) for k in (1, 5, 10)}, lambda row: row.mit_states),
    "files": _files,
}


def draw_plots(runs: Runs, folder: Path) -> None:
    """Means of 3D -> 3D: results-curves.svg, R@1 on held-out queries against updates; results-recall.svg, recall against K."""
    groups = _grouped(runs, "css")
    places = {name: place for place, name in enumerate(dict.fromkeys(group[0]["experiment"] for group in groups))}
    curves, recalls = [], []
    for group in groups:
        longer = group[0]["budget"] != "cpu"
        title = group[0]["title"] + (f", {BUDGETS[group[0]['budget']].updates:,} updates" if longer else "")
        line = _Line(title, places[group[0]["experiment"]], longer)
        points = zip(*(run["curve"] for run in group), strict=False)  # the mean ends where the shortest seed ends
        course = [(p[0]["updates"], statistics.mean(q["validation R@1 3d"] for q in p)) for p in points]
        curves.append((line, *zip(*course, strict=True)))
        at = [statistics.mean(run["figures"]["3d->3d"][f"R@{k}"] for run in group) for k in CUTOFFS]
        recalls.append((line, CUTOFFS, at))
    _draw(
        folder / "results-curves.svg",
        curves,
        "updates",
        "R@1 on held-out queries, percent",
        (300, 600, 1500, 3000, 6000, 12000),
    )
    _draw(folder / "results-recall.svg", recalls, "K", "test recall at K, percent", CUTOFFS)


class _Line(NamedTuple):
    """How a line looks: an experiment has the same colour and dashes with every budget; a longer budget has larger dots."""

    title: str
    place: int
    longer: bool


def _draw(file: Path, lines: Sequence[tuple[_Line, Sequence, Sequence]], across: str, up: str, ticks: Sequence[int]) -> None:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot(xlabel=across, ylabel=up, xscale="log", ylim=(0, 100))
    for (title, place, longer), x, y in lines:
        dashes = ("-", "--", ":")[place // 10]
        axes.plot(x, y, label=title, color=f"C{place % 10}", linestyle=dashes, marker="o" if longer else ".")
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], minor=False)
    axes.set_xticks([], minor=True)
    axes.grid(alpha=0.3)
    if lines:
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})


def main() -> None:
    """Write the page and its plots."""
    runs = load_runs(RESULTS)
    PAGE.write_text(build_page(PAGE.read_text(), runs))
    draw_plots(runs, PAGE.parent)


if __name__ == "__main__":
    main()
