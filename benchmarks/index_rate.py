"""Pictures indexed a second, and memory, by this code and by another checkout of it, in turns.

    git worktree add ../before COMMIT
    python -m benchmarks.index_rate --against ../before --json benchmarks/index_rate.json

Two folders are indexed: photographs of 256 pixels, and JPEGs of 12 megapixels, both made here from the shipped garments. Each
figure is the median of some rounds; every round runs each code once, in its own process, as `python -m lbf_model index` runs
it, without the time to load models. "cpu_ms" is what all threads of a process used for one picture. It says more than the rate
if other programs use the machine at the same time; OMP_WAIT_POLICY=passive keeps waiting threads from counting.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import ROOT

SIZES = {"256 pixels": (256, 256), "12 megapixels": (4032, 3024)}
# Runs in a checkout of any version.
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.catalog import default_checkpoint
from lbf_model.retrieval.retriever import load_retriever

folder, out, options = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
retriever = load_retriever(default_checkpoint(Path("checkpoints")), options.pop("device"))
entries = list_folder(folder).entries
started, used = time.perf_counter(), time.process_time()
build_gallery(retriever, folder, entries, out, **options)
seconds, cpu = time.perf_counter() - started, time.process_time() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rate": len(entries) / seconds, "cpu_ms": 1000 * cpu / len(entries), "peak_mib": peak}))
"""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    from lbf_model.checkpoint import provenance

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="another checkout, which is the baseline")
    parser.add_argument("--pictures", type=int, default=64, help="of 256 pixels; a quarter as many of 12 MP (default: 64)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--workers", type=int, help="of this code (default: one for each processor)")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)

    options = {"batch": flags.batch, "device": flags.device}
    codes = {"this": (ROOT, options | ({"workers": flags.workers} if flags.workers else {}))}
    if flags.against:
        codes = {"before": (flags.against.resolve(), options)} | codes
    figures: dict = {}
    with tempfile.TemporaryDirectory() as home:
        for name, size in SIZES.items():
            folder = Path(home) / name
            write_photographs(folder, size, flags.pictures if size[0] < 1000 else max(2, flags.pictures // 4))
            figures[name] = compare(codes, folder, flags.rounds)
    figures |= {"rounds": flags.rounds, "pictures": flags.pictures, "batch": flags.batch, "device": flags.device}
    figures |= {"processors": os.cpu_count(), "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "default")}
    figures |= {"load_average": [round(load, 1) for load in os.getloadavg()], **provenance()}
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def write_photographs(folder: Path, size: tuple[int, int] | None, count: int) -> None:
    """JPEGs of shipped garments, scaled, with some noise like a camera's: a smooth picture is too easy to decode.

    Args:
        folder: a new one.
        size: width and height in pixels; None draws both at random for each picture, from 192 to 448.
        count: of pictures. Picture i depends on i and the size alone.
    """
    folder.mkdir()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_write_photograph, folder, size), range(count)))


@cache
def _sources() -> list[Path]:
    return sorted((ROOT / "assets" / "galleries" / "fashion" / "pictures").glob("*.webp"))


def _write_photograph(folder: Path, size: tuple[int, int] | None, number: int) -> None:
    rng = np.random.default_rng([0, number])
    sources = _sources()
    with Image.open(sources[number % len(sources)]) as source:
        shown = source.convert("RGB").resize(size or tuple(rng.integers(192, 449, 2).tolist()), Image.Resampling.BICUBIC)
    pixels = np.asarray(shown, np.int16)
    noise = rng.integers(-4, 5, (*pixels.shape[:2], 1), np.int16)
    Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(folder / f"{number:05d}.jpg", quality=90)


def compare(codes: dict[str, tuple[Path, dict]], folder: Path, rounds: int) -> dict:
    """Medians of each code, and ratios to the first if there are two."""
    runs: dict[str, list[dict]] = {name: [] for name in codes}
    for number in range(rounds):
        for name, (checkout, options) in codes.items():
            runs[name].append(_run(checkout, folder, folder.parent / f"{folder.name} {name} {number}", options))
    return with_ratios(
        {name: {what: statistics.median(one[what] for one in made) for what in made[0]} for name, made in runs.items()}
    )


def with_ratios(medians: dict[str, dict[str, float]]) -> dict:
    """Rounded figures; the ratios are of this code to the one before."""
    found: dict = {name: {what: round(value, 2) for what, value in figures.items()} for name, figures in medians.items()}
    if "before" in medians:
        before, this = medians["before"], medians["this"]
        found["rate_over_before"] = round(this["rate"] / before["rate"], 2)
        found["cpu_ms_over_before"] = round(this["cpu_ms"] / before["cpu_ms"], 2)
    return found


def _run(checkout: Path, folder: Path, out: Path, options: dict) -> dict:
    command = [sys.executable, "-c", _CHILD, str(folder), str(out), json.dumps(options)]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"indexing failed: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
