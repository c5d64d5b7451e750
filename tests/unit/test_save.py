"""Keeping an answer as files, without a page."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lbf_model.interface.events.save import Save
from lbf_model.interface.export import results_table
from lbf_model.interface.state import View, Visit
from lbf_model.retrieval.pointing import Pointing


class Noted:
    """Session files that only note."""

    def __init__(self):
        self.files = []

    def remember(self, session, path):
        self.files.append((session, path))


@pytest.fixture
def noted():
    return Noted()


@pytest.fixture
def save(scenes, noted, tmp_path):
    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return Save(scenes, noted, write)


def test_an_answer_becomes_files_that_go_with_their_visitor(save, noted, visit, tmp_path):
    changes = save.make_files(visit, None, None, View(), "session")
    names = {"report.html", "results.csv", "results.json", "regions.png", "map-1-make.png", "map-2-red.png", "map-3-cube.png",
             "map-4-large.png"}  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {Path(path).name for session, path in noted.files if session == "session"} == names
    assert all(f'href="gradio_api/file={tmp_path / name}" download="{name}"' in changes.files for name in names)

    matches = visit.answer.result.matches
    rows = list(csv.DictReader((tmp_path / "results.csv").open()))
    assert [(r["rank"], r["id"], r["caption"]) for r in rows] == [(str(m.rank), m.id, m.caption) for m in matches]
    asked = {"text": "make red cube large", "besides": "", "gallery": "scenes", "gallery_title": "Scenes"}
    assert all({name: row[name] for name in asked} == asked for row in rows)
    record = json.loads((tmp_path / "results.json").read_text())
    assert record["query"] == asked
    assert [m["id"] for m in record["matches"]] == [m.id for m in matches] and len(record["words"]) == 4
    report = (tmp_path / "report.html").read_text()
    assert "Why result 1?" in report and report.count("<table") == 3 and "Scenes, 8 pictures" in report


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1"])
def test_a_spreadsheet_runs_no_formula_that_a_file_name_holds(name):
    query = {"text": name, "besides": name, "gallery": "css", "gallery_title": name}
    table = results_table(query, [{"rank": 1, "id": name, "score": -0.5, "caption": name, "picture": "left out"}])
    header, row = csv.reader(io.StringIO(table.decode(), newline=""))
    assert header == ["rank", "id", "score", "caption", "text", "besides", "gallery", "gallery_title"]
    assert row == ["1", f"'{name}", "-0.5", f"'{name}", f"'{name}", f"'{name}", "css", f"'{name}"]


def test_files_tell_what_was_asked_besides_the_text(save, visit, tmp_path):
    query = replace(visit.answer.query, pointing=Pointing((1,)), filters=("color:red",))
    asked = replace(visit, answer=replace(visit.answer, query=query))
    save.make_files(asked, None, None, View(), "session")
    besides = json.loads((tmp_path / "results.json").read_text())["query"]["besides"]
    assert besides == f"{query.pointing.told}; only red"
    assert f",{besides}," in (tmp_path / "results.csv").read_text()


def test_files_show_what_the_page_shows(save, visit, tmp_path):
    def first_map(view, look=None):
        save.make_files(visit, look, None, view, "session")
        with Image.open(tmp_path / "map-1-make.png") as picture:
            assert max(picture.size) == 720
            return np.asarray(picture)

    plain = first_map(View())
    for view in (View(style="soft"), View(contrast=True), View("relevance")):
        assert not np.array_equal(first_map(view), plain), view
    first_map(View(), visit.look(chosen=visit.answer.result.matches[1].id))
    assert "Why result 2?" in (tmp_path / "report.html").read_text()


def test_files_say_what_the_maps_are_of(save, visit, tmp_path):
    for view, verb in ((View(), "looked"), (View("relevance"), "mattered")):
        files = save.make_files(visit, None, None, view, "session").files
        report = (tmp_path / "report.html").read_text()
        assert f"where “make” {verb}" in files and f"<h2>Where each word {verb}</h2>" in report
        assert ("Attention does not say what decided the result." in report) == (verb == "looked")


def test_before_the_first_answer_there_is_nothing_to_save(save, noted, tmp_path):
    assert "Search first" in save.make_files(Visit(), None, None, View(), "session").files
    assert noted.files == [] and not list(tmp_path.iterdir())


def test_a_result_whose_picture_was_moved_away_is_saved_without_it(save, visit, tmp_path):
    matches = visit.answer.result.matches
    moved = (replace(matches[0], path=str(tmp_path / "gone.png")), *matches[1:])
    left = replace(visit, answer=replace(visit.answer, result=replace(visit.answer.result, matches=moved)))
    save.make_files(left, None, None, View(), "session")
    assert matches[0].caption in (tmp_path / "report.html").read_text()
