"""What visitors bring is indexed, searched by them alone, and deleted."""

import copy
import os
from pathlib import Path

import pytest
from PIL import Image

from lbf_model.interface.belongings import Belongings, UploadError
from lbf_model.interface.engine import MINE, Engine, Query, QueryError
from lbf_model.offering import Offers

TEXT = "make red cube large"


@pytest.fixture(scope="module")
def engine(retriever, beside):
    return Engine({"scenes": "Scenes"}, lambda: Offers({}, retriever, tuple(beside)))


@pytest.fixture
def belongings(engine, tmp_path):
    made = Belongings(engine.offers, tmp_path / "received")
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


def test_own_pictures_are_indexed_searched_and_dropped(engine, belongings, upload, tiny_split):
    *told, (own, report) = belongings.index(upload)
    assert report.kept == ("one.png", "two.png", "three.png")
    assert report.duplicates == (("again.bmp", "one.png"),) and report.unreadable[0][0] == "broken.jpg"
    assert told[0] == ("Reading 1 of 5", 0.2) and told[-1] == ("Indexing 3 of 3", 1.0)
    assert copy.deepcopy(own) == own and engine.choices(own) == [("Scenes", "scenes"), ("My pictures (3)", MINE)]
    assert engine.choices() == [("Scenes", "scenes")]
    query = Query(str(tiny_split.picture(9, "3d")), TEXT, MINE, 9)
    answer = engine.answer(query, own)
    assert answer.own is own and {m.caption for m in answer.result.matches} == set(report.kept)
    assert engine.source(answer) == "", "no link can name it"
    assert len(engine.columns(answer, None)) > 2 and engine.details(answer, answer.result.matches[0].id)
    assert engine.gallery_problem(MINE, None), "another visitor has none"
    belongings.drop(own)
    assert not own.folder.exists()
    assert "no longer here" in engine.gallery_problem(MINE, own)
    for late in (lambda: engine.answer(query, own), lambda: engine.details(answer, "000.jpg")):
        with pytest.raises(QueryError, match="no longer here"):
            late()
    belongings.drop(None)


def test_what_is_stopped_or_useless_leaves_nothing_behind(engine, upload):
    belongings = Belongings(engine.offers, Path("received"))
    home = Path(belongings._home.name)
    steps = belongings.index(upload)
    for _ in range(6):
        next(steps)
    assert list(home.iterdir())
    steps.close()
    assert not list(home.iterdir())
    *_, (own, report) = belongings.index(upload[-1:])
    assert own is None and len(report.unreadable) == 1 and not list(home.iterdir())
    with pytest.raises(UploadError, match="Add pictures"):
        next(belongings.index([]))
    belongings.close()
    assert not home.exists()


def test_what_outlived_its_session_is_swept_away(belongings, upload):
    old, new = ([*belongings.index(upload)][-1][0] for _ in range(2))
    os.utime(old.folder, (1, 1))
    belongings.sweep()
    assert not old.folder.exists() and new.folder.exists()


def test_uploads_are_deleted_with_their_session_unless_another_has_them(belongings, tmp_path):
    (tmp_path / "received").mkdir()
    one, both, foreign = tmp_path / "received" / "one", tmp_path / "received" / "both", tmp_path / "foreign"
    for file in (one, both, foreign):
        file.write_text("")
    led_out = tmp_path / "received" / ".." / "foreign"
    for session, file in (("a", one), ("a", both), ("b", both), ("b", None), ("a", foreign), ("a", led_out)):
        belongings.remember(session, None if file is None else str(file))
    belongings.forget("a")
    assert not one.exists() and both.exists()
    belongings.forget("b")
    belongings.forget("never seen")
    assert not both.exists() and foreign.exists(), "nothing but uploads is ever deleted"
