"""Promise: a gallery with any altered byte is refused, and the message names the file."""

import shutil
from pathlib import Path

import numpy as np

from benchmarks import ROOT
from benchmarks.campaign.mutations import Tally, change_one_byte, mutate, tries
from lbf_model.gallery.items import GalleryError
from lbf_model.gallery.store import load_gallery, read_facts

_FULL = 500
_SHIPPED = ROOT / "assets" / "galleries" / "css"


def run(scale: float, seed: int, folder: Path) -> dict:
    """Change one byte or more in one file of a copy of a shipped gallery."""
    rng, tally = np.random.default_rng([seed, 4]), Tally()
    copy = folder / "gallery"
    shutil.copytree(_SHIPPED, copy, ignore=shutil.ignore_patterns("pictures"))
    facts = read_facts(copy)
    load_gallery(copy, facts.compositor, facts.detector)
    files = sorted(path for path in copy.iterdir() if path.is_file() and path.name != ".lock")
    for number in range(tries(_FULL, scale)):
        file = files[number % len(files)]
        change = change_one_byte if number % 2 else mutate
        try_altered(file, change, rng, tally, lambda: load_gallery(copy, facts.compositor, facts.detector), GalleryError)
    return {**tally.figures(), "files": [file.name for file in files]}


def try_altered(file: Path, change, rng: np.random.Generator, tally: Tally, load, refusal: type[Exception]) -> None:
    """Alter a file, load what it belongs to, and put the file back as it was."""
    whole = file.read_bytes()
    altered = change(whole, rng)
    if altered == whole:
        tally.add("nothing changed")
        return
    file.write_bytes(altered)
    try:
        load()
    except refusal as error:
        if file.name in str(error):
            tally.add("refused by name")
        else:
            tally.fail(f"{file.name}: refused without its name: {error}")
    except Exception as error:  # any such error is what the campaign looks for
        tally.fail(f"{file.name}: {type(error).__name__}: {error}")
    else:
        tally.fail(f"{file.name}: loaded although it was altered")
    finally:
        file.write_bytes(whole)
