"""Files that are missing, broken or of a kind that is not read are refused with a PictureError."""

import contextlib
import random
import struct

import pytest
from PIL import Image

from lbf_model.vision.pictures import PictureError, load_picture
from tests.unit.pictures.picture_files import FILES, encoded, noise


def test_no_file_no_picture(tmp_path):
    with pytest.raises(PictureError, match=r"nothing.png: no such file"):
        load_picture(tmp_path / "nothing.png")
    with pytest.raises(PictureError, match=r"a folder"):
        load_picture(tmp_path)
    with pytest.raises(PictureError):
        load_picture("a\0b")
    with pytest.raises(PictureError, match=r"can't be read"):
        load_picture("a" * 5000)
    with pytest.raises(PictureError, match=r"got NoneType"):
        load_picture(None)


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff\xe0"])
def test_other_files_are_refused_by_name(data, tmp_path):
    path = tmp_path / "odd.jpg"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=r"odd.jpg: not a picture.*JPEG, PNG"):
        load_picture(path)


def test_a_format_off_the_list_is_refused():
    with pytest.raises(PictureError, match=r"JPEG, PNG, WEBP, GIF, BMP, TIFF"):
        load_picture(encoded(noise(), "PPM"))


@pytest.mark.parametrize(
    "data, told",
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC picture.*JPEG"),
        (b"\xff\x0a" + bytes(50), "JPEG XL picture.*JPEG or PNG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL picture.*JPEG or PNG"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000 picture.*JPEG or PNG"),
        (b"%PDF-1.7", "PDF document.*PNG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn --><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing.*PNG"),
        (b"8BPS\0\1", "Photoshop document.*JPEG or PNG"),
    ],
)
def test_kinds_that_are_not_read_are_named_with_a_way_out(data, told, tmp_path):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(PictureError, match=f"a.jpg: an? {told}"):
        load_picture(tmp_path / "a.jpg")


@pytest.mark.parametrize("name", [n for n in FILES if n != "mpo"])
def test_truncated_files_are_refused(name):
    with pytest.raises(PictureError, match=r"the picture: .*; "):
        load_picture(FILES[name][: len(FILES[name]) // 2])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 20}], ids=str)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_jpeg_that_lacks_pixels_is_refused(options, share):
    whole = encoded(noise(size=(200, 150)), "JPEG", **options)
    with pytest.raises(PictureError, match="broken or truncated"):
        load_picture(whole[: int(share * len(whole))])


def test_an_avif_whose_pixels_are_damaged_is_refused():
    """Pillow raises a RuntimeError."""
    whole = FILES["avif"]
    pixels = whole.index(b"mdat") + 4
    with pytest.raises(PictureError, match="broken or truncated"):
        load_picture(whole[:pixels] + bytes(len(whole) - pixels))


@pytest.mark.filterwarnings("ignore")  # of Pillow, about metadata
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_raise_nothing_else(name):
    rng = random.Random(name)
    for _ in range(60):
        data = bytearray(FILES[name])
        for _ in range(rng.choice((1, 4, 16))):
            data[rng.randrange(rng.choice((60, len(data))))] = rng.randrange(256)
        data = bytes(data[: rng.randrange(len(data)) if rng.random() < 0.3 else None])
        with contextlib.suppress(PictureError):
            assert load_picture(data).mode == "RGB"


def test_a_tiff_with_a_fraction_for_an_offset_is_refused():
    """Pillow trips over its own types here and raises a TypeError."""
    offsets, whole, fraction = 273, 4, 5
    entry = struct.pack("<HH", offsets, whole)
    assert FILES["tiff"].count(entry) == 1
    with pytest.raises(PictureError, match="broken or truncated"):
        load_picture(FILES["tiff"].replace(entry, struct.pack("<HH", offsets, fraction)))


def test_a_closed_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(FILES["png"])
    picture = Image.open(tmp_path / "a.png")
    picture.close()
    with pytest.raises(PictureError):
        load_picture(picture)
