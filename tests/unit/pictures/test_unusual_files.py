"""Files that some programs write, and whose metadata are odd or broken, are read all the same."""

import struct

import pytest
from PIL import Image, PngImagePlugin

from lbf_model.vision.pictures import load_picture, picture_note
from tests.profiles import cmyk_profile
from tests.unit.pictures.picture_files import FILES, encoded, exif, noise


def test_broken_exif_does_not_cost_the_picture():
    broken = encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    assert load_picture(broken).size == (40, 30)


def cut(data: bytes, count: int) -> bytes:
    return data[: len(data) - count]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}], ids=str)
@pytest.mark.parametrize("count", [1, 2])
def test_a_jpeg_that_lacks_its_last_bytes_is_whole(options, count):
    smooth = noise(size=(8, 6)).resize((200, 150))
    whole = encoded(smooth, "JPEG", quality=90, **options)
    assert load_picture(cut(whole, count)).tobytes() == load_picture(whole).tobytes()


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


def test_a_broken_profile_is_ignored_with_a_note():
    broken = load_picture(encoded(noise(), "PNG", icc_profile=b"no profile"))
    assert broken.tobytes() == noise().tobytes() and "colour profile cannot be used" in picture_note(broken)
    assert picture_note(load_picture(FILES["png"])) == ""
    print_profile_on_rgb = load_picture(encoded(noise(), "PNG", icc_profile=cmyk_profile(0, 0, 0)))
    assert print_profile_on_rgb.tobytes() == noise().tobytes() and picture_note(print_profile_on_rgb)
