"""Memory of `index` by the number of pictures done: of everything but the networks, which see one batch at a time.

    python -m benchmarks.index_memory --pictures 100000 --json benchmarks/index_memory.json

The script makes small pictures. Their regions are those of one shipped garment, so that minutes are enough; reading, encoding
and writing are as in `python -m lbf_model index`. "finished_mib" is the peak of the process until the gallery is written.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from benchmarks import ROOT
from benchmarks.resident import resident_mib
from lbf_model.checkpoint import provenance
from lbf_model.indexing.build import build_steps
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.catalog import default_checkpoint
from lbf_model.retrieval.retriever import Retriever, load_retriever
from lbf_model.types import Regions
from lbf_model.vision.pictures import load_picture


class OneAnswer:
    """A detector that ran once, and returns the same for every picture."""

    def __init__(self, detector, picture: Image.Image):
        (self._regions,) = detector.detect_regions([picture])
        self.fingerprint, self.feature_width = detector.fingerprint, detector.feature_width

    def detect_regions(self, pictures: Sequence[Image.Image]) -> list[Regions]:
        return [self._regions] * len(pictures)


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args()
    torch.set_num_threads(1)
    retriever = load_retriever(default_checkpoint(ROOT / "checkpoints"))
    shown = next((ROOT / "assets" / "galleries" / "fashion" / "pictures").glob("*.webp"))
    retriever = Retriever(OneAnswer(retriever.detector, load_picture(shown)), retriever.encoder)
    with tempfile.TemporaryDirectory() as home:
        write_pictures(Path(home) / "pictures", flags.pictures)
        figures = measure(retriever, Path(home), flags.pictures)
    figures |= {"pictures": flags.pictures, **provenance()}
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def write_pictures(folder: Path, count: int) -> None:
    """PNGs of 24x24 pixels, no two alike, a thousand per folder."""
    for number in tqdm(range(count), desc="pictures"):
        if number % 1000 == 0:
            (parent := folder / f"{number // 1000:04d}").mkdir(parents=True)
        pixels = np.random.default_rng([0, number]).integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(pixels).save(parent / f"{number:07d}.png", compress_level=1)


def measure(retriever: Retriever, home: Path, count: int) -> dict:
    """Resident memory in MiB at each tenth of the pictures, its peak, and pictures per second."""
    entries = list_folder(home / "pictures").entries
    resident, every, started = {"0": resident_mib()}, max(1, count // 10), time.perf_counter()
    steps = build_steps(retriever, home / "pictures", entries, home / "gallery", workers=1)
    for done in tqdm(steps, total=-(-count // 8), desc="batches"):
        if done // every >= len(resident):
            resident[str(done)] = resident_mib()
    seconds = time.perf_counter() - started
    finished = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    first, last = list(resident)[min(1, len(resident) - 1)], list(resident)[-1]  # one-time setup is not growth
    growth = round(1024 * (resident[last] - resident[first]) / max(1, int(last) - int(first)), 2)
    return {
        "resident_mib": resident,
        "finished_mib": finished,
        "growth_kib_a_picture": growth,
        "rate": round(count / seconds, 1),
    }


if __name__ == "__main__":
    main()
