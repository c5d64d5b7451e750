"""What the page answers, without a page."""

import copy
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.index import GalleryItem
from lbf_model.indexing import build_gallery
from lbf_model.interface import handlers
from lbf_model.interface.handlers import MEAN, MINE, Engine, OwnGallery, QueryError
from lbf_model.interface.records import explanation_record, search_record
from lbf_model.offering import Offer
from lbf_model.text.vocabulary import TextError
from lbf_model.uploads import UploadReport
from lbf_model.vision.pictures import PictureError

TEXT = "make red cube large"


@pytest.fixture(scope="module")
def engine(retriever, tiny_css, tiny_split, tmp_path_factory):
    entries = [
        GalleryItem(f"s{i}", tiny_split.picture(i, "3d").relative_to(tiny_css).as_posix(), f"scene {i}") for i in range(8)
    ]
    gallery, _ = build_gallery(retriever, tiny_css, entries, tmp_path_factory.mktemp("gallery"))
    return Engine([Offer("scenes", "Scenes", gallery, retriever)], retriever)


@pytest.fixture(scope="module")
def path(tiny_split):
    return str(tiny_split.picture(9, "3d"))


@pytest.fixture(scope="module")
def answer(engine, path):
    return engine.answer(path, TEXT, "scenes", 5)


def test_an_answer_has_ranked_pictures_with_cosines(answer):
    pictures = handlers.result_pictures(answer)
    assert len(pictures) == 5
    assert all(Image.open(file) for file, _ in pictures)
    assert pictures[0][1].startswith("1 · ")


def test_each_word_has_a_heat_picture_and_choices_matter(answer):
    words = range(len(answer.result.tokens.words))
    drawn = [np.asarray(handlers.heat_picture(answer, w, MEAN, MEAN)) for w in words]
    assert len(drawn) == 4 and all(d.shape == drawn[0].shape for d in drawn)
    mean, first = (handlers.word_weights(answer.result, 0, layer, "1") for layer in (MEAN, "1"))
    assert mean.shape == first.shape == (len(answer.result.regions),)
    assert np.array_equal(first, answer.result.explanation.word_to_region[0, 0, 0])


def test_the_word_shown_first_stands_out_from_the_mean_over_words(answer):
    weights = np.stack([handlers.word_weights(answer.result, w, MEAN, MEAN) for w in range(4)])
    stands_out = (weights - weights.mean(0)).max(1)
    assert stands_out[handlers.telling_word(answer.result)] == stands_out.max()


@pytest.mark.parametrize("arguments", [(9, MEAN, MEAN), (0, "7", MEAN), (0, MEAN, "7"), (0, "x", MEAN), (0, "0", MEAN)])
def test_what_is_not_there_is_refused(answer, arguments):
    with pytest.raises(QueryError):
        handlers.heat_picture(answer, *arguments)


def test_the_summary_says_what_was_left_out(engine, path, answer):
    assert "ms" in handlers.summary(answer) and "Unknown" not in handlers.summary(answer)
    assert "Unknown words, left out: mauve." in handlers.summary(engine.answer(path, f"{TEXT} mauve", "scenes", 1))


def test_problems_are_told_for_the_field_that_has_them(engine, path, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"nothing")
    assert engine.picture_problem(path) is None and engine.text_problem(TEXT, "scenes") is None
    assert "Add a picture" in engine.picture_problem(None)
    assert engine.picture_problem(str(bad)) and engine.text_problem("", "scenes") and engine.text_problem("xyzzy", MINE)
    assert engine.gallery_problem("scenes", None) is None and "Add them again" in engine.gallery_problem(MINE, None)
    with pytest.raises(PictureError):
        engine.answer(str(bad), TEXT, "scenes", 5)
    with pytest.raises(TextError):
        engine.answer(path, "", "scenes", 5)
    for arguments in ((path, TEXT, "no such", 5), (path, TEXT, MINE, 5), (path, TEXT, "scenes", 0), (None, TEXT, "scenes", 5)):
        with pytest.raises(QueryError):
            engine.answer(*arguments)


def test_records_say_the_whole_answer(answer):
    record = search_record(answer.result)
    assert [m["rank"] for m in record["matches"]] == [1, 2, 3, 4, 5]
    assert set(record["matches"][0]) == {"rank", "id", "path", "score", "caption", "duplicates"}
    assert set(record["regions"][0]) == {"box", "score", "label"}
    assert record["words"] == ["make", "red", "cube", "large"]
    attention = explanation_record(answer.result)
    assert np.array(attention["word_to_region"]).shape == (4, len(record["regions"]))
    assert np.array(attention["region_to_word"]).sum(1) == pytest.approx(1, abs=1e-3)


