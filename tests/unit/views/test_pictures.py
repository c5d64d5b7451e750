"""Pictures of cards are shown upright, in a form that browsers show, even when a file has gone."""

import base64
import io
from dataclasses import replace

import pytest
from PIL import Image

from lbf_model.interface.views import answer
from lbf_model.interface.views.pictures import thumbnail
from tests.unit.views.html_tags import Tags


def shown(path) -> Image.Image:
    """What a browser gets to see of a file."""
    kind, _, data = thumbnail(path).removeprefix("data:").partition(";base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert Image.MIME[picture.format] == kind
    return picture


def striped(size=(90, 60)) -> Image.Image:
    """Red on the left, white on the right."""
    picture = Image.new("RGB", size, "white")
    picture.paste((200, 30, 30), (0, 0, size[0] // 2, size[1]))
    return picture


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_small_files_are_shown_as_they_are(form, tmp_path):
    striped().save(tmp_path / "a.picture", form)
    assert base64.b64encode((tmp_path / "a.picture").read_bytes()).decode() in thumbnail(tmp_path / "a.picture")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_small_files_are_shown_upright(form, tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6  # lies on its left side
    striped().save(tmp_path / "a.jpg", form, exif=tags)
    picture = shown(tmp_path / "a.jpg")
    assert picture.size == (60, 90) and picture.getexif().get(0x0112) is None
    top, bottom = picture.convert("RGB").getpixel((30, 10)), picture.convert("RGB").getpixel((30, 80))
    assert top == pytest.approx((200, 30, 30), abs=20) and min(bottom) > 240


@pytest.mark.parametrize("form, mode", [("TIFF", "RGB"), ("JPEG", "CMYK"), ("BMP", "RGB"), ("AVIF", "RGB")])
def test_what_browsers_may_not_show_is_made_into_what_they_do(form, mode, tmp_path):
    striped().convert(mode).save(tmp_path / "a.jpg", form)
    picture = shown(tmp_path / "a.jpg")
    assert picture.format == "WEBP" and picture.size == (90, 60)


def test_a_card_stays_where_the_file_of_its_picture_went(visit, tmp_path):
    matches = visit.answer.result.matches
    moved = (replace(matches[0], path=str(tmp_path / "gone.png")), *matches[1:])
    left = replace(visit, answer=replace(visit.answer, result=replace(visit.answer.result, matches=moved)))
    assert Tags(answer.results(left)).picks() == Tags(answer.results(visit)).picks()
    assert shown(tmp_path / "gone.png").convert("L").getextrema()[0] > 200
