"""How fast a device is: each stage by batch size, whether a batch changes answers, indexing, and search of many vectors.

    python -m benchmarks.gpu_stages --device cuda --json benchmarks/gpu_stages.json
    python -m benchmarks.gpu_stages --device cpu --batch 1 4 --pictures 8 --vectors 20000      # tries it without a GPU

"indexed_per_second" is given for photographs of 256 pixels, and for photographs of all sizes from 192 to 448. "side_by_side" is
the same for several processes on one device at once, each with its part of the former (as with `index --shard 1/4` and so on);
they share it better if NVIDIA's MPS is running (`nvidia-cuda-mps-control -d`). "one_search_ms" is a whole search of one visitor
in that gallery, from a decoded picture and a sentence to ten results, with a different picture each time.
"same_as_alone" is the share of pictures whose regions and embedding are, to the last bit, the same as when the picture is
processed alone. A vector search is one matrix product and the ten best, for one query and for a batch of 64, on the device; the
galleries themselves are searched by faiss on the CPU (benchmarks/search_speed.py).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch

from benchmarks import ROOT
from benchmarks.index_rate import write_photographs
from lbf_model.checkpoint import provenance
from lbf_model.gallery.gallery import Gallery
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.precision import PRECISIONS
from lbf_model.retrieval.catalog import default_checkpoint
from lbf_model.retrieval.retriever import Retriever, load_retriever
from lbf_model.vision.pictures import load_picture

QUERIES = (1, 64)
WIDTH = 256
# One of several processes: loads models, looks at a batch to warm up, waits for all others, and indexes its part.
_SHARD = """
import json, os, sys
from pathlib import Path
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.precision import PRECISIONS
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.vision.pictures import load_picture

folder, out, options, count, number = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), *map(int, sys.argv[4:])
retriever = load_retriever(Path(options["checkpoint"]), options["device"], PRECISIONS[options["dtype"]])
entries = list_folder(folder).entries[number::count]
retriever.detect_regions([load_picture(folder / entry.path) for entry in entries[: options["batch"]]])
print("ready", flush=True)
sys.stdin.readline()
build_gallery(retriever, folder, entries, out / str(number), batch=options["batch"], workers=max(1, os.cpu_count() // count))
"""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--dtype", nargs="+", choices=tuple(PRECISIONS), default=["float32", "bf16", "fp16"])
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 64, 256])
    parser.add_argument("--pictures", type=int, default=4096, help="to index, of 256 pixels (default: 4096)")
    parser.add_argument("--processes", nargs="+", type=int, default=[2, 4, 8], help="side by side (default: 2 4 8)")
    parser.add_argument("--vectors", nargs="+", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="per figure, after one to warm up (default: 5)")
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint(ROOT / "checkpoints"))
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)
    if flags.device == "cuda" and not torch.cuda.is_available():
        parser.error("this machine has no CUDA device; --device cpu tries the same code")

    figures: dict = {"device": torch.cuda.get_device_name() if flags.device == "cuda" else "cpu"}
    figures |= {"rounds": flags.rounds, "pictures": flags.pictures, "threads": torch.get_num_threads(), **provenance()}

    def keep(**part: object) -> None:
        """Print a part, and write what is measured so far: an interrupted run loses no more than its last part."""
        print(json.dumps(part), flush=True)
        figures.update(part)
        if flags.json:
            flags.json.write_text(json.dumps(figures, indent=2) + "\n")

    keep(search={f"{count} vectors": measure_search(count, flags.device, flags.rounds) for count in flags.vectors})
    with tempfile.TemporaryDirectory() as home:
        folder, mixed = Path(home) / "pictures", Path(home) / "mixed"
        write_photographs(folder, (256, 256), flags.pictures)
        write_photographs(mixed, None, flags.pictures // 4)
        options = {"checkpoint": str(flags.checkpoint), "device": flags.device, "dtype": flags.dtype[-1]}
        sides: dict = {"dtype": flags.dtype[-1], "mps": mps_runs()}
        for count in flags.processes:
            out = Path(home) / f"{count}"
            sides[f"{count} processes"] = measure_side_by_side(count, folder, out, options | {"batch": max(flags.batch)})
            keep(side_by_side=sides)
        for name in flags.dtype:
            retriever = load_retriever(flags.checkpoint, flags.device, PRECISIONS[name])
            stages = {f"batch {batch}": measure_stages(retriever, folder, batch, flags.rounds) for batch in flags.batch}
            keep(**{name: {"stages": stages}})
            rates = {
                title: measure_indexing(retriever, pictures, Path(home) / f"{name} {title}", max(flags.batch))
                for title, pictures in (("256 pixels", folder), ("all sizes", mixed))
            }
            gallery = retriever.open_gallery(Path(home) / f"{name} 256 pixels")
            search = measure_one_search(retriever, gallery, folder, flags.rounds)
            keep(**{name: {"stages": stages, "indexed_per_second": rates, "one_search_ms": search}})


def measure_stages(retriever: Retriever, folder: Path, batch: int, rounds: int) -> dict:
    """Milliseconds of a whole batch, and the share of its pictures that come out just as they do alone."""
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


def measure_one_search(retriever: Retriever, gallery: Gallery, folder: Path, rounds: int) -> float:
    """Median milliseconds, over pictures that are all of one size."""
    pictures = iter([load_picture(path) for path in islice(cycle(sorted(folder.iterdir())), 4 * rounds + 1)])
    return median_ms(lambda: retriever.search(next(pictures), "make it red", gallery), 4 * rounds)


def mps_runs() -> bool:
    """Whether NVIDIA's service that lets processes share a GPU was started."""
    return (Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps")) / "control").exists()


def measure_side_by_side(count: int, folder: Path, out: Path, options: dict) -> float:
    """Pictures a second of `count` processes together, from their common start until the last one is done."""
    out.mkdir()
    words = [sys.executable, "-c", _SHARD, str(folder), str(out), json.dumps(options), str(count)]
    shards = [
        subprocess.Popen([*words, str(n)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(count)
    ]
    if [shard.stdout.readline() for shard in shards] != ["ready\n"] * count:
        for shard in shards:
            shard.kill()
        raise RuntimeError("a process did not get ready; see its message above")
    started = time.perf_counter()
    for shard in shards:
        shard.stdin.write("start\n")
        shard.stdin.flush()
    for shard in shards:
        shard.communicate()
    seconds = time.perf_counter() - started
    if any(shard.returncode for shard in shards):
        raise RuntimeError("a process failed; see its message above")
    return round(len(list_folder(folder).entries) / seconds, 2)


def measure_search(count: int, device: str, rounds: int) -> dict[str, float]:
    """Milliseconds to find the ten nearest of `count` random vectors, by the number of queries in a batch."""
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
