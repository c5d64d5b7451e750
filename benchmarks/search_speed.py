"""Median milliseconds of each stage of a search, and ratios to a baseline from the same run, for each shipped gallery.

    python -m benchmarks.search_speed --json benchmarks/search_speed.json

The baseline of the stages is the whole search; that of the index is NumPy's matrix product with a full sort. The "phone
photograph" is a portrait JPEG of 12 megapixels that EXIF says to rotate, made here from an example. The time to decode it is
also given as a ratio to the search that follows.
"""

import argparse
import io
import json
import resource
import statistics
import time
from pathlib import Path

from benchmarks import ROOT


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="searches of each example (default: 10)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args()

    started = time.perf_counter()
    import torch

    from lbf_model.checkpoint import provenance
    from lbf_model.retrieval.catalog import load_catalog, shipped_galleries

    imported = time.perf_counter()
    loaded = load_catalog(shipped_galleries(ROOT / "assets" / "galleries"), [], ROOT / "checkpoints", flags.device)
    ended = time.perf_counter()
    figures = {
        **{entry.name: measure(entry, flags.rounds) for entry in loaded.by_name.values()},
        "import_seconds": round(imported - started, 2),
        "load_seconds": round(ended - imported, 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "device": flags.device,
        "threads": torch.get_num_threads(),
        **provenance(),
    }
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def measure(entry, rounds: int) -> dict:
    """The figures of one gallery, from searches with its examples."""
    from lbf_model.vision.pictures import load_picture

    folder = ROOT / "assets" / "examples"
    examples = [e for e in json.loads((folder / "examples.json").read_text()) if e["gallery"] == entry.name]
    queries = [(load_picture(folder / e["picture"]), e["text"]) for e in examples]
    stages: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        for picture, text in queries:
            result = entry.retriever.search(picture, text, entry.gallery, 10)
            if number:  # the first round warms up
                for stage, milliseconds in result.timings_ms.items():
                    stages.setdefault(stage, []).append(milliseconds)
    whole = [sum(parts) for parts in zip(*stages.values(), strict=True)]
    total = statistics.median(whole)
    return {
        "median_ms": {**{s: round(statistics.median(v), 2) for s, v in stages.items()}, "whole search": round(total, 2)},
        "share_of_whole_search": {s: round(statistics.median(v) / total, 3) for s, v in stages.items()},
        "index_over_numpy_full_sort": round(
            statistics.median(stages["search"]) / measure_full_sort(entry.gallery.vectors()), 3
        ),
        "phone_photograph": measure_phone_photograph(entry, folder / examples[0]["picture"], examples[0]["text"], rounds),
        "searches": len(whole),
        "gallery": len(entry.gallery),
    }


def measure_full_sort(vectors) -> float:
    """Median milliseconds of NumPy's matrix product with a full sort."""
    import numpy as np

    milliseconds = []
    for row in range(50):
        started = time.perf_counter()
        np.argsort(-(vectors @ vectors[row]))[:10]
        milliseconds.append(1000 * (time.perf_counter() - started))
    return statistics.median(milliseconds)


def measure_phone_photograph(entry, example: Path, text: str, rounds: int) -> dict:
    """Median milliseconds to decode a 12-megapixel photograph and to search with it."""
    from PIL import Image

    from lbf_model.vision.pictures import load_picture

    with Image.open(example) as file:
        sideways = file.convert("RGB").resize((3024, 4032)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # "rotate right by 90 degrees to view"
    content = io.BytesIO()
    sideways.save(content, "JPEG", quality=92, exif=exif)
    decoding, searching = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        picture = load_picture(content.getvalue())
        decoded = time.perf_counter()
        entry.retriever.search(picture, text, entry.gallery, 10)
        decoding.append(1000 * (decoded - started))
        searching.append(1000 * (time.perf_counter() - decoded))
    decode, search = statistics.median(decoding), statistics.median(searching)
    return {"decode_ms": round(decode, 1), "search_ms": round(search, 1), "decode_over_search": round(decode / search, 2)}


if __name__ == "__main__":
    main()
