"""Promise: an index or an update that is killed at any moment resumes where it was, and ends with exactly the same bytes."""

import multiprocessing
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks import ROOT
from benchmarks.campaign.mutations import Tally, tries
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.retriever import Retriever, load_retriever

_FULL = 36
_PICTURES = 24
_CHECKPOINT = ROOT / "checkpoints" / "css-big"


def run(scale: float, seed: int, folder: Path) -> dict:
    """Kill -9 a child that indexes, at random moments; index again until it ends; compare with a run that was never killed."""
    rng, tally = np.random.default_rng([seed, 6]), Tally()
    torch.set_num_threads(1)  # a forked child has none of its parent's threads
    retriever = load_retriever(_CHECKPOINT)
    pictures = folder / "pictures"
    pictures.mkdir()
    for number in range(_PICTURES):
        Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8)).resize((160, 120)).save(pictures / f"{number:02d}.png")
    half = folder / "half"
    _index(retriever, pictures, half, _PICTURES // 2)
    kills, kinds = 0, ("index", "update")
    wanted, seconds = {}, {}
    for kind in kinds:
        started = time.perf_counter()
        wanted[kind] = _finished(retriever, pictures, half, folder / f"whole-{kind}", kind)
        seconds[kind] = time.perf_counter() - started
    for number in range(max(2, tries(_FULL, scale))):
        kind, out = kinds[number % 2], folder / f"out-{number}"
        if kind == "update":
            shutil.copytree(half, out)
        ended = False
        while not ended and (rng.random() < 0.7 or kills <= number):
            child = multiprocessing.get_context("fork").Process(target=_index, args=(retriever, pictures, out))
            child.start()
            child.join(float(rng.uniform(0, seconds[kind])))
            if child.is_alive():
                child.kill()
                kills += 1
            child.join()
            if child.exitcode > 0:
                raise RuntimeError(f"{kind} {number}: an index run that was not killed ended with {child.exitcode}")
            ended = child.exitcode == 0 or _is_finished(out, half, kind)
        if not ended:
            _index(retriever, pictures, out)
        differing = _differing(out, wanted[kind])
        tally.fail(f"{kind} {number}: {differing} differ") if differing else tally.add(f"{kind}: the same bytes")
    return {**tally.figures(), "kills": kills, "pictures": _PICTURES}


def _index(retriever: Retriever, pictures: Path, out: Path, count: int | None = None) -> None:
    entries = list_folder(pictures).entries[:count]
    build_gallery(retriever, pictures, entries, out, update=(out / "gallery.json").exists(), batch=2)


def _is_finished(out: Path, half: Path, kind: str) -> bool:
    """Whether a killed child had already finished the gallery; a further run would be an update of it."""
    about = out / "gallery.json"
    return about.exists() and (kind == "index" or about.read_bytes() != (half / "gallery.json").read_bytes())


def _finished(retriever: Retriever, pictures: Path, half: Path, out: Path, kind: str) -> dict[str, bytes]:
    """The files of a run that was never killed."""
    if kind == "update":
        shutil.copytree(half, out)
    _index(retriever, pictures, out)
    return _bytes(out)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def _differing(out: Path, wanted: dict[str, bytes]) -> list[str]:
    """Which files are not as they should be; other files that a killed child had no time to delete do no harm."""
    found = _bytes(out)
    return sorted(name for name in wanted if found.get(name) != wanted[name])
