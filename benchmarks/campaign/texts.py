"""Promise: any text is read or refused with a TextError, by the readers of both shipped kinds of models."""

from pathlib import Path

import numpy as np

from benchmarks import ROOT
from benchmarks.campaign.mutations import Tally, tries
from lbf_model.checkpoint import read_config
from lbf_model.retrieval.catalog import shipped_checkpoints
from lbf_model.retrieval.encoder import load_encoder
from lbf_model.text.vocabulary import TextError

_FULL = 3_000
_CHECKPOINTS = ROOT / "checkpoints"
_SAID = "make the red shirt blue, not a dress! without long sleeves and COLLAR left-hand 2nd colour grau 赤い"
_RANGES = ((0x20, 0x7F), (0, 0x20), (0x80, 0x250), (0x300, 0x370), (0x600, 0x700), (0x2000, 0x2070), (0x4E00, 0x4F00),
           (0xD800, 0xE000), (0xFE00, 0xFE10), (0x1F300, 0x1F700))  # fmt: skip


def run(scale: float, seed: int, folder: Path) -> dict:
    """Words, signs of many scripts, control characters and lone surrogates, mixed and in any length up to 700."""
    rng, tally = np.random.default_rng([seed, 3]), Tally()
    readers = {}
    for checkpoint in shipped_checkpoints(_CHECKPOINTS):
        header = _header(checkpoint)
        if header and header["model"].get("words", "vocabulary") not in readers:
            readers[header["model"].get("words", "vocabulary")] = load_encoder(checkpoint).reader
    for number in range(tries(_FULL, scale)):
        name = list(readers)[number % len(readers)]
        text = _text(rng)
        tally.try_once(f"{name} {text[:40]!r}", lambda name=name, text=text: _read(readers[name], text), (TextError,))
    return {**tally.figures(), "readers": list(readers)}


def _header(checkpoint: Path) -> dict | None:
    try:
        header = read_config(checkpoint, "compositor")
    except ValueError:
        return None
    return header if header["compositor"] == "lbf" else None


def _read(reader, text: str) -> str:
    reader.check_text(text)
    tokens = reader.tokenize_text(text)
    if not len(tokens.words) or not np.isfinite(tokens.values).all():
        raise AssertionError(f"read as {tokens.words}")
    return "read"


def _text(rng: np.random.Generator) -> str:
    parts = []
    for _ in range(int(rng.integers(0, 12))):
        if rng.random() < 0.6:
            parts.append(str(rng.choice(_SAID.split())))
        else:
            low, high = _RANGES[rng.integers(len(_RANGES))]
            parts.append("".join(map(chr, rng.integers(low, high, size=int(rng.integers(1, 60))))))
    return str(rng.choice((" ", "", "\n"), p=(0.8, 0.1, 0.1))).join(parts)
