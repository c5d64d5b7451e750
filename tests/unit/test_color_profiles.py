"""Colours become those that the embedded profile means, worked out here from the profile's own numbers."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from lbf_model.vision.pictures import load_picture, picture_note
from tests.profiles import ADOBE_RGB, SRGB, cmyk_profile, gray_profile, rgb_profile

COLORS = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
SWAPPED = SRGB[:, [2, 1, 0]]  # what calls itself red is blue


def stored(picture: Image.Image, form: str, **options) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    found = load_picture(buffer.getvalue())
    assert found.mode == "RGB" and picture_note(found) == ""
    return found


def meant(colors: np.ndarray, primaries: np.ndarray, gamma: float) -> np.ndarray:
    """(..., 3) sRGB of 0 to 255 that colours of a `rgb_profile` stand for; what sRGB cannot show is cut off."""
    linear = (colors / 255) ** gamma @ (np.linalg.inv(SRGB) @ primaries).T
    linear = linear.clip(0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("primaries, gamma", [(ADOBE_RGB, 2.2), (SWAPPED, 2.2), (SRGB, 1.8)], ids=["Adobe", "swapped", "1.8"])
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_rgb_is_converted_by_its_profile(primaries, gamma, form):
    options = {"lossless": True} if form == "WEBP" else {}
    found = stored(Image.fromarray(COLORS), form, icc_profile=rgb_profile(primaries, gamma), **options)
    assert np.abs(np.asarray(found) - meant(COLORS, primaries, gamma)).max() <= 3
    assert np.abs(np.asarray(found).astype(int) - COLORS).max() > 15


def test_white_stays_white_and_transparency_transparent():
    profile = rgb_profile(SWAPPED, 2.2)
    pixels = np.array([[[255, 255, 255, 255], [255, 0, 0, 255], [255, 0, 0, 0]]], np.uint8)
    found = np.asarray(stored(Image.fromarray(pixels), "PNG", icc_profile=profile))
    assert found[0, 0].tolist() == found[0, 2].tolist() == [255, 255, 255]
    assert found[0, 1] == pytest.approx([0, 0, 255], abs=2)


def test_what_is_srgb_already_stays_to_the_last_bit():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(stored(Image.fromarray(COLORS), "PNG", icc_profile=profile), COLORS)


def test_gray_is_converted_by_its_profile():
    gray = Image.fromarray(np.array([[0, 128, 255]], np.uint8))
    found = stored(gray, "PNG", icc_profile=gray_profile(1.0))
    assert np.asarray(found)[0, :, 0] == pytest.approx([0, 188, 255], abs=1), "half of the light is 188 in sRGB"
    assert np.asarray(found).std(-1).max() <= 1
    tagged = stored(gray, "PNG", icc_profile=rgb_profile(SRGB, 1.0))
    assert np.asarray(tagged)[0, :, 0] == pytest.approx([0, 188, 255], abs=1), "gray with a profile for colours"


@pytest.mark.parametrize("form", ["TIFF", "JPEG"])
def test_cmyk_is_converted_by_its_profile(form):
    printed = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    found = stored(printed, form, icc_profile=cmyk_profile(46, 56, 38)).getpixel((8, 8))
    assert found == pytest.approx((197, 52, 50), abs=4), "what CIE Lab 46, 56, 38 is in sRGB"
    assert stored(printed, form).getpixel((8, 8)) == pytest.approx((254, 0, 0), abs=4)
