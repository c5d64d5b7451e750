"""The GIF of the page, made of pictures that are there already; `scripts.record_page` takes them in a browser."""

import io

import numpy as np
import pytest
from PIL import Image

from scripts import record_page
from scripts.record_page import WIDTHS, Frame, write_gif


def frames(*shown):
    colors = [(220, 30, 30), (30, 30, 220), (30, 160, 30)]
    return [Frame(Image.new("RGB", (1280, 860), color), time) for color, time in zip(colors, shown, strict=False)]


def test_every_picture_is_shown_as_long_as_it_should_be():
    with Image.open(io.BytesIO(write_gif(frames(1500, 200, 3000)))) as gif:
        assert gif.size == (960, 645) and gif.n_frames == 3 and gif.info["loop"] == 0
        shown = []
        for index in range(3):
            gif.seek(index)
            shown.append(gif.info["duration"])
    assert shown == [1500, 200, 3000]


def test_the_widest_that_fits_is_taken_and_what_never_fits_is_refused(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 255, (430, 640, 3), np.uint8)
    taken = [Frame(Image.fromarray(noise), 100)]
    monkeypatch.setattr(record_page, "_ROUNDS", 0)  # noise has no few colours to find, and looking for them takes minutes
    monkeypatch.setattr(record_page, "MAX_BYTES", len(write_gif(taken)) - 1)
    with Image.open(io.BytesIO(write_gif(taken))) as gif:
        assert gif.width == WIDTHS[1]
    monkeypatch.setattr(record_page, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="at 600 pixels, more than"):
        write_gif(taken)
