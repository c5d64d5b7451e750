"""A picture of any format and mode becomes plain RGB, with the colours that it means."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.vision.pictures import load_picture
from tests.unit.pictures.picture_files import FILES, encoded, noise


@pytest.mark.parametrize("name", FILES)
def test_every_format_becomes_rgb(name):
    picture = load_picture(FILES[name])
    assert (type(picture), picture.mode, picture.size) == (Image.Image, "RGB", (40, 30))


def test_path_string_bytes_and_open_picture_agree(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(FILES["png"])
    expected = noise().tobytes()
    with Image.open(path) as lazy:
        for source in (path, str(path), FILES["png"], noise(), lazy):
            assert load_picture(source).tobytes() == expected


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"]
)
def test_every_mode_becomes_rgb(mode):
    source = Image.new(mode, (3, 2))
    picture = load_picture(source)
    assert (picture.mode, picture.size, source.mode) == ("RGB", (3, 2), mode)


def test_one_pixel_is_a_picture():
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        assert load_picture(encoded(Image.new("RGB", (1, 1), "white"), form)).getpixel((0, 0)) == (255, 255, 255)


def test_one_bit_is_black_and_white():
    picture = load_picture(encoded(Image.fromarray(np.array([[True, False]])), "PNG"))
    assert np.asarray(picture)[0].tolist() == [[255, 255, 255], [0, 0, 0]]


def test_cmyk_keeps_its_colours():
    red, green, blue = load_picture(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF")).getpixel((0, 0))
    assert red > 250 and green < 5 and blue < 5


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bit_gray_is_scaled_not_clipped(form):
    values = np.array([[0, 257, 32768, 65535]], np.uint16)
    picture = load_picture(encoded(Image.fromarray(values), form))
    assert np.asarray(picture)[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("mode", ["I", "I;16", "I;16L", "I;16B"])
def test_every_kind_of_wide_gray_is_scaled(mode):
    assert load_picture(Image.new(mode, (1, 1), 65535)).getpixel((0, 0)) == (255, 255, 255)
    assert load_picture(Image.new(mode, (1, 1), 25700)).getpixel((0, 0)) == (100, 100, 100)


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
@pytest.mark.parametrize("white", [255, 1023, 4095, 16383, 65535])
def test_gray_that_uses_some_bits_of_its_pixels_is_neither_black_nor_flat(kind, white):
    ramp = np.linspace(0, white, 256).astype(kind).reshape(16, 16)
    found = np.asarray(load_picture(encoded(Image.fromarray(ramp), "TIFF")))[..., 0].flatten()
    assert np.abs(found.astype(int) - np.arange(256)).max() <= 1


def test_gray_of_32_bits_uses_all_of_them():
    ramp = np.array([[-5, 0, 2**30, 2**31 - 1]], np.int32)
    assert np.asarray(load_picture(Image.fromarray(ramp)))[0, :, 0].tolist() == [0, 0, 64, 127]


@pytest.mark.parametrize(
    "values, expected",
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 300.0], [0, 100, 255]),
        ([np.inf, 0.5, np.nan], [255, 128, 0]),
        ([-np.inf, 100.0, np.inf], [0, 100, 255]),
        ([np.nan, np.inf, np.nan], [0, 255, 0]),
    ],
)
def test_float_pixels_are_read_by_their_range(values, expected):
    picture = load_picture(Image.fromarray(np.array([values], np.float32)))
    assert np.asarray(picture)[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGBa", "La", "PA"])
def test_transparent_pixels_are_white(mode):
    assert load_picture(Image.new(mode, (2, 2))).getpixel((1, 1)) == (255, 255, 255)


def test_half_transparent_pixels_are_mixed_with_white():
    picture = load_picture(encoded(Image.new("RGBA", (2, 2), (255, 0, 0, 128)), "PNG"))
    assert picture.getpixel((0, 0)) == (255, 127, 127)


def test_palette_transparency_is_white():
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.putpixel((1, 0), 1)
    for form in ("PNG", "GIF"):
        found = load_picture(encoded(picture, form, transparency=0))
        assert np.asarray(found)[0].tolist() == [[255, 255, 255], [0, 255, 0]]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_an_animation_gives_its_first_frame(form):
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    red, _, blue = load_picture(encoded(first, form, save_all=True, append_images=[second])).getpixel((4, 4))
    assert red > 200 and blue < 50
