"""The demos keep such examples as are answered right; a stub answers in place of a trained checkpoint."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lbf_model.tasks.css import demo as css_demo
from lbf_model.tasks.css.storage import RENDERINGS, load_css
from lbf_model.tasks.examples import replace_examples
from lbf_model.tasks.garments import demo as garment_demo
from lbf_model.vision.pictures import load_picture


class Stub:
    """A retriever that gives each question (by its number) the answer that `answer` says."""

    def __init__(self, answer):
        self.encoder = SimpleNamespace(config=SimpleNamespace(words="minilm"))
        self.answer, self.asked = answer, []

    def search(self, picture, text, gallery, k):
        self.asked.append((picture, text))
        return SimpleNamespace(matches=[self.answer(len(self.asked), picture, text)])


def match(name, caption=""):
    return SimpleNamespace(id=name, caption=caption)


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """An assets folder; the galleries are not embedded, only their entries are kept."""
    (tmp_path / "galleries").mkdir()
    for module in (css_demo, garment_demo):
        monkeypatch.setattr(module, "build_gallery", lambda retriever, root, entries, out, **facts: (entries, None))
    monkeypatch.setattr(garment_demo, "_SINGLES", 6)
    monkeypatch.setattr(garment_demo, "_PAIRS", 2)
    monkeypatch.setattr(garment_demo, "_TRIED", 3)
    return tmp_path


def test_a_scene_is_an_example_only_if_its_query_is_answered_right(tiny_css, assets):
    split = load_css(tiny_css, "test")

    def asked_query(picture, text):
        return next(
            query
            for query in split.queries
            for rendering in RENDERINGS
            if query.text == text and np.array_equal(load_picture(split.picture(query.source, rendering)), picture)
        )

    def answer(number, picture, text):
        query = asked_query(picture, text)
        shown = query.source if number % 2 else query.target  # the first is wrong, the second is right, ...
        return match(f"css_test_{shown:06d}", str(split.images[shown].scene))

    stub = Stub(answer)
    made = css_demo.make_css_demo(stub, tiny_css, assets, seed=0)
    kept = json.loads((assets / "examples" / "examples.json").read_text())
    assert (made["examples"], made["tried"]) == (len(kept), len(stub.asked)) and len(kept) >= 3
    right = [asked_query(*asked) for asked in stub.asked[1::2]]
    assert [(e["text"], e["answer"]) for e in kept] == [(q.text, f"css_test_{q.target:06d}") for q in right]
    assert len({q.source for q in right}) == len(right), "each from another base scene"
    entries = {path.stem for path in (assets / "galleries" / "css" / "pictures").iterdir()}
    assert len(entries) == made["pictures"]
    assert entries == {f"css_test_{q.target:06d}" for q in split.queries}, "and no reference image"


def test_a_garment_is_an_example_only_if_its_query_is_answered_right(assets):
    wrong = Stub(lambda number, picture, text: match("pair_00_2"))  # two garments, of which none changed
    made = garment_demo.make_garment_demo(wrong, assets, seed=7)
    assert made == {"pictures": 12, "examples": 0, "tried": 5 * 3 + 2}
    assert json.loads((assets / "examples" / "examples.json").read_text()) == []

    second = Stub(lambda number, picture, text: match("pair_01_0"))  # right of the second pair alone
    made = garment_demo.make_garment_demo(second, assets, seed=7)
    (kept,) = json.loads((assets / "examples" / "examples.json").read_text())
    assert made == {"pictures": 12, "examples": 1, "tried": 5 * 3 + 2}
    assert kept["answer"] == "pair_01_0" and kept["text"].startswith("make the left one ")
    assert kept["picture"] == "garments_6.webp" and (assets / "examples" / kept["picture"]).is_file()


def test_new_examples_stand_where_those_of_their_gallery_stood(tmp_path):
    for gallery in ("garments", "scenes", "garments"):
        picture = tmp_path / f"{gallery}_{len(list(tmp_path.iterdir()))}.png"
        Image.new("RGB", (4, 4)).save(picture)
        replace_examples(tmp_path, gallery, [{"picture": picture.name, "text": "make it red", "answer": "a"}])
    listed = json.loads((tmp_path / "examples.json").read_text())
    assert [e["picture"] for e in listed] == ["garments_3.png", "scenes_2.png"]
    assert not (tmp_path / "garments_0.png").exists()
