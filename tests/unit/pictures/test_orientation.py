"""A picture is turned upright as its EXIF orientation says, and only once."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.vision.pictures import load_picture
from tests.unit.pictures.picture_files import ORIENTATION, encoded, encoded_heic, exif, noise


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(form, orientation):
    stored = noise("L", (24, 16)).resize((240, 160), Image.Resampling.NEAREST).convert("RGB")
    turns = {2: [0], 3: [3], 4: [1], 5: [5], 6: [4], 7: [6], 8: [2]}  # values of Image.Transpose, as the EXIF standard has them
    upright = stored
    for turn in turns.get(orientation, []):
        upright = upright.transpose(turn)
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(form, {})
    picture = load_picture(encoded(stored, form, exif=exif(orientation), **options))
    assert picture.size == upright.size
    assert np.abs(np.asarray(picture, int) - np.asarray(upright, int)).mean() < 3
    assert ORIENTATION not in picture.getexif() and load_picture(picture).tobytes() == picture.tobytes()


def test_a_heic_photograph_keeps_its_colours_and_stands_upright():
    """Its decoder turns it; the EXIF orientation, which says so once more, must not turn it again."""
    source = Image.new("RGB", (64, 32), (200, 40, 30))
    source.paste((20, 60, 210), (0, 0, 32, 32))
    lying = encoded_heic(source, exif=exif(6).tobytes())
    picture = load_picture(lying)
    assert picture.size == (32, 64)
    upper, lower = np.asarray(picture)[8, 16], np.asarray(picture)[56, 16]
    assert np.abs(upper.astype(int) - (20, 60, 210)).max() < 12 and np.abs(lower.astype(int) - (200, 40, 30)).max() < 12
