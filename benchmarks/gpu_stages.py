"""What a device does in a second: each stage by batch, whether a batch changes answers, indexing, and search of many vectors.

    python benchmarks/gpu_stages.py --device cuda --json benchmarks/gpu_stages.json
    python benchmarks/gpu_stages.py --device cpu --batch 1 4 --pictures 8 --vectors 20000      # tries it where there is no GPU

"same_as_alone" is the share of pictures whose regions and embedding are, to the last bit, those that the picture has when it is
looked at alone. A search of vectors is one product of matrices with the ten best, for one query and for a batch of 64, on the
device; the galleries themselves are searched by faiss on the CPU (benchmarks/search_speed.py).
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch

from benchmarks.index_rate import write_photographs
from benchmarks.queries import ROOT
from lbf_model.checkpoint import provenance
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.precision import PRECISIONS
from lbf_model.retrieval.catalog import default_checkpoint
from lbf_model.retrieval.retriever import Retriever, load_retriever
from lbf_model.vision.pictures import load_picture

QUERIES = (1, 64)
WIDTH = 256


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--dtype", nargs="+", choices=tuple(PRECISIONS), default=["float32", "bf16", "fp16"])
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 64, 256])
    parser.add_argument("--pictures", type=int, default=4096, help="to index, of 256 pixels (default: 4096)")
    parser.add_argument("--vectors", nargs="+", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="per figure, after one to warm up (default: 5)")
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint(ROOT / "checkpoints"))
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)
    if flags.device == "cuda" and not torch.cuda.is_available():
        parser.error("this machine has no CUDA device; --device cpu tries the same code")

    figures: dict = {"device": torch.cuda.get_device_name() if flags.device == "cuda" else "cpu"}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "pictures"
        write_photographs(folder, (256, 256), flags.pictures)
        for name in flags.dtype:
            retriever = load_retriever(flags.checkpoint, flags.device, PRECISIONS[name])
            stages = {f"batch {batch}": measure_stages(retriever, folder, batch, flags.rounds) for batch in flags.batch}
            rate = measure_indexing(retriever, folder, Path(home) / name, max(flags.batch))
            figures[name] = {"stages": stages, "indexed_per_second": rate}
    figures["search"] = {f"{count} vectors": measure_search(count, flags.device, flags.rounds) for count in flags.vectors}
    figures |= {"rounds": flags.rounds, "pictures": flags.pictures, "threads": torch.get_num_threads(), **provenance()}
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def measure_stages(retriever: Retriever, folder: Path, batch: int, rounds: int) -> dict:
    """Milliseconds of a whole batch, and how many pictures come out of it as they come out alone."""
    pictures = [load_picture(path) for path in islice(cycle(sorted(folder.iterdir())), batch)]
    encoder = retriever.encoder
    tokens = encoder.reader.tokenize_texts(["make it red"] * batch)
    regions = retriever.detect_regions(pictures)
    vectors = encoder.encode_targets(regions)

    def as_alone(row: int) -> bool:
        (alone,) = retriever.detect_regions([pictures[row]])
        found = (alone.boxes, regions[row].boxes), (encoder.encode_targets([alone])[0], vectors[row])
        return all(np.array_equal(one, other) for one, other in found)

    return {
        "detect_ms": median_ms(lambda: retriever.detect_regions(pictures), rounds),
        "encode_ms": median_ms(lambda: encoder.encode_targets(regions), rounds),
        "compose_ms": median_ms(lambda: encoder.encode_queries(regions, tokens), rounds),
        "same_as_alone": round(sum(map(as_alone, range(batch))) / batch, 3),
    }


def measure_indexing(retriever: Retriever, folder: Path, out: Path, batch: int) -> float:
    """Pictures a second, from files to a finished gallery."""
    entries = list_folder(folder).entries
    started = time.perf_counter()
    build_gallery(retriever, folder, entries, out, batch=batch)
    return round(len(entries) / (time.perf_counter() - started), 2)


def measure_search(count: int, device: str, rounds: int) -> dict[str, float]:
    """Milliseconds to find the ten nearest of `count` random vectors, by how many queries are asked together."""
    dtype = torch.float16 if device == "cuda" else torch.float32
    torch.manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(count, WIDTH, device=device, dtype=dtype), dim=1)
    return {
        f"{queries} queries": median_ms(lambda asked=vectors[:queries]: (asked @ vectors.T).topk(10).indices.cpu(), rounds)
        for queries in QUERIES
    }


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Median milliseconds, after one round to warm up; the work must end with its result in CPU memory."""
    milliseconds = []
    for number in range(rounds + 1):
        started = time.perf_counter()
        work()
        if number:
            milliseconds.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(milliseconds), 3)


if __name__ == "__main__":
    main()
