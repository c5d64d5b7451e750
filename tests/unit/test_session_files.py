"""What visitors bring is indexed, searched by them alone, and deleted."""

import copy
import os
from types import SimpleNamespace

import pytest
from PIL import Image

from lbf_model.interface.answers import MINE, Query, QueryError
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import SessionFiles, UploadError
from lbf_model.interface.visitor_folder import visitor_folder
from lbf_model.retrieval.catalog import Catalog

TEXT = "make red cube large"


@pytest.fixture(scope="module")
def service(retriever, compared):
    return Service({"scenes": "Scenes"}, lambda: Catalog({}, retriever, tuple(compared)))


@pytest.fixture
def session_files(service, tmp_path):
    with visitor_folder(tmp_path) as folder:
        made = SessionFiles(service.catalog, folder)
        yield made
        made.close()


@pytest.fixture
def uploads(session_files, tmp_path):
    """The folder that the server puts uploads into."""
    (folder,) = tmp_path.glob("lbf-visitors-*/uploads")
    return folder


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


def test_what_is_stopped_or_useless_leaves_nothing_behind(session_files, upload, uploads):
    made = uploads.parent / "own"
    steps = session_files.index(upload)
    for _ in range(6):
        next(steps)
    assert list(made.iterdir())
    steps.close()
    assert not list(made.iterdir())
    *_, (own, report) = session_files.index(upload[-1:])
    assert own is None and len(report.unreadable) == 1 and not list(made.iterdir())
    with pytest.raises(UploadError, match="Add pictures"):
        next(session_files.index([]))


def test_pictures_are_added_and_removed_one_by_one(service, session_files, upload, tiny_split):
    *_, (own, _) = session_files.index(upload[:2])
    vectors = {item.id: service.entry(MINE, own).gallery.vector(item.id) for item in service.entry(MINE, own).gallery.items}
    *told, (more, report) = session_files.index([upload[3], upload[2]], own)  # again.bmp is one.png, three.png is new
    assert report.kept == ("three.png",) and report.duplicates == (("again.bmp", "one.png"),)
    assert more.folder == own.folder and [one.name for one in more.kept] == ["one.png", "two.png", "three.png"]
    assert told[-1] == ("Indexing 3 of 3", 1.0)
    gallery = service.entry(MINE, more).gallery
    assert [item.caption for item in gallery.items] == ["one.png", "two.png", "three.png"]
    assert all(gallery.vector(id).tobytes() == vector.tobytes() for id, vector in vectors.items()), "nothing was made again"
    fewer = session_files.remove(more, more.kept[0].file)
    assert [item.caption for item in service.entry(MINE, fewer).gallery.items] == ["two.png", "three.png"]
    assert sorted(path.name for path in (own.folder / "pictures").iterdir()) == ["001.jpg", "002.jpg"]
    *_, (back, _) = session_files.index(upload[:1], fewer)
    assert [(one.file, one.name) for one in back.kept][-1] == ("003.jpg", "one.png"), "no file gets the name of another"
    session_files.keep("a", own)
    session_files.keep("a", back)
    assert back.gallery.exists(), "an added picture deletes no other"
    *_, (again, _) = session_files.index(upload[:1], session_files.remove(back, "003.jpg"))
    assert again.kept[-1].file == "004.jpg", "nor that of one that was removed: an answer on show still means the other"
    session_files.remove(again, "004.jpg")
    alone = session_files.remove(session_files.remove(back, "003.jpg"), "002.jpg")
    for wrong, said in (("001.jpg", "only picture"), ("000.jpg", "not there")):
        with pytest.raises(UploadError, match=said):
            session_files.remove(alone, wrong)
    session_files.drop(alone)
    for late in (lambda: next(session_files.index(upload, alone)), lambda: session_files.remove(back, "003.jpg")):
        with pytest.raises(UploadError, match="no longer here"):
            late()


def test_what_is_stopped_or_useless_leaves_the_earlier_pictures(service, session_files, upload):
    *_, (own, _) = session_files.index(upload[:2])
    steps = session_files.index(upload[2:3], own)
    while not next(steps)[0].startswith("Indexing"):
        pass
    steps.close()
    *_, (made, report) = session_files.index(upload[-1:], own)
    assert made is None and len(report.unreadable) == 1
    assert len(list((own.folder / "pictures").iterdir())) == len(service.entry(MINE, own).gallery) == 2
    *_, (more, _) = session_files.index(upload[2:3], own)
    assert len(service.entry(MINE, more).gallery) == 3


def test_what_outlived_its_session_is_swept_away(session_files, upload, uploads):
    old, new = ([*session_files.index(upload)][-1][0] for _ in range(2))
    for folder in (uploads / "old", uploads / "new"):
        folder.mkdir()
        (folder / "picture.png").write_text("")
    (uploads / "opened.png").write_text("")
    session_files.pin(str(uploads / "opened.png"))
    for path in (old.folder, uploads / "old" / "picture.png", uploads / "opened.png"):
        os.utime(path, (1, 1))
    session_files.sweep()
    assert not old.folder.exists() and new.folder.exists()
    assert not list((uploads / "old").iterdir()) and (uploads / "new" / "picture.png").exists()
    os.utime(uploads / "old", (1, 1))
    os.utime(uploads / "new", (1, 1))
    session_files.sweep()
    assert {path.name for path in uploads.iterdir()} == {"new", "opened.png"}, "what new pages show stays"


def test_sweeping_goes_on_where_a_folder_went_while_it_was_listed(session_files, monkeypatch):
    rounds, waits = [], iter((False, False, True))

    def sweep():
        rounds.append(len(rounds))
        raise FileNotFoundError(2, "gone")

    monkeypatch.setattr(session_files, "sweep", sweep)
    monkeypatch.setattr(session_files, "_closed", SimpleNamespace(wait=lambda seconds: next(waits), set=lambda: None))
    session_files._keep_sweeping()
    assert rounds == [0, 1]


def test_own_pictures_are_deleted_with_their_session_or_for_newer_ones(session_files, upload):
    first, second, others = ([*session_files.index(upload)][-1][0] for _ in range(3))
    session_files.keep("a", first)
    session_files.keep("b", others)
    session_files.keep("a", second)
    assert not first.folder.exists() and second.folder.exists()
    session_files.forget("a")
    assert not second.folder.exists() and others.folder.exists()


def test_uploads_are_deleted_with_their_session_unless_another_has_them(session_files, uploads, tmp_path):
    one, both, foreign = uploads / "one", uploads / "both", tmp_path / "foreign"
    for file in (one, both, foreign):
        file.write_text("")
    led_out = uploads / ".." / ".." / "foreign"
    for session, file in (("a", one), ("a", both), ("b", both), ("b", None), ("a", foreign), ("a", led_out)):
        session_files.remember(session, None if file is None else str(file))
    session_files.forget("a")
    assert not one.exists() and both.exists()
    session_files.forget("b")
    session_files.forget("never seen")
    assert not both.exists() and foreign.exists(), "nothing but uploads is ever deleted"


def test_a_picture_that_everyone_is_shown_outlives_whoever_claims_it(session_files, uploads, tmp_path):
    shared, own = uploads / "of-a-gallery.webp", uploads / "of-own-pictures.jpg"
    for file in (shared, own):
        file.write_text("")
    session_files.share(str(tmp_path / "gallery" / "of-a-gallery.webp"), str(shared))
    session_files.share(str(uploads.parent / "own" / "of-own-pictures.jpg"), str(own))
    for file in (shared, own):
        session_files.remember("a", str(file))
    session_files.forget("a")
    assert shared.exists() and not own.exists()
