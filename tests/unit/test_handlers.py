"""What the page answers, without a page."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.index import GalleryItem
from lbf_model.indexing import build_gallery
from lbf_model.interface import handlers
from lbf_model.interface.handlers import MEAN, Engine, QueryError
from lbf_model.interface.records import explanation_record, search_record
from lbf_model.text.vocabulary import TextError
from lbf_model.vision.pictures import PictureError

TEXT = "make red cube large"


@pytest.fixture(scope="module")
def engine(retriever, tiny_css, tiny_split, tmp_path_factory):
    entries = [
        GalleryItem(f"s{i}", tiny_split.picture(i, "3d").relative_to(tiny_css).as_posix(), f"scene {i}") for i in range(8)
    ]
    gallery, _ = build_gallery(retriever, tiny_css, entries, tmp_path_factory.mktemp("gallery"))
    return Engine(retriever, {"scenes": gallery})


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
    assert engine.picture_problem(path) is None and engine.text_problem(TEXT) is None
    assert "Add a picture" in engine.picture_problem(None)
    assert engine.picture_problem(str(bad)) and engine.text_problem("") and engine.text_problem("xyzzy")
    with pytest.raises(PictureError):
        engine.answer(str(bad), TEXT, "scenes", 5)
    with pytest.raises(TextError):
        engine.answer(path, "", "scenes", 5)
    for arguments in ((path, TEXT, "no such", 5), (path, TEXT, "scenes", 0), (None, TEXT, "scenes", 5)):
        with pytest.raises(QueryError):
            engine.answer(*arguments)


def test_records_say_the_whole_answer(answer):
    record = search_record(answer.result)
    assert [m["rank"] for m in record["matches"]] == [1, 2, 3, 4, 5]
    assert set(record["matches"][0]) == {"rank", "id", "path", "score", "caption"}
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


def test_a_page_needs_a_gallery(retriever):
    with pytest.raises(ValueError, match="gallery"):
        Engine(retriever, {})
