"""The picture gate: any mode and orientation comes out as plain RGB; anything hostile comes out as a PictureError."""

import contextlib
import io
import random
import struct
import threading
import time
import warnings
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from lbf_model.vision import pictures
from lbf_model.vision.pictures import (
    MAX_BYTES,
    MAX_SIDE,
    PictureError,
    browser_type,
    check_header,
    load_or_blank,
    load_picture,
    picture_note,
)
from tests.profiles import cmyk_profile

ORIENTATION = 0x0112


def encoded(picture, form, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def encoded_heic(picture, **options) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, **options)
    return buffer.getvalue()


def noise(mode="RGB", size=(40, 30)):
    rows = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    return Image.fromarray(rows, "RGBA").convert(mode)


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def empty_png(width: int, height: int) -> bytes:
    """A PNG that promises pixels in its header and holds none."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


FILES = {
    "jpeg": encoded(noise(), "JPEG"),
    "jpeg-cmyk": encoded(noise("CMYK"), "JPEG"),
    "mpo": encoded(noise(), "MPO", save_all=True, append_images=[noise()]),  # what many phones call JPEG
    "png": encoded(noise(), "PNG"),
    "png-alpha": encoded(noise("RGBA"), "PNG"),
    "png-palette": encoded(noise("P"), "PNG"),
    "webp": encoded(noise(), "WEBP"),
    "gif": encoded(noise("P"), "GIF"),
    "bmp": encoded(noise(), "BMP"),
    "tiff": encoded(noise(), "TIFF"),
    "tiff-lzw": encoded(noise(), "TIFF", compression="tiff_lzw"),
    "avif": encoded(noise(), "AVIF"),
    "heic": encoded_heic(noise()),
}


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


def test_broken_exif_does_not_cost_the_picture():
    broken = encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    assert load_picture(broken).size == (40, 30)


def test_one_pixel_is_a_picture():
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        assert load_picture(encoded(Image.new("RGB", (1, 1), "white"), form)).getpixel((0, 0)) == (255, 255, 255)


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


def empty_webp(width: int, height: int) -> bytes:
    """A WebP that promises pixels in its header and holds none: what a file of 40 bytes can ask for."""
    header = b"VP8L" + struct.pack("<IBI", 5, 0x2F, (width - 1) | (height - 1) << 14) + b"\0"
    return b"RIFF" + struct.pack("<I", len(header) + 4) + b"WEBP" + header


def empty_jpeg(width: int, height: int) -> bytes:
    """Likewise a JPEG."""
    whole = encoded(Image.new("L", (8, 8)), "JPEG")
    start = whole.index(b"\xff\xc0") + 5
    return whole[:start] + struct.pack(">HH", height, width) + whole[start + 4 :]


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


def test_a_heic_photograph_keeps_its_colours_and_stands_upright():
    """Its decoder turns it; the EXIF orientation, which says so once more, must not turn it again."""
    source = Image.new("RGB", (64, 32), (200, 40, 30))
    source.paste((20, 60, 210), (0, 0, 32, 32))
    lying = encoded_heic(source, exif=exif(6).tobytes())
    picture = load_picture(lying)
    assert picture.size == (32, 64)
    upper, lower = np.asarray(picture)[8, 16], np.asarray(picture)[56, 16]
    assert np.abs(upper.astype(int) - (20, 60, 210)).max() < 12 and np.abs(lower.astype(int) - (200, 40, 30)).max() < 12


def test_a_format_off_the_list_is_refused():
    with pytest.raises(PictureError, match=r"JPEG, PNG, WEBP, GIF, BMP, TIFF"):
        load_picture(encoded(noise(), "PPM"))


@pytest.mark.parametrize("name", [n for n in FILES if n != "mpo"])
def test_truncated_files_are_refused(name):
    with pytest.raises(PictureError, match=r"the picture: .*; "):
        load_picture(FILES[name][: len(FILES[name]) // 2])


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


def test_the_digest_names_pixels_not_files():
    digest = pictures.picture_digest(load_picture(FILES["png"]))
    assert all(pictures.picture_digest(load_picture(FILES[name])) == digest for name in ("bmp", "tiff", "tiff-lzw"))
    turned = encoded(noise().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif(6))
    assert pictures.picture_digest(load_picture(turned)) == digest
    changed = noise()
    changed.putpixel((0, 0), (1, 2, 3))
    assert len({digest, *map(pictures.picture_digest, (changed, noise(size=(30, 40))))}) == 3


# What some programs write


def cut(data: bytes, count: int) -> bytes:
    return data[: len(data) - count]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}], ids=str)
@pytest.mark.parametrize("count", [1, 2])
def test_a_jpeg_that_lacks_its_last_bytes_is_whole(options, count):
    smooth = noise(size=(8, 6)).resize((200, 150))
    whole = encoded(smooth, "JPEG", quality=90, **options)
    assert load_picture(cut(whole, count)).tobytes() == load_picture(whole).tobytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 20}], ids=str)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_jpeg_that_lacks_pixels_is_refused(options, share):
    whole = encoded(noise(size=(200, 150)), "JPEG", **options)
    with pytest.raises(PictureError, match="broken or truncated"):
        load_picture(whole[: int(share * len(whole))])


def test_large_comments_of_a_png_are_passed_over_but_not_its_orientation():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("history", "a" * 1_400_000, zip=True)
    tags = exif(6).tobytes().removeprefix(b"Exif\0\0")
    texts.add_text("Raw profile type exif", f"\nexif\n{len(tags):8d}\n{tags.hex()}", zip=True)
    assert load_picture(encoded(noise(), "PNG", pnginfo=texts)).size == (30, 40)
    late = encoded(noise(), "PNG")
    text = struct.pack(">I", 5) + b"zTXt" + b"broke" + bytes(4)
    assert load_picture(late[:-12] + text + late[-12:]).tobytes() == noise().tobytes()


def test_a_gif_with_much_xmp_is_read():
    whole = encoded(noise("P"), "GIF")
    table = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    xmp = b"!\xff\x0bXMP DataXMP" + b"<rdf:li>history</rdf:li>" * 13_000 + b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    assert len(xmp) > 300_000
    assert load_picture(whole[:table] + xmp + whole[table:]).tobytes() == load_picture(whole).tobytes()


def test_a_tiff_of_plain_ycbcr_keeps_its_colors():
    found = load_picture(encoded(Image.new("RGB", (20, 10), (200, 30, 60)).convert("YCbCr"), "TIFF"))
    assert found.size == (20, 10) and found.getpixel((19, 9)) == pytest.approx((200, 30, 60), abs=2)


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


# Colour profiles


def test_a_broken_profile_is_ignored_with_a_note():
    broken = load_picture(encoded(noise(), "PNG", icc_profile=b"no profile"))
    assert broken.tobytes() == noise().tobytes() and "colour profile is broken" in picture_note(broken)
    assert picture_note(load_picture(FILES["png"])) == ""
    print_profile_on_rgb = load_picture(encoded(noise(), "PNG", icc_profile=cmyk_profile(0, 0, 0)))
    assert print_profile_on_rgb.tobytes() == noise().tobytes() and picture_note(print_profile_on_rgb)


def test_a_file_that_went_is_shown_blank(tmp_path):
    assert load_or_blank(tmp_path / "gone.png").getextrema() == ((224, 224),) * 3
    (tmp_path / "a.png").write_bytes(FILES["png"])
    assert load_or_blank(tmp_path / "a.png").tobytes() == noise().tobytes()


def test_browsers_are_given_only_files_that_all_of_them_show_alike():
    picture = noise()
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    given = {
        "JPEG": encoded(picture, "JPEG"),
        "PNG": encoded(picture, "PNG"),
        "WEBP": encoded(picture, "WEBP"),
        "a phone's": encoded(picture, "MPO", save_all=True, append_images=[picture]),
        "transparent": encoded(clear, "PNG"),
        "moving": encoded(picture, "WEBP", save_all=True, append_images=[picture.rotate(90)], duration=100),
        "moving, too": encoded(picture, "PNG", save_all=True, append_images=[picture.rotate(90)], duration=100),
        "another": encoded(picture, "TIFF"),
        "none": b"nothing",
    }
    types = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "a phone's": "image/jpeg"}
    assert {name: browser_type(data) for name, data in given.items()} == dict.fromkeys(given) | types
