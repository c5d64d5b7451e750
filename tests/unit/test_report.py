"""A query as one HTML file."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from jinja2 import UndefinedError
from PIL import Image

from lbf_model.explain.bars import effects_table
from lbf_model.explain.html_templates import HtmlTemplates
from lbf_model.explain.report import Report, Shown, build_report

BAD = '"><script>alert(1)</script><img src="http://x/y" onerror=z>'


class Page(HTMLParser):
    """Collects tags, pictures and texts, and whether each tag is closed."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.pictures, self.open, self.text = [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def picture(seed: int = 0, size: tuple[int, int] = (60, 40)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8))


@pytest.fixture
def report():
    table = effects_table(("a", "b"), np.array([0.6, 0.4]), np.array([0.1, 0.2]), np.array([3, 2]), 0.3, 1, "Regions")
    return Report(
        title="LBF: make it red",
        picture=picture(1),
        text="make it red",
        regions=picture(2, (720, 480)),
        heats=[(word, picture(3 + i)) for i, word in enumerate(("make", "it", "red"))],
        results=[Shown(1, 0.91, "a red dress", picture(7), chosen=True), Shown(2, 0.5, "", picture(8, (900, 900)))],
        region_labels=("gray dress", "gray sleeve"),
        tables=(table,),
        why=("gray → red on dress",),
        matched=(picture(9), picture(10)),
        legend=("dress: gray → red",),
        projection=picture(11),
        facts=(("Gallery", "Garments"), ("Checkpoint", "abc123")),
    )


def test_everything_is_told(report):
    page = Page(build_report(report))
    assert not page.open
    for said in (
        "LBF: make it red",
        "0.910",
        "a red dress",
        "gray → red on dress",
        "dress: gray → red",
        "abc123",
        "gray sleeve",
    ):
        assert said in page.text
    assert page.tags.count("table") == 1 and len(page.pictures) == 1 + 2 + 2 + 1 + 3 + 1


def test_what_was_pointed_at_stands_beside_the_text(report):
    pointed = "Only region 2 (<b>sleeve</b>) was to change."
    assert pointed in Page(build_report(replace(report, besides=[pointed]))).text


def test_nothing_is_loaded_and_nothing_runs(report):
    html = build_report(report)
    assert not re.search(r"https?:|//|<script|<link|<iframe|@import|url\(|javascript:", re.sub(r'base64,[^"]*', "", html))
    assert all(p["src"].startswith("data:image/webp;base64,") for p in Page(html).pictures)
    assert "default-src 'none'" in html


def test_every_text_is_escaped(report):
    shown = [Shown(1, 0.5, BAD, picture(), chosen=True)]
    bad = replace(
        report, title=BAD, text=BAD, heats=[(BAD, picture())], results=shown, region_labels=(BAD,), tables=(), why=(BAD,),
        legend=(BAD,), facts=((BAD, BAD),),
    )  # fmt: skip
    page = Page(build_report(bad))
    assert not page.open and "script" not in page.tags
    assert all(set(p) == {"src", "width", "height", "alt"} and p["src"].startswith("data:") for p in page.pictures)
    assert page.text.count(BAD) == 10, "title twice, text, caption, why, legend, labels, word, name and value of a fact"
    assert sum(BAD in p["alt"] for p in page.pictures) == 6 and not any("&" in p["alt"] for p in page.pictures)


def test_only_tables_are_html(report):
    page = Page(build_report(replace(report, tables=("<b>plain</b>",))))
    assert "<b>plain</b>" in page.text, "a text that no template made is escaped even there"


def test_a_template_that_lacks_a_value_is_an_error(tmp_path):
    (tmp_path / "greeting.html").write_text("Hello {{ name }}\n")
    templates = HtmlTemplates(tmp_path)
    assert templates.fill("greeting", name="<b>") == "Hello &lt;b&gt;"
    assert templates.fill("greeting", name=templates.fill("greeting", name="&")) == "Hello Hello &amp;"
    with pytest.raises(UndefinedError, match="name"):
        templates.fill("greeting")


def test_every_picture_says_what_it_is_and_is_small(report):
    pictures = Page(build_report(report)).pictures
    alts = [p["alt"] for p in pictures]
    assert all(len(alt) > 15 for alt in alts) and len(set(alts)) == len(alts)
    for p in pictures:
        with Image.open(io.BytesIO(base64.b64decode(p["src"].split(",")[1]))) as image:
            assert image.size == (int(p["width"]), int(p["height"])) and max(image.size) <= 720
    assert (pictures[0]["width"], pictures[0]["height"]) == ("60", "40")  # none is enlarged


def test_content_words_come_first(report):
    html = build_report(report)
    assert [word for word in re.findall(r"<figcaption>“(.*?)”", html)] == ["red", "make", "it"]


def test_same_input_same_bytes_and_no_input_changes(report):
    before = report.results[1].picture.tobytes()
    assert build_report(report) == build_report(report)
    assert report.results[1].picture.size == (900, 900) and report.results[1].picture.tobytes() == before
    assert not re.search(r"\b20\d\d-\d\d", build_report(report))


def test_what_is_not_given_has_no_section(report):
    least = Report("t", picture(), "x", picture(), (), ())
    page = Page(build_report(least))
    assert not page.open and page.tags.count("h2") == 3 and "There are none." in page.text
    assert "table" not in page.tags and "Why" not in page.text


def test_pictures_of_any_mode_work(report):
    for mode in ("L", "RGBA", "P", "1"):
        assert Page(build_report(replace(report, picture=Image.new(mode, (5, 900))))).pictures[0]["height"] == "720"


def test_long_captions_wrap(report):
    html = build_report(replace(report, results=[Shown(1, 0.5, "x" * 5000, picture())]))
    assert "x" * 5000 in html and "overflow-wrap: anywhere" in html
