"""Copies have nearly one hash, other pictures another."""

import io

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.vision.perceptual_hash import perceptual_hash


def scene(seed: int = 0, size: tuple[int, int] = (300, 400)) -> Image.Image:
    """Soft colored blobs: (width, height) RGB."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def decoded(picture: Image.Image) -> np.ndarray:
    return perceptual_hash(picture).astype(int)


def saved(picture: Image.Image, **settings) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, **settings)
    with Image.open(file) as again:
        return again.convert("RGB")


def test_layout_of_a_flat_picture_is_its_shape_brightness_and_color():
    values = decoded(Image.new("RGB", (400, 100), (200, 40, 90)))
    # By hand (BT.601): Y = 0.299 * 200 + 0.587 * 40 + 0.114 * 90, Cb = 128 + (90 - Y) / 1.772, Cr = 128 + (200 - Y) / 1.402
    assert perceptual_hash(scene()).dtype == np.uint8 and len(values) == 1 + 256 + 128 == HASH_BYTES
    assert values[0] == 128 + 2 * 22, "four times as wide as high is two doublings"
    assert set(values[1:257]) == {94}
    assert set(values[257::2]) == {126} and set(values[258::2]) == {204}


def test_cells_stand_row_by_row():
    picture = Image.new("RGB", (160, 160), "white")
    picture.paste((0, 0, 255), (80, 0, 160, 80))  # top right
    values = decoded(picture)
    gray, colors = values[1:257].reshape(16, 16), values[257:].reshape(8, 8, 2)
    assert gray[2, 13] == 29 and gray[13, 2] == gray[2, 2] == gray[13, 13] == 255
    assert colors[1, 6].tolist() == [255, 107] and colors[6, 1].tolist() == [128, 128]


def test_the_same_pixels_give_the_same_hash_and_are_not_touched():
    picture = scene()
    before = picture.tobytes()
    assert np.array_equal(perceptual_hash(picture), perceptual_hash(saved(picture, format="PNG")))
    assert picture.tobytes() == before


@pytest.mark.parametrize(
    "settings",
    [{"format": "JPEG", "quality": 50}, {"format": "JPEG", "quality": 92, "subsampling": 0}, {"format": "WEBP"}],
    ids=str,
)
def test_lossy_copies_move_no_byte_by_much(settings):
    assert np.abs(decoded(scene()) - decoded(saved(scene(), **settings))).max() <= 4


@pytest.mark.parametrize("factor", [0.3, 0.5, 1.5, 8])
def test_size_hardly_matters_even_with_stripes_and_letters(factor):
    """Fine stripes are what a thumbnail of averaged boxes, or a large picture shrunk in two steps, lets alias."""
    picture = scene(size=(480, 640))
    pixels = np.array(picture) // 2 + 64  # room for the overshoot of LANCZOS, which would be cut off otherwise
    pixels[::3] = 64
    pixels[200:400, ::5] = 191
    picture = Image.fromarray(pixels)
    size = [round(side * factor) for side in picture.size]
    assert np.abs(decoded(picture) - decoded(picture.resize(size, Image.Resampling.LANCZOS))).max() <= 3


def test_color_alone_is_seen():
    gray, pink = (Image.new("RGB", (64, 64), rgb) for rgb in ((140, 140, 140), (194, 117, 117)))
    one, other = decoded(gray), decoded(pink)
    assert np.abs(one - other)[1:257].max() <= 1, "equally bright"
    assert np.abs(one - other)[257:].max() > 30


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (2048, 41), (2048, 2048), (17, 15)])
def test_every_size_that_is_read_has_a_hash(size):
    assert 0 < decoded(Image.new("RGB", size, "white"))[0] < 255