def test_two_visitors_share_nothing(engine, path):
    one = engine.answer(path, TEXT, "scenes", 5)
    before = [m.id for m in one.result.matches]
    engine.answer(path, "remove blue cube", "scenes", 3)
    assert [m.id for m in one.result.matches] == before
    assert [m.id for m in engine.answer(path, TEXT, "scenes", 5).result.matches] == before


def test_a_page_needs_a_gallery_and_keeps_a_name_for_itself(engine, retriever):
    with pytest.raises(ValueError, match="gallery"):
        Engine([], retriever)
    with pytest.raises(ValueError, match="another one"):
        Engine([Offer(MINE, "", engine.offers["scenes"].gallery, retriever)], retriever)


@pytest.fixture
def upload(tiny_split, tmp_path):
    """Three scenes, one of them twice, and a broken file."""
    files = [tmp_path / name for name in ("one.png", "two.png", "three.png", "again.bmp", "broken.jpg")]
    for place, file in zip((3, 4, 5, 3), files, strict=False):
        with Image.open(tiny_split.picture(place, "3d")) as picture:
            picture.convert("RGB").save(file)
    files[-1].write_bytes(b"broken")
    return [str(file) for file in files]


def drained(steps):
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return told, *end.value


def test_own_pictures_are_indexed_searched_and_dropped(engine, path, upload):
    told, own, report = drained(engine.index_own(upload))
    assert report.kept == ("one.png", "two.png", "three.png")
    assert report.duplicates == (("again.bmp", "one.png"),) and report.unreadable[0][0] == "broken.jpg"
    assert told[0] == ("Reading 1 of 5", 0.2) and told[-1] == ("Indexing 3 of 3", 1.0)
    assert copy.deepcopy(own) == own and engine.choices(own) == [("Scenes", "scenes"), ("My pictures (3)", MINE)]
    assert engine.choices() == [("Scenes", "scenes")]
    answer = engine.answer(path, TEXT, MINE, 9, own)
    captions = [caption for _, caption in handlers.result_pictures(answer)]
    assert len(captions) == 3 and {c.split(" · ")[-1] for c in captions} == set(report.kept)
    assert engine.gallery_problem(MINE, None), "another visitor has none"
    engine.drop_own(own)
    assert not own.folder.exists()
    assert "no longer here" in engine.gallery_problem(MINE, own)
    with pytest.raises(QueryError, match="no longer here"):
        engine.answer(path, TEXT, MINE, 9, own)
    engine.drop_own(None)


def test_what_is_stopped_or_useless_leaves_nothing_behind(engine, retriever, upload):
    engine = Engine(list(engine.offers.values()), retriever)
    home = Path(engine._home.name)
    steps = engine.index_own(upload)
    for _ in range(6):
        next(steps)
    assert list(home.iterdir())
    steps.close()
    assert not list(home.iterdir())
    _, own, report = drained(engine.index_own(upload[-1:]))
    assert own is None and len(report.unreadable) == 1 and not list(home.iterdir())
    with pytest.raises(QueryError, match="Add pictures"):
        next(engine.index_own([]))
    engine.close()
    assert not home.exists()


def test_what_outlived_its_session_is_swept_away(engine, retriever, upload):
    engine = Engine(list(engine.offers.values()), retriever)
    _, old, _ = drained(engine.index_own(upload))
    os.utime(old.folder, (1, 1))
    _, new, _ = drained(engine.index_own(upload))
    assert not old.folder.exists() and new.folder.exists()


def test_the_report_names_every_file_as_text():
    pairs = tuple((f"<img src=x onerror=alert({i})>", "why & how") for i in range(25))
    own = OwnGallery(Path("nowhere"), 1)
    said = handlers.upload_summary(own, UploadReport(("a",), (("b<b>", "a"),), pairs, (), 2))
    assert "1 picture indexed" in said and "not readable: 25" in said and "and 5 more" in said and "2 system files" in said
    assert "<img" not in said and "&lt;img src=x" in said and "b&lt;b&gt;" in said and "why &amp; how" in said
    assert "nothing to search" in handlers.upload_summary(None, UploadReport((), (), pairs, (), 0))
