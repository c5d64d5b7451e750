"""The events about a visitor's own pictures, called with plain values."""

from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from lbf_model.interface.answers import MINE
from lbf_model.interface.events.own_pictures import OwnPictures
from lbf_model.interface.events.wiring import Changes, StopRequest
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery, OwnPicture, UploadError
from lbf_model.interface.uploads import UploadReport

MADE = OwnGallery(Path("folder"), tuple(OwnPicture(f"00{i}.jpg", f"{name}.png", name) for i, name in enumerate("ab")))
REPORT = UploadReport(("a.png", "b.png"), (), (("c.png", "broken"),), (), 0)


class Files:
    """Session files that index in three steps and note what is asked of them."""

    def __init__(self, made=MADE, report=REPORT):
        self.made, self.report, self.notes, self.closed = made, report, [], False

    def index(self, files, earlier=None):
        self.notes.append(("index" if earlier is None else "add", tuple(files)))
        if not files:
            raise UploadError("Add pictures or a zip first.")
        try:
            yield "Reading 1 of 2", 0.5
            yield "Indexing 1 of 2", 0.5
            yield self.made, self.report
        finally:
            self.closed = True

    def remove(self, own, file):
        return replace(own, kept=tuple(one for one in own.kept if one.file != file))

    def keep(self, session, own):
        self.notes.append(("keep", session, own))

    def remember(self, session, path):
        self.notes.append(("remember", session, path))

    def forget(self, session):
        self.notes.append(("forget", session))


@pytest.fixture
def files():
    return Files()


@pytest.fixture
def own_pictures(files):
    return OwnPictures(Service({"scenes": "Scenes"}, lambda: SimpleNamespace()), files)


KEPT = {
    "own", "gallery", "galleries", "filters", "filter_choices",
    "own_report", "own_list", "add_label", "index_label", "can_add", "can_stop",
}  # fmt: skip


def changed(changes):
    return {f.name for f in fields(Changes) if getattr(changes, f.name) is not None}


def test_pictures_are_indexed_and_become_the_gallery_that_is_searched(own_pictures, files):
    *told, last = own_pictures.index(["a.png", "b.png"], StopRequest(), "session")
    assert [changed(step) for step in told] == [{"own_report", "can_stop"}] * 2 and all(step.can_stop for step in told)
    assert "Reading 1 of 2" in told[0].own_report and 'value="0.500"' in told[0].own_report
    assert changed(last) == KEPT and (last.add_label, last.index_label, last.can_add) == ("Add to my 2", "Start over", True)
    assert 'data-pick="remove:000.jpg"' in last.own_list and "My pictures (2)" in last.own_list
    assert (last.own, last.gallery, last.can_stop) == (MADE, MINE, False)
    assert last.filters == last.filter_choices == [], "filters of another gallery are forgotten"
    assert last.galleries == [("Scenes", "scenes"), ("My pictures (2)", MINE)]
    assert "2 pictures indexed" in last.own_report and "<b>c.png</b>: broken" in last.own_report
    assert files.notes == [("index", ("a.png", "b.png")), ("keep", "session", MADE)]


def test_pictures_are_added_to_those_that_are_there_and_removed(own_pictures, files):
    *_, last = own_pictures.add(["c.png"], MADE, StopRequest(), "session")
    assert changed(last) == KEPT and "2 added; you can search 2 pictures now." in last.own_report
    assert files.notes == [("add", ("c.png",)), ("keep", "session", MADE)]
    fewer = own_pictures.remove("remove:000.jpg", MADE, "session")
    assert changed(fewer) == KEPT and fewer.own.pictures == 1 and "Removed; you can still search 1 picture." in fewer.own_report
    assert fewer.add_label == "Add to my 1" and own_pictures.remove("remove:000.jpg", None, "session") is None


def test_pictures_that_cannot_be_read_leave_the_earlier_gallery(own_pictures, files):
    files.made, files.report = None, UploadReport((), (), (("c.png", "broken"),), (), 0)
    *_, last = own_pictures.index(["c.png"], StopRequest(), "session")
    assert changed(last) == {"own_report", "can_stop"} and "nothing changed" in last.own_report and not last.can_stop
    assert ("keep", "session", MADE) not in files.notes


def test_a_run_stops_when_it_is_asked_to(own_pictures, files):
    request = StopRequest(asked=True)  # of an earlier run
    steps = own_pictures.index(["a.png"], request, "session")
    assert "Reading" in next(steps).own_report, "a new run takes no notice of it"
    assert own_pictures.stop(request) is None and not files.closed
    (last,) = steps
    assert changed(last) == {"own_report", "can_stop"} and "Stopped" in last.own_report and not last.can_stop
    assert files.closed, "and leaves nothing behind"
    assert ("keep", "session", MADE) not in files.notes


def test_no_files_are_a_problem_of_their_field(own_pictures):
    for nothing in ([], None):
        assert own_pictures.problems(nothing) == {"own_files": "Add pictures or a zip first."}
    assert own_pictures.problems(["a.png"]) == {}
    with pytest.raises(gr.Error, match="Add pictures"):
        list(own_pictures.index([], StopRequest(), "session"))


def test_uploads_are_noted_and_deleted_with_their_visitor(own_pictures, files):
    own_pictures.remember_picture("one.png", "session")
    own_pictures.remember_files(["two.zip", "three.png"], "session")
    own_pictures.remember_files(None, "session")
    own_pictures.forget("session")
    assert files.notes == [
        *(("remember", "session", name) for name in ("one.png", "two.zip", "three.png")), ("forget", "session")
    ]  # fmt: skip
