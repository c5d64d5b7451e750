"""An answer is stored and read again, and the page opens on it while it fits."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from lbf_model.interface import worked_example
from lbf_model.interface.examples import load_examples
from lbf_model.interface.worked_example import read_worked_example, write_worked_example
from lbf_model.retrieval.stored_result import read_result, write_result
from lbf_model.vision.pictures import load_picture
from tests.unit.conftest import TEXT


def same(one, other):
    """Whether two values are equal, arrays and records included."""
    if dataclasses.is_dataclass(one):
        fields = [field.name for field in dataclasses.fields(one)]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in fields)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other


def test_an_answer_is_read_as_it_was_written_but_for_its_timings(small_visit, tmp_path):
    result = dataclasses.replace(small_visit.answer.result, left_out=("x",), likelihood=0.5, timings_ms={"detect": 3.0})
    write_result(tmp_path / "a.npz", result, tmp_path, {"gallery": "g"})
    read, facts = read_result(tmp_path / "a.npz", tmp_path)
    assert facts == {"gallery": "g"} and same(read, dataclasses.replace(result, timings_ms={}))
    assert not same(read, result)


def test_paths_start_where_the_pictures_lie_now(small_visit, tmp_path):
    write_result(tmp_path / "a.npz", small_visit.answer.result, tmp_path, {})
    read, _ = read_result(tmp_path / "a.npz", tmp_path / "elsewhere")
    assert {match.path for match in read.matches} == {str(tmp_path / "elsewhere" / "result.png")}
    with pytest.raises(ValueError):
        write_result(tmp_path / "b.npz", small_visit.answer.result, tmp_path / "elsewhere", {})


@pytest.fixture
def shown(scenes, tmp_path):
    """The folder of examples of `scenes`, with the stored answer to its one example, and a copy of its gallery."""
    entry = scenes.catalog().by_name["scenes"]
    folder = shutil.copytree(entry.gallery.place, tmp_path / "gallery")
    examples = tmp_path / "examples"
    examples.mkdir()
    shutil.copy(scenes.examples[0].picture, examples / "one.webp")
    listed = [{"picture": "one.webp", "text": TEXT, "gallery": "scenes", "answer": "s3"}]
    (examples / "examples.json").write_text(json.dumps(listed))
    assert write_worked_example(examples, "scenes", folder, entry.retriever, entry.gallery) is not None
    assert write_worked_example(examples, "others", folder, entry.retriever, entry.gallery) is None
    return examples, folder


def opened(shown, **galleries):
    examples, folder = shown
    return read_worked_example(examples, {"scenes": folder, **galleries}, load_examples(examples))


def test_the_page_opens_on_what_a_search_would_find(scenes, shown):
    worked = opened(shown, others=shown[1])
    entry = scenes.catalog().by_name["scenes"]
    found = entry.retriever.search(load_picture(worked.example.picture), TEXT, entry.gallery, 8)
    assert worked.example.text == TEXT and [m.id for m in worked.result.matches] == [m.id for m in found.matches]


@pytest.mark.parametrize(("telling", "likely", "opens"), [(0.4, 0.5, "make it blue"), (0.4, 0.2, TEXT), (0.1, 0.9, TEXT)])
def test_the_page_opens_on_a_likely_answer_whose_map_tells_something(scenes, shown, monkeypatch, telling, likely, opens):
    examples, folder = shown
    entry = scenes.catalog().by_name["scenes"]
    listed = json.loads((examples / "examples.json").read_text())
    (examples / "examples.json").write_text(json.dumps([*listed, {**listed[0], "text": "make it blue"}]))
    search = entry.retriever.search
    said = {"red": (0.3, 0.5), "blue": (telling, likely)}

    def answer(picture, text, *rest):
        return dataclasses.replace(search(picture, text, *rest), likelihood=said["blue" if "blue" in text else "red"][1])

    monkeypatch.setattr(entry.retriever, "search", answer)
    monkeypatch.setattr(worked_example, "how_telling", lambda e, layer: said["blue" if "blue" in e.words else "red"][layer])
    write_worked_example(examples, "scenes", folder, entry.retriever, entry.gallery)
    assert opened(shown).example.text == opens


def test_the_page_opens_on_an_answer_of_its_default_gallery_or_on_none(shown):
    examples, folder = shown
    assert read_worked_example(examples, {"shop": folder, "scenes": folder}, load_examples(examples)) is None
    assert read_worked_example(examples, {"scenes": folder, "shop": folder}, load_examples(examples)) is not None


def test_an_answer_that_no_longer_fits_is_passed_over(scenes, shown):
    examples, folder = shown
    assert opened(shown) is not None
    table = (examples / "examples.json").read_text()
    (examples / "examples.json").write_text(table.replace(TEXT, "make red cube small"))
    assert opened(shown) is None, "another example"
    (examples / "examples.json").write_text(table)
    Image.new("RGB", (9, 9)).save(examples / "one.webp")
    assert opened(shown) is None, "another picture"
    shutil.copy(scenes.examples[0].picture, examples / "one.webp")
    assert opened(shown) is not None
    (sums,) = folder.glob("checksums-*.json")
    sums.write_text(sums.read_text() + "\n")
    assert opened(shown) is None, "another gallery"


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_broken_answer_is_passed_over(shown, kept):
    (file,) = shown[0].glob("*_answer.npz")
    content = file.read_bytes()
    file.write_bytes(content[: int(kept * len(content))])
    assert opened(shown) is None
    with pytest.raises(ValueError, match="broken, not a stored answer"):
        read_result(file, shown[1])
