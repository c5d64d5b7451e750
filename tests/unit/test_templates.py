"""Every template takes any text as text: what visitors type, name or upload never becomes HTML."""

from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lbf_model.explain import html_templates
from lbf_model.explain.bars import effects_table
from lbf_model.explain.report import Report, Shown, build_report
from lbf_model.interface.export import SavedFile
from lbf_model.interface.session_files import OwnPicture
from lbf_model.interface.uploads import UploadReport
from lbf_model.interface.views.answer import example_cards, suggestion_chips
from lbf_model.interface.views.filling import fill, message, progress
from lbf_model.interface.views.own_pictures import own_picture_list, upload_summary
from lbf_model.interface.views.saved_files import file_links
from lbf_model.types import Feedback, Match
from tests.server import ROOT

NASTY = (
    "<img src=x onerror=alert(1)> \" & '",
    "</ul></script><script>alert(1)</script>",
    "' onclick='alert(1)' x='",
    '" style="position:fixed" x="',
    "{{ 7 * 7 }} {% include 'message.html' %} &lt;b&gt; %s %d",
)
FOLDERS = [ROOT / "lbf_model" / room / "templates" for room in ("interface", "explain")]


class Structure(HTMLParser):
    """The tags of a text with the names of their attributes, and all that a reader or a program finds in it as text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.values = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, [name for name, _ in attributes]))
        self.values += [value or "" for _, value in attributes]

    def handle_endtag(self, tag):
        self.tags.append((f"/{tag}", []))

    def handle_data(self, data):
        self.texts.append(data)


def match(text):
    return Match(1, text, "", 0.5, text, ("other",))


def report(text):
    picture = Image.new("RGB", (9, 9))
    return Report(
        text, picture, text, picture, [(text, picture)], [Shown(1, 0.5, text, picture, True)], (text,), (), (text,),
        (picture, picture), (text,), picture, ((text, text),), (text,),
    )  # fmt: skip


# What each template makes of a text in every place where it takes one.
FILLED = {
    "message": message,
    "progress": lambda text: progress(text, 0.5),
    "examples": lambda text: example_cards([("data:,", text, text)]),
    "suggestions": lambda text: suggestion_chips([text]),
    "trail": lambda text: fill("trail", turns=[SimpleNamespace(thumbnail="data:,", title=text)] * 2, current=0),
    "pointing": lambda text: fill("pointing", labels=[text], numbers=(1,), said=text, box=text),
    "results": lambda text: fill(
        "results",
        cards=[(match(text), "data:,")],
        target=text,
        chosen=text,
        text=text,
        token=text,
        gallery=text,
        feedback=Feedback((), (), text),
        explained=True,
    ),
    "parts": lambda text: fill("parts", items=[("more", text, text, "data:,")], but_not=text),
    "status": lambda text: fill("status", said=text, stages=text, seconds=0.5),
    "words": lambda text: fill("words", words=[text], chosen=0, shares=[0.5], largest=0.5),
    "figure": lambda text: fill(
        "figure",
        picture="data:,",
        alt=text,
        chosen=0,
        buttons=[
            {"index": 0, "title": text, "label": text, "spot": (1, 2), "left": 0.0, "top": 0.0, "width": 9.0, "height": 9.0}
            | {"share": text}
        ],
    ),
    "maps": lambda text: fill("maps", maps=[(text, "data:,")], verb="looked"),
    "why": lambda text: fill("why", reference="data:,", result="data:,", rank=1, score=0.5, changes=[text], pairs=[text]),
    "effects": lambda text: fill(
        "effects", effects=SimpleNamespace(rank=1, score=0.5), picture="data:,", tables=[text], measured=text
    ),
    "landscape": lambda text: fill("landscape", picture=text, count=3, text=text, shown=0.6),
    "panel": lambda text: fill("panel", title=text, rank=1, body=text),
    "how_it_works": lambda text: fill(
        "how_it_works",
        regions="data:,",
        count=2,
        labels=text,
        words=[text],
        word=text,
        map="data:,",
        result="data:,",
        caption=text,
    ),
    "compare": lambda text: fill(
        "compare",
        columns=[(SimpleNamespace(title=text, problem=text, rank_of_target=None), [(match(text), "data:,")])],
        target=text,
        chosen=None,
    ),
    "own_list": lambda text: own_picture_list([OwnPicture(text, text, text)]),
    "upload_report": lambda text: upload_summary(
        1, UploadReport((text,), ((text, text),), ((text, text),), ((text, text),), 1)
    ),
    "files": lambda text: file_links([SavedFile("path", text, text)]),
    "effects_table": lambda text: effects_table(
        [text, "b"], np.ones(2), np.array([0.1, np.nan]), np.array([2, 0]), 0.3, 1, text
    ),
    "report": lambda text: build_report(report(text)),
}


def test_every_template_is_tested_here():
    assert {path.stem for folder in FOLDERS for path in folder.iterdir()} == set(FILLED)


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("name", FILLED)
def test_a_text_stays_the_text_it_is(name, nasty):
    plain, filled = Structure(str(FILLED[name]("plain"))), Structure(str(FILLED[name](nasty)))
    assert filled.tags == plain.tags, "no text adds, removes or changes a tag or an attribute"
    assert [text.replace(nasty, "plain") for text in filled.texts] == plain.texts
    assert [value.replace(nasty, "plain") for value in filled.values] == plain.values
    assert nasty in "".join(filled.texts + filled.values), "and all of it is there"


def test_nothing_is_read_before_a_template_is_filled(tmp_path):
    templates = html_templates.HtmlTemplates(tmp_path / "comes later")
    (tmp_path / "comes later").mkdir()
    (tmp_path / "comes later" / "late.html").write_text("{{ word }}")
    assert templates.fill("late", word="here") == "here"
