"""What visitors bring is indexed, searched by them alone, and deleted."""

import copy
import os
from pathlib import Path

import pytest
from PIL import Image

from lbf_model.interface.service import MINE, Query, QueryError, Service
from lbf_model.interface.session_files import SessionFiles, UploadError
from lbf_model.retrieval.catalog import Catalog

TEXT = "make red cube large"


@pytest.fixture(scope="module")
def service(retriever, compared):
    return Service({"scenes": "Scenes"}, lambda: Catalog({}, retriever, tuple(compared)))


@pytest.fixture
def session_files(service, tmp_path):
    made = SessionFiles(service.catalog, tmp_path / "received")
    yield made
    made.close()


@pytest.fixture
def upload(tiny_split, tmp_path):
    """Three scenes, one of them twice, and a broken file."""
    files = [tmp_path / name for name in ("one.png", "two.png", "three.png", "again.bmp", "broken.jpg")]
    for place, file in zip((3, 4, 5, 3), files, strict=False):
        with Image.open(tiny_split.picture(place, "3d")) as picture:
            picture.convert("RGB").save(file)
    files[-1].write_bytes(b"broken")
    return [str(file) for file in files]


def test_own_pictures_are_indexed_searched_and_dropped(service, session_files, upload, tiny_split):
    *told, (own, report) = session_files.index(upload)
    assert report.kept == ("one.png", "two.png", "three.png")
    assert report.duplicates == (("again.bmp", "one.png"),) and report.unreadable[0][0] == "broken.jpg"
    assert told[0] == ("Reading 1 of 5", 0.2) and told[-1] == ("Indexing 3 of 3", 1.0)
    assert copy.deepcopy(own) == own and service.choices(own) == [("Scenes", "scenes"), ("My pictures (3)", MINE)]
    assert service.choices() == [("Scenes", "scenes")]
    query = Query(str(tiny_split.picture(9, "3d")), TEXT, MINE, 9)
    answer = service.answer(query, own)
    assert answer.own is own and {m.caption for m in answer.result.matches} == set(report.kept)
    assert service.source(answer) == "", "no link can name it"
    assert len(service.columns(answer, None)) > 2 and service.details(answer, answer.result.matches[0].id)
    assert service.gallery_problem(MINE, None), "another visitor has none"
    session_files.drop(own)
    assert not own.folder.exists()
    assert "no longer here" in service.gallery_problem(MINE, own)
    for late in (lambda: service.answer(query, own), lambda: service.details(answer, "000.jpg")):
        with pytest.raises(QueryError, match="no longer here"):
            late()
    session_files.drop(None)


def test_what_is_stopped_or_useless_leaves_nothing_behind(service, upload):
    session_files = SessionFiles(service.catalog, Path("received"))
    home = Path(session_files._home.name)
    steps = session_files.index(upload)
    for _ in range(6):
        next(steps)
    assert list(home.iterdir())
    steps.close()
    assert not list(home.iterdir())
    *_, (own, report) = session_files.index(upload[-1:])
    assert own is None and len(report.unreadable) == 1 and not list(home.iterdir())
    with pytest.raises(UploadError, match="Add pictures"):
        next(session_files.index([]))
    session_files.close()
    assert not home.exists()


def test_what_outlived_its_session_is_swept_away(session_files, upload):
    old, new = ([*session_files.index(upload)][-1][0] for _ in range(2))
    os.utime(old.folder, (1, 1))
    session_files.sweep()
    assert not old.folder.exists() and new.folder.exists()


def test_uploads_are_deleted_with_their_session_unless_another_has_them(session_files, tmp_path):
    (tmp_path / "received").mkdir()
    one, both, foreign = tmp_path / "received" / "one", tmp_path / "received" / "both", tmp_path / "foreign"
    for file in (one, both, foreign):
        file.write_text("")
    led_out = tmp_path / "received" / ".." / "foreign"
    for session, file in (("a", one), ("a", both), ("b", both), ("b", None), ("a", foreign), ("a", led_out)):
        session_files.remember(session, None if file is None else str(file))
    session_files.forget("a")
    assert not one.exists() and both.exists()
    session_files.forget("b")
    session_files.forget("never seen")
    assert not both.exists() and foreign.exists(), "nothing but uploads is ever deleted"
