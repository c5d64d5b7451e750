"""Pictures that are too large, too thin or empty are refused before a pixel is decoded; large ones are reduced."""

import struct
import threading
import time
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from lbf_model.vision import pictures
from lbf_model.vision.pictures import MAX_BYTES, MAX_SIDE, PictureError, check_header, load_picture
from tests.unit.pictures.picture_files import FILES, encoded


def empty_png(width: int, height: int) -> bytes:
    """A PNG that promises pixels in its header and holds none."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def empty_webp(width: int, height: int) -> bytes:
    """A WebP that promises pixels in its header and holds none: what a file of 40 bytes can ask for."""
    header = b"VP8L" + struct.pack("<IBI", 5, 0x2F, (width - 1) | (height - 1) << 14) + b"\0"
    return b"RIFF" + struct.pack("<I", len(header) + 4) + b"WEBP" + header


def empty_jpeg(width: int, height: int) -> bytes:
    """Likewise a JPEG."""
    whole = encoded(Image.new("L", (8, 8)), "JPEG")
    start = whole.index(b"\xff\xc0") + 5
    return whole[:start] + struct.pack(">HH", height, width) + whole[start + 4 :]


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_no_pixel_is_no_picture(size):
    with pytest.raises(PictureError, match=r"no pixel"):
        load_picture(Image.new("RGB", size))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_large_pictures_are_reduced(form):
    large = Image.linear_gradient("L").resize((5000, 1000)).convert("RGB")
    picture = load_picture(encoded(large, form))
    assert picture.size == (MAX_SIDE, 410)
    assert np.abs(np.asarray(picture, int)[:, 0, 0] - np.linspace(0, 255, 410)).max() < 6  # the same picture, smaller


def test_a_12_megapixel_jpeg_is_decoded_at_half_its_size():
    assert load_picture(encoded(Image.new("RGB", (3024, 4032)), "JPEG")).size == (1512, 2016)
    assert load_picture(encoded(Image.new("RGB", (3800, 95)), "JPEG")).size == (MAX_SIDE, 51)


def test_an_open_picture_is_reduced_and_left_as_it_was():
    large = Image.new("RGBA", (100, 3000), (0, 0, 255, 255))
    picture = load_picture(large)
    assert picture.size == (68, MAX_SIDE) and picture.getpixel((5, 5)) == (0, 0, 255)
    assert (large.size, large.mode) == ((100, 3000), "RGBA")


@pytest.mark.parametrize("read", [load_picture, check_header])
@pytest.mark.parametrize("size", [(12_000, 12_000), (6_001, 6_000), (9_000, 9_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_from_the_header(size, read, monkeypatch):
    monkeypatch.setattr(pictures, "_decode", lambda *_: pytest.fail("decoded"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow's own warning must not leak
        with pytest.raises(PictureError, match=r"(36|64) million.*scale it down"):
            read(empty_png(*size))


@pytest.mark.parametrize(
    "make, most", [(empty_jpeg, 64), (empty_png, 36), (empty_webp, 24)], ids=["JPEG", "decoded whole", "decoded in copies"]
)
def test_formats_that_take_more_memory_may_have_fewer_pixels(make, most, monkeypatch):
    monkeypatch.setattr(pictures, "_decode", lambda *_: "decoded")
    assert load_picture(make(1000 * most // 8, 8000)) == "decoded"
    for read in (load_picture, check_header):
        with pytest.raises(PictureError, match=rf"at most {most} million are read"):
            read(make(1000 * most // 8 + 1, 8000))


def test_a_header_tells_most_of_what_is_wrong_and_no_pixel_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    for data in FILES.values():
        check_header(data)
    check_header(FILES["png"][:200])  # its pixels are broken, which the header does not tell
    (tmp_path / "words.png").write_text("no picture")
    for bad in (b"no picture", tmp_path / "words.png", tmp_path / "missing.png", empty_png(200, 1), bytes(MAX_BYTES + 1)):
        with pytest.raises(PictureError):
            check_header(bad)


def test_few_pictures_are_decoded_at_once(monkeypatch):
    together, most = [], []

    def decode(name, picture):
        together.append(name)
        most.append(len(together))
        time.sleep(0.05)  # long enough for the others to come, if they could
        together.pop()

    monkeypatch.setattr(pictures, "_decode", decode)
    threads = [threading.Thread(target=load_picture, args=(FILES["png"],)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 6 and max(most) <= 2


def test_the_refusal_says_what_was_received():
    with pytest.raises(
        PictureError, match=r"12000x12000 is 144.0 million pixels, at most 36 million are read; scale it down or"
    ):
        load_picture(empty_png(12_000, 12_000))


@pytest.mark.parametrize("size", [(51, 1), (1, 51), (1530, 30), (10_000, 100)])
def test_thin_pictures_are_refused(size):
    with pytest.raises(PictureError, match=f"{size[0]}x{size[1]} is too thin.*50 times.*crop"):
        load_picture(encoded(Image.new("RGB", size), "PNG"))


def test_an_aspect_of_fifty_is_let_in():
    assert load_picture(Image.new("RGB", (50, 1))).size == (50, 1)
    assert load_picture(Image.new("RGB", (100, 5000))).size == (41, MAX_SIDE)


def test_large_files_are_refused(tmp_path):
    padded = FILES["png"] + bytes(MAX_BYTES + 1 - len(FILES["png"]))
    path = tmp_path / "large.png"
    path.write_bytes(padded)
    for source in (padded, path):
        with pytest.raises(PictureError, match=r"20.0 MiB, at most 20 MiB.*JPEG"):
            load_picture(source)
    assert load_picture(padded[:MAX_BYTES]).size == (40, 30)
