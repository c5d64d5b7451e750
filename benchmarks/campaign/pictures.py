"""Promise: any bytes are decoded as a picture or refused with a PictureError; nothing else is raised, and nothing hangs."""

import io
import time
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from benchmarks.campaign.mutations import Tally, mutate, tries
from lbf_model.vision.pictures import FORMATS, PictureError, load_picture

_FULL = 15_000
_LONGEST = 10.0  # seconds of processor time for one small picture


def run(scale: float, seed: int, folder: Path) -> dict:
    """Mutate one small picture of every format that is read."""
    rng, tally, slowest = np.random.default_rng([seed, 1]), Tally(), 0.0
    wholes = {form: encoded(form, rng) for form in FORMATS}
    for number in range(tries(_FULL, scale)):
        form = FORMATS[number % len(FORMATS)]
        data = mutate(wholes[form], rng)
        started = time.thread_time()
        tally.try_once(f"{form} {number}", lambda data=data: f"decoded as {load_picture(data).mode}", (PictureError,))
        seconds = time.thread_time() - started
        slowest = max(slowest, seconds)
        if seconds > _LONGEST:
            tally.fail(f"{form} {number}: {seconds:.0f} s")
    return {**tally.figures(), "slowest_s": round(slowest, 3)}


def encoded(form: str, rng: np.random.Generator) -> bytes:
    """A picture of 64x48 as a file."""
    buffer = io.BytesIO()
    picture = Image.fromarray(rng.integers(0, 256, (48, 64, 3), np.uint8))
    pillow_heif.from_pillow(picture).save(buffer) if form == "HEIC" else picture.save(buffer, form)
    return buffer.getvalue()
