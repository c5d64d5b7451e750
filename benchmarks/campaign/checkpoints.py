"""Promise: a checkpoint with any altered byte is refused, and the message names the file."""

import shutil
from pathlib import Path

import numpy as np

from benchmarks import ROOT
from benchmarks.campaign.galleries import try_altered
from benchmarks.campaign.mutations import Tally, change_one_byte, mutate, tries
from lbf_model.checkpoint import CheckpointError
from lbf_model.retrieval.encoder import load_encoder

_FULL = 400
_SHIPPED = ROOT / "checkpoints" / "css-big"
_FOR_PEOPLE = ("README.md", "curve.json")  # no answer depends on them, and nothing loads them


def run(scale: float, seed: int, folder: Path) -> dict:
    """Change one byte or more in one file of a copy of a shipped checkpoint, of those that answers depend on."""
    rng, tally = np.random.default_rng([seed, 5]), Tally()
    copy = folder / "css-big"
    shutil.copytree(_SHIPPED, copy, ignore=shutil.ignore_patterns(*_FOR_PEOPLE))
    load_encoder(copy)
    files = sorted(copy.iterdir())
    for number in range(tries(_FULL, scale)):
        change = change_one_byte if number % 2 else mutate
        try_altered(files[number % len(files)], change, rng, tally, lambda: load_encoder(copy), CheckpointError)
    return {**tally.figures(), "files": [file.name for file in files]}
