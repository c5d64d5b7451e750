"""A digest names pixels, a lost picture is shown blank, and browsers are given only files that they all show alike."""

from PIL import Image

from lbf_model.vision import pictures
from lbf_model.vision.pictures import browser_type, load_or_blank, load_picture
from tests.unit.pictures.picture_files import FILES, encoded, exif, noise


def test_the_digest_names_pixels_not_files():
    digest = pictures.picture_digest(load_picture(FILES["png"]))
    assert all(pictures.picture_digest(load_picture(FILES[name])) == digest for name in ("bmp", "tiff", "tiff-lzw"))
    turned = encoded(noise().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif(6))
    assert pictures.picture_digest(load_picture(turned)) == digest
    changed = noise()
    changed.putpixel((0, 0), (1, 2, 3))
    assert len({digest, *map(pictures.picture_digest, (changed, noise(size=(30, 40))))}) == 3


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
