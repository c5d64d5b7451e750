"""How far answers on another device or in half precision are from those of a CPU in float32, on the shipped galleries.

    python benchmarks/device_agreement.py --device cpu cuda --dtype bf16 fp16 --json benchmarks/device_agreement.json

Queries are the shipped examples and, for each gallery, pictures of it with a change to another picture's label. Told are the
share of the ten best results that is the same, how far embeddings are apart (1 - cosine), and how often the detector finds as
many regions. The galleries' embeddings are the shipped ones throughout.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

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
    parser.add_argument("--queries", type=int, default=50, help="of each gallery, beside the examples (default: 50)")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)

    base = shipped_entries()
    queries = {o.name: [*example_queries(o.name), *label_queries(o.gallery, flags.queries)] for o in base}
    right = {o.name: answers(o, queries[o.name]) for o in base}
    figures: dict = {"baseline": "cpu float32"}
    for name, run in runs(flags.device, flags.dtype).items():
        if run is None:
            figures[name] = NO_CUDA
            continue
        figures[name] = {o.name: agreement(right[o.name], answers(o, queries[o.name])) for o in shipped_entries(*run)}
    figures |= provenance()
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def answers(entry, queries) -> list[tuple[SearchResult, np.ndarray]]:
    """Of each query its answer, and what a gallery would store of its picture."""
    retriever = entry.retriever
    return [
        (
            retriever.search(picture, text, entry.gallery, BEST),
            retriever.encoder.encode_targets(retriever.detect_regions([picture]))[0],
        )
        for picture, text in queries
    ]


def agreement(right, other) -> dict:
    """Figures of one gallery."""
    pairs = list(zip(right, other, strict=True))
    same = [len({m.id for m in a.matches} & {m.id for m in b.matches}) / len(a.matches) for (a, _), (b, _) in pairs]
    return {
        "queries": len(pairs),
        "best_10_in_common": {"mean": round(statistics.mean(same), 4), "min": min(same)},
        "first_result_the_same": round(statistics.mean(a.matches[0].id == b.matches[0].id for (a, _), (b, _) in pairs), 4),
        "query_embeddings_1_minus_cosine": _apart([(a.embedding, b.embedding) for (a, _), (b, _) in pairs]),
        "picture_embeddings_1_minus_cosine": _apart([(a, b) for (_, a), (_, b) in pairs]),
        "as_many_regions": round(statistics.mean(len(a.regions) == len(b.regions) for (a, _), (b, _) in pairs), 4),
    }


def _apart(pairs) -> dict[str, float]:
    apart = [max(0.0, 1 - float(np.dot(a.astype(np.float64), b))) for a, b in pairs]
    return {"median": float(f"{statistics.median(apart):.2g}"), "max": float(f"{max(apart):.2g}")}


if __name__ == "__main__":
    main()
