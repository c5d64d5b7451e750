"""Median milliseconds of each stage by device and number format, for one query and for 64 at once.

    python -m benchmarks.stages --device cuda --json benchmarks/stages.json

Each figure comes with its ratio to the CPU in float32, measured in turns with it; below 1 is faster. Detection takes all
pictures together, composition reads the texts and fuses them with the regions, and search asks the index query by query.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import torch

from benchmarks.queries import NO_CUDA, example_queries, runs, shipped_entries
from lbf_model.checkpoint import provenance
from lbf_model.precision import PRECISIONS
from lbf_model.retrieval.catalog import CatalogEntry

BASELINE = "cpu float32"


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", nargs="+", choices=("cpu", "cuda"), default=["cuda"], help="in addition to the baseline")
    parser.add_argument("--dtype", nargs="+", choices=tuple(PRECISIONS), default=["float32", "bf16", "fp16"])
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 64])
    parser.add_argument("--rounds", type=int, default=10, help="per batch, after one to warm up (default: 10)")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)

    requested = {**runs(["cpu"], ["float32"]), **runs(flags.device, flags.dtype)}
    work = {name: stages_by_batch(shipped_entries(*run), flags.batch) for name, run in requested.items() if run}
    measured = medians(work, flags.rounds)
    figures: dict = {}
    for name in requested:
        figures[name] = with_ratios(measured[name], measured[BASELINE]) if name in measured else NO_CUDA
    figures |= {"baseline": BASELINE, "rounds": flags.rounds, "threads": torch.get_num_threads(), **provenance()}
    if torch.cuda.is_available():
        figures["cuda"] = torch.cuda.get_device_name()
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def stages_by_batch(catalog: list[CatalogEntry], batches: list[int]) -> dict[str, dict[str, Callable]]:
    """What to time, by "gallery, batch" and stage. Each returns its result in CPU memory, so it waits until a GPU is done."""
    return {f"{entry.name}, batch {batch}": _stages(entry, batch) for entry in catalog for batch in batches}


def _stages(entry: CatalogEntry, batch: int) -> dict[str, Callable]:
    retriever, gallery = entry.retriever, entry.gallery
    pictures, texts = zip(*islice(cycle(example_queries(entry.name)), batch), strict=True)
    regions = [r.top(retriever.encoder.config.max_regions) for r in retriever.detector.detect_regions(pictures)]

    def compose():
        return retriever.encoder.encode_queries(regions, retriever.encoder.reader.tokenize_texts(texts))

    embeddings = compose()
    return {
        "detect": lambda: retriever.detector.detect_regions(pictures),
        "compose": compose,
        "search": lambda: [gallery.search(embedding, 10) for embedding in embeddings],
    }


def medians(work: dict[str, dict[str, dict[str, Callable]]], rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Median milliseconds. The runs take turns, so that a machine that slows down in between slows all of them."""
    milliseconds: dict = {}
    for number in range(rounds + 1):
        for batch, stages in next(iter(work.values())).items():
            for stage in stages:
                for run, batches in work.items():
                    started = time.perf_counter()
                    batches[batch][stage]()
                    if number:  # the first round warms up
                        milliseconds.setdefault((run, batch, stage), []).append(1000 * (time.perf_counter() - started))
    return {
        run: {batch: {s: statistics.median(milliseconds[run, batch, s]) for s in stages} for batch, stages in batches.items()}
        for run, batches in work.items()
    }


def with_ratios(figures: dict, baseline: dict) -> dict:
    """Milliseconds with their ratio to those of the baseline."""
    return {
        batch: {s: {"ms": round(ms, 2), "over_baseline": round(ms / baseline[batch][s], 3)} for s, ms in stages.items()}
        for batch, stages in figures.items()
    }


if __name__ == "__main__":
    main()
