"""Where the figures in README, docs/ and the model cards come from: JSON files, mapped cell by cell.

A table is recognised by its headers. `figure_tables` fills it in, and a test checks it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lbf_model.compositors.registry import COMPOSITORS

ROOT = Path(__file__).parents[1]
METHODS = {row.name: row.title[0].upper() + row.title[1:] for row in COMPOSITORS.values()}
SETTINGS = {"3D -> 3D": "3d->3d", "2D -> 3D": "2d->3d"}
KINDS = ("add", "remove", "make")  # of CSS queries

Cell = Callable[[dict], str]


@dataclass(frozen=True)
class Source:
    """Where one kind of table comes from.

    Attributes:
        keys: headers of the first columns, whose cells name a row.
        rows: what a row's figures are read from, by those cells. A table has all of these rows and no others.
        columns: what a row's cell must be, by header. A table may have only some of these columns.
    """

    keys: tuple[str, ...]
    rows: Mapping[tuple[str, ...], dict]
    columns: Mapping[str, Cell]

    def fits(self, headers: list[str]) -> bool:
        count = len(self.keys)
        return tuple(headers[:count]) == self.keys and set(headers[count:]) <= self.columns.keys()


def load(name: str) -> dict:
    return json.loads((ROOT / name).read_text())


def number(*path: str, form: str = ".2f") -> Cell:
    """A cell with the number at `path` of a row; "–" if there was nothing to measure."""

    def cell(row: dict) -> str:
        for key in path:
            row = row[key]
        return "–" if row is None else f"{row:{form}}"

    return cell


def correlation(estimate: str) -> Cell:
    """A cell such as "0.53 (0.49 to 0.57), 80 %"."""

    def cell(row: dict) -> str:
        if estimate not in row:
            return "is the truth"
        found = row[estimate]
        return f"{found['spearman']:.2f} ({found['low']:.2f} to {found['high']:.2f}), {found['top-1']:.0f} %"

    return cell


def by_method(figures: dict) -> dict[tuple[str, ...], dict]:
    return {(METHODS[row["compositor"]],): row for row in figures["rows"]}


def garment_sources() -> Iterator[Source]:
    rows = by_method(load("benchmarks/garments.json"))
    one_garment = {
        "@1": "success@1",
        "@5": "success@5",
        "@10": "success@10",
        "@1, either name": "success@1, second names count",
        "garments @1": "success@1",
        "garments @10": "success@10",
        "category kept": "category kept in top 5",
        "colour right": "colour right in top 5",
        "pattern kept": "pattern kept in top 5",
        "pattern kept, patterned references": "pattern kept in top 5, patterned references",
    }
    others = {
        "with drawings @1": ("photographs and drawings", "success@1"),
        "with drawings @10": ("photographs and drawings", "success@10"),
        "paraphrases @1": ("paraphrases", "success@1"),
        "paraphrases @10": ("paraphrases", "success@10"),
        "free wording @1": ("paraphrases", "success@1"),
        "unseen words @1": ("unseen words", "success@1"),
        "unseen words @1, either name": ("unseen words", "success@1, second names count"),
        "misspellings @1": ("slips", "success@1"),
        "left or right @1": ("side by side", "success@1"),
        "left or right @5": ("side by side", "success@5"),
        "wrong side @1": ("side by side", "wrong side@1"),
        "visitors' words @1": ("visitors' wordings", "photographs", "success@1"),
        "visitors' words @10": ("visitors' wordings", "photographs", "success@10"),
        "two changes @1": ("two changes", "success@1"),
        "two changes, visitors' words @1": ("visitors' wordings", "two changes", "success@1"),
        "other kind @1": ("other kinds", "success@1"),
        "other kind, visitors' words @1": ("visitors' wordings", "other kinds", "success@1"),
        "refused, training's words": ("refusals", "wordings of training", "obeyed first"),
        "refused, paraphrases": ("refusals", "held-out wordings", "obeyed first"),
        "refused, visitors' words": ("visitors' wordings", "refusals", "obeyed first"),
    }
    columns = {header: number("photographs", key) for header, key in one_garment.items()}
    columns |= {header: number(*path) for header, path in others.items()}
    yield Source(("method",), rows, columns)
    compared = {row["checkpoint"]: row for row in load("benchmarks/garments_wordings.json")["rows"]}
    written = {("one",): compared["fashion-one-writer"], ("five",): compared["fashion-five-writers"]}
    yield Source(("writers",), written, columns)

    labels = {(name,): {"photographs": told} for name, told in load("benchmarks/garments.json")["search by labels"].items()}
    yield Source(("labels",), labels, columns)

    doubts = rows["LBF",]["doubts"]
    sorts = {
        "another colour": "color",
        "another pattern": "pattern",
        "both": "color and pattern",
        "another kind": "category",
        "not a colour": "color refused",
        "not a pattern": "pattern refused",
    }
    measures = {
        "right": "right",
        "predicted": "predicted",
        "doubted": "doubted",
        "right where doubted": "right where doubted",
        "right where not": "right where not doubted",
        "calibration error": "expected calibration error",
    }
    answers = {(name,): doubts["by what is asked"][sort] for name, sort in sorts.items()} | {("all",): doubts}
    yield Source(("garments, asked for",), answers, {header: number(key) for header, key in measures.items()})

    (pointed,) = load("benchmarks/garments_pointed.json")["rows"]
    asked = {"vague words": "vague", "described": "described", "pointed": "pointed"}
    columns = {"@1": "success@1", "@5": "success@5", "wrong side @1": "wrong side@1"}
    told = {(name,): pointed[key] for name, key in asked.items()}
    yield Source(("garments, one of two is meant",), told, {header: number(key) for header, key in columns.items()})

    unseen = rows["LBF",]["unseen words"]
    told = ("crimson", "navy", "charcoal", "cream", "maroon", "turquoise", "lilac")
    words = {
        (word,): {"plain": unseen["success@1 by word"][word], "either": unseen["by word, second names count"][word]}
        for word in told
    }
    yield Source(("unseen word",), words, {"@1": number("plain"), "@1, either name": number("either")})


def garment_detector_source() -> Source:
    figures = load("checkpoints/fashion-detector/metrics.json")
    paths = {
        "garment found, best garment region": ("garment_box", "recall of the best garment region"),
        "garment found, any region": ("garment_box", "recall of any region"),
        "linear probe: colour": ("linear_probe", "color"),
        "linear probe: pattern": ("linear_probe", "pattern"),
        "linear probe: category": ("linear_probe", "category"),
        "own label: colour": ("own_labels", "color"),
        "own label: colour, either name": ("own_labels", "color or its second name"),
        "own label: pattern": ("own_labels", "pattern"),
        "own label: category": ("own_labels", "category"),
        "calibration error of labels: colour": ("calibration_error", "color"),
        "calibration error of labels: pattern": ("calibration_error", "pattern"),
        "calibration error of labels: category": ("calibration_error", "category"),
        "classified as showing no garment: photographs, by mistake": ("no garment told", "photographs, by mistake"),
        "classified as showing no garment: drawn pictures of kinds that training shows": (
            "no garment told",
            "pictures of kinds that training shows",
            "all",
        ),
        "classified as showing no garment: drawn pictures of other kinds": (
            "no garment told",
            "pictures of other kinds",
            "all",
        ),
    }
    rows = {(name,): {"percent": number(*path)(figures)} for name, path in paths.items()}
    return Source(("measure",), rows, {"percent": lambda row: row["percent"]})


def css_sources() -> Iterator[Source]:
    figures = load("benchmarks/css.json")
    rows = by_method(figures)
    recall = {f"R@{k}": number(f"R@{k}") for k in (1, 5, 10, 50, 100)}
    kinds = {f"R@1 {kind}": number("R@1 by kind", kind) for kind in KINDS}
    short = {f"{title} R@{k}": number(setting, f"R@{k}") for title, setting in SETTINGS.items() for k in (1, 10)}
    whole = {(title, *method): row[setting] for method, row in rows.items() for title, setting in SETTINGS.items()}
    yield Source(("method",), rows, short)
    yield Source(("setting", "method"), whole, recall | kinds)

    oracle = {"R@1": number("all")} | {f"R@1 {kind}": number(kind) for kind in KINDS}
    yield Source(("oracle",), {("knows the source scene and the text",): figures["oracle R@1"]}, oracle)

    (true_boxes,) = load("benchmarks/css_true_regions.json")["rows"]
    # From the paper, and from the tables of a later survey; there is no file of these.
    published = {"3D -> 3D": ("79.2", "93.3"), "2D -> 3D": ("55.69", "58.7")}
    settings = {
        (title,): {"found": rows["LBF",][setting], "true": true_boxes[setting], "published": published[title]}
        for title, setting in SETTINGS.items()
    }
    columns = {
        "detected boxes R@1": number("found", "R@1"),
        "true boxes R@1": number("true", "R@1"),
        "this project, its own pictures": number("found", "R@1"),
        "LBF in the paper": lambda row: row["published"][0],
        "best published since": lambda row: row["published"][1],
    }
    yield Source(("setting",), settings, columns)
    compared = {row["checkpoint"]: row for row in load("benchmarks/css_crossed.json")["rows"]}  # on other data than the rest
    trained = {"not crossed": "css-uncrossed", "crossed": "css-big"}
    either = {(title, said): compared[name][setting] for title, setting in SETTINGS.items() for said, name in trained.items()}
    yield Source(("setting", "colours"), either, recall | kinds)
    (pointed,) = load("benchmarks/css_pointed.json")["rows"]
    asked = {"vague words": "vague", "described": "described", "pointed": "pointed"}
    rows = {(title,): pointed[setting] for title, setting in SETTINGS.items()}
    yield Source(("CSS, one object is meant",), rows, {f"{title} R@1": number(key, "R@1") for title, key in asked.items()})


def css_detector_source() -> Source:
    figures = load("checkpoints/css-detector/metrics.json")
    attributes = {"size": "size accuracy", "colour": "color accuracy", "shape": "shape accuracy"}
    columns = {header: number(key) for header, key in ({"AP50": "AP50", "AP": "AP"} | attributes).items()}
    return Source(("rendering",), {("3D",): figures["3d"], ("2D",): figures["2d"]}, columns)


ESTIMATE_HEADERS = {  # for estimates whose table header differs from their name in the files
    "attention, first layer": "first layer",
    "attention, last layer": "last layer",
    "value relevance": "relevance of values",
    "left out": "leaving out",
    "links cut": "cutting links",
    "random": "at random",
}


def faithfulness_sources() -> Iterator[Source]:
    """What maps are compared with, over all queries and by kind of CSS query; and the order of regions that they give."""
    truths = {
        "regions, covered in the picture": ("regions", "painted out"),
        "regions, left out": ("regions", "left out"),
        "regions, links cut": ("regions", "links cut"),
        "words, left out": ("words", "left out"),
    }
    files = {name: load(f"benchmarks/attribution_{name}.json") for name in ("garments", "css")}
    curves = files["css"]["curves"]
    estimates = {ESTIMATE_HEADERS.get(name, name): name for name in curves["deletion"]}
    columns = {header: correlation(name) for header, name in estimates.items()} | {
        "queries": number("queries", form="d"),
        "chance first": lambda row: f"{row['top-1 by chance']:.0f} %",
    }
    rows = {
        (f"{title}, {truth}",): counted(files[name][part], measured)
        for title, name in (("garments", "garments"), ("CSS", "css"))
        for truth, (part, measured) in truths.items()
        if measured in files[name][part]
    }
    yield Source(("truth",), rows, columns)

    groups = files["css"]["groups"]
    rows = {(kind, truth): counted(groups[kind], truth) for kind in groups for truth in ("links cut", "left out")}
    yield Source(("CSS queries", "truth"), rows, columns)

    rows = {(way,): row for way, row in curves.items()}
    yield Source(("CSS, mean cosine while",), rows, {h: number(n, form=".3f") for h, n in estimates.items()})


def counted(figures: dict, truth: str) -> dict:
    return {key: figures[key] for key in ("queries", "top-1 by chance")} | figures[truth]


def grounding_sources() -> Iterator[Source]:
    """Where words look, in scenes and on garments."""
    columns = {
        "maps": number("maps", form="d"),
        "right first": lambda row: f"{row['right first']:.1f} ({row['low']:.1f} to {row['high']:.1f})",
        "mass": number("mass", form=".1f"),
        "chance": number("chance", form=".1f"),
    }
    files = {name: load(f"benchmarks/grounding_{name}.json") for name in ("css", "garments")}
    groups = {"all": "last layer", "remove": "last layer, remove", "make": "last layer, make"}
    last = {groups.get(g, f"last layer, {g}"): row for g, row in files["css"]["last layer"].items()}
    first = {f"first layer, {kind}": row for kind, row in files["css"]["first layer"].items()}
    yield Source(("CSS, attention of the",), {(name,): row for name, row in (last | first).items()}, columns)

    last = {"last layer, one of two garments": files["garments"]["last layer"]["one of two"]}
    first = {f"first layer, {kind}": row for kind, row in files["garments"]["first layer"].items()}
    yield Source(("garments, attention of the",), {(name,): row for name, row in (last | first).items()}, columns)


def copies_source() -> Source:
    sets = load("benchmarks/near_duplicates.json")["sets"]
    names = {"photographs 1": "photographs of garments, 3,409", "photographs 2": "photographs of garments, 1,024"}
    columns = {
        "pictures": number("pictures", form=","),
        "pairs": number("pairs", form=","),
        "pairs joined": number("pairs joined", form="d"),
        "copies": lambda row: f"{row['copies of each kind'] * len(row['copies missed']):,}",
        "copies missed": lambda row: f"{sum(row['copies missed'].values())}",
        "percent missed": lambda row: f"{100 * row['share of copies missed']:.2f}",
    }
    return Source(("pictures of",), {(names.get(name, name),): row for name, row in sets.items()}, columns)


def machine_sources() -> Iterator[Source]:
    """Speed, memory and half precision."""
    speed, memory, half = (load(f"benchmarks/{name}.json") for name in ("search_speed", "memory", "device_agreement"))
    stages = {stage: number("median_ms", stage) for stage in ("detect", "compose", "search", "whole search")}
    columns = stages | {
        "pictures": number("gallery", form=","),
        "12-megapixel photograph: decode": number("phone_photograph", "decode_ms", form=".1f"),
        "12-megapixel photograph: search": number("phone_photograph", "search_ms", form=".1f"),
    }
    yield Source(("gallery",), {("garments",): speed["fashion"], ("scenes",): speed["css"]}, columns)

    count, resident = memory["searches"], memory["resident_mib_after"]
    after = {"before": resident["0"], f"after {count} searches": resident[str(count)], "growth": memory["growth_mib"]}
    rows = {(name,): {"MiB": mib} for name, mib in after.items()}
    yield Source(("memory of the server",), rows, {"MiB": number("MiB", form=".1f")})

    formats, galleries = {"bfloat16": "cpu bf16", "float16": "cpu fp16"}, {"garments": "fashion", "scenes": "css"}
    rows = {(f, g): half[measured][gallery] for f, measured in formats.items() for g, gallery in galleries.items()}
    columns = {
        "first result the same": number("first_result_the_same", form=".4f"),
        "best 10 in common, mean": number("best_10_in_common", "mean", form=".4f"),
        "best 10 in common, least": number("best_10_in_common", "min", form=".4f"),
    }
    yield Source(("format", "gallery"), rows, columns)


def figure_sources() -> list[Source]:
    """Sources of the tables that say how well the shipped models search, and how fast."""
    single = (garment_detector_source(), css_detector_source(), copies_source())
    return [*garment_sources(), *css_sources(), *grounding_sources(), *faithfulness_sources(), *machine_sources(), *single]
