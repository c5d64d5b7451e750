"""How far results on another device or in half precision are from those of a CPU in float32, on the shipped galleries.

    python -m benchmarks.device_agreement --device cpu cuda --dtype bf16 fp16 --json benchmarks/device_agreement.json

The queries are the shipped examples and, for each gallery, its pictures with a change to the label of another picture. The
figures are the share of the ten best results that are the same, the distance of embeddings (1 - cosine), and how often the
detector finds the same number of regions. The embeddings of the galleries are always the shipped ones.
"""

import argparse
import json
import statistics
from pathlib import Path

import numpy as np

from benchmarks.queries import NO_CUDA, example_queries, label_queries, runs, shipped_entries
from lbf_model.checkpoint import provenance
from lbf_model.precision import PRECISIONS
from lbf_model.types import SearchResult

BEST = 10


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", nargs="+", choices=("cpu", "cuda"), default=["cpu", "cuda"])
    parser.add_argument("--dtype", nargs="+", choices=tuple(PRECISIONS), default=["bf16", "fp16"])
    parser.add_argument("--queries", type=int, default=50, help="per gallery, in addition to the examples (default: 50)")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)

    baseline = shipped_entries()
    queries = {entry.name: [*example_queries(entry.name), *label_queries(entry.gallery, flags.queries)] for entry in baseline}
    expected = {entry.name: answers(entry, queries[entry.name]) for entry in baseline}
    figures: dict = {"baseline": "cpu float32"}
    for name, run in runs(flags.device, flags.dtype).items():
        if run is None:
            figures[name] = NO_CUDA
            continue
        figures[name] = {
            entry.name: agreement(expected[entry.name], answers(entry, queries[entry.name])) for entry in shipped_entries(*run)
        }
    figures |= provenance()
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def answers(entry, queries) -> list[tuple[SearchResult, np.ndarray]]:
    """For each query its result, and the embedding that a gallery would store for its picture."""
    results = (entry.retriever.search(picture, text, entry.gallery, BEST) for picture, text in queries)
    return [(result, entry.retriever.encoder.encode_targets([result.regions])[0]) for result in results]


def agreement(expected, measured) -> dict:
    """How far the answers of one gallery agree; both arguments come from `answers`, for the same queries."""
    pairs = list(zip(expected, measured, strict=True))
    same = [len({m.id for m in a.matches} & {m.id for m in b.matches}) / len(a.matches) for (a, _), (b, _) in pairs]
    return {
        "queries": len(pairs),
        "best_10_in_common": {"mean": round(statistics.mean(same), 4), "min": min(same)},
        "first_result_the_same": round(statistics.mean(a.matches[0].id == b.matches[0].id for (a, _), (b, _) in pairs), 4),
        "query_embeddings_1_minus_cosine": _distances([(a.embedding, b.embedding) for (a, _), (b, _) in pairs]),
        "picture_embeddings_1_minus_cosine": _distances([(a, b) for (_, a), (_, b) in pairs]),
        "as_many_regions": round(statistics.mean(len(a.regions) == len(b.regions) for (a, _), (b, _) in pairs), 4),
    }


def _distances(pairs) -> dict[str, float]:
    distances = [max(0.0, 1 - float(np.dot(a.astype(np.float64), b))) for a, b in pairs]
    return {"median": float(f"{statistics.median(distances):.2g}"), "max": float(f"{max(distances):.2g}")}


if __name__ == "__main__":
    main()
