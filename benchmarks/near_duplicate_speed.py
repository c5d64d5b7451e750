"""How long it takes to find a gallery's near-duplicates, by its size, against asking for the copies of each picture in turn.

    OMP_NUM_THREADS=1 python -m benchmarks.near_duplicate_speed --json benchmarks/near_duplicate_speed.json

The perceptual hashes are mixtures of two of the shipped garments', so they are more alike than those of a real gallery. Times
are processor time of one thread. "asking for each" is the time of `find_same` per picture, measured on some, times pictures.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import ROOT
from lbf_model.checkpoint import provenance
from lbf_model.gallery.near_duplicates import PerceptualHashes
from lbf_model.gallery.places import browse_gallery

_ASKED = 20
_MIXED = 10_000  # mixtures that are made at once


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)

    hashes = browse_gallery(ROOT / "assets" / "galleries" / "fashion").hashes.values
    rng = np.random.default_rng(flags.seed)
    figures = {"seed": flags.seed, "sizes": {str(n): measure(mixtures(hashes, n, rng)) for n in flags.sizes}, **provenance()}
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def mixtures(hashes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 385) uint8: each a mixture of two of the hashes."""
    mixed = np.empty((count, hashes.shape[1]), np.uint8)
    for start in range(0, count, _MIXED):
        rows = mixed[start : start + _MIXED]
        one, other = hashes[rng.integers(len(hashes), size=(2, len(rows)))].astype(np.float32)
        share = rng.uniform(0.2, 0.8, (len(rows), 1)).astype(np.float32)
        rows[:] = np.round(share * one + (1 - share) * other)
    return mixed


def measure(values: np.ndarray) -> dict[str, float]:
    """Seconds to group hashes, and how that compares with asking for the copies of each."""
    hashes = PerceptualHashes(values)
    hashes.find_same(values[0])  # fills what is cached for later searches
    asked = [_seconds(lambda value=value: hashes.find_same(value)) for value in values[:: len(values) // _ASKED]]
    seconds = _seconds(hashes.groups)
    return {
        "seconds": round(seconds, 2),
        "microseconds a picture": round(1e6 * seconds / len(values), 1),
        "of asking for each": round(seconds / (statistics.median(asked) * len(values)), 4),
    }


def _seconds(work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
