"""Median milliseconds of each stage of a search, and each stage's ratio to a baseline measured in the same run.

    python benchmarks/search_speed.py --json benchmarks/search_speed.json

Baselines: a whole search of one query is the unit of the stages; for the index, NumPy's matrix product with a full sort.
"""

import argparse
import json
import resource
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="searches of each example (default: 10)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args()

    started = time.perf_counter()
    import numpy as np
    import torch

    from lbf_model.checkpoint import provenance
    from lbf_model.search import load_retriever
    from lbf_model.vision.pictures import load_picture

    imported = time.perf_counter()
    retriever = load_retriever(ROOT / "checkpoints" / "css-big", flags.device)
    gallery = retriever.open_gallery(ROOT / "assets" / "galleries" / "css")
    loaded = time.perf_counter()

    folder = ROOT / "assets" / "examples"
    examples = [(load_picture(folder / e["picture"]), e["text"]) for e in json.loads((folder / "examples.json").read_text())]
    stages: dict[str, list[float]] = {}
    for number in range(flags.rounds + 1):
        for picture, text in examples:
            result = retriever.search(picture, text, gallery, 10)
            if number:  # the first round warms up
                for stage, milliseconds in result.timings_ms.items():
                    stages.setdefault(stage, []).append(milliseconds)
    whole = [sum(parts) for parts in zip(*stages.values(), strict=True)]

    vectors = gallery.vectors()
    baseline = []
    for row in range(50):
        begun = time.perf_counter()
        np.argsort(-(vectors @ vectors[row]))[:10]
        baseline.append(1000 * (time.perf_counter() - begun))

    total = statistics.median(whole)
    figures = {
        "median_ms": {**{s: round(statistics.median(v), 2) for s, v in stages.items()}, "whole search": round(total, 2)},
        "share_of_whole_search": {s: round(statistics.median(v) / total, 3) for s, v in stages.items()},
        "index_over_numpy_full_sort": round(statistics.median(stages["search"]) / statistics.median(baseline), 3),
        "import_seconds": round(imported - started, 2),
        "load_seconds": round(loaded - imported, 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "searches": len(whole),
        "gallery": len(gallery),
        "device": flags.device,
        "threads": torch.get_num_threads(),
        **provenance(),
    }
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
