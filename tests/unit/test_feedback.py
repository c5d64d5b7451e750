"""More like this, less like this, but not that: the formula, what is refused, and that other queries stay as they were."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.explain.leave_one_out import compose_without, measure_effects
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.interface.records import search_record
from lbf_model.retrieval.compare import compare
from lbf_model.retrieval.feedback import (
    LESS,
    MORE,
    MOST,
    NOT,
    FeedbackError,
    give_feedback,
    move,
    read_feedback,
    tell_feedback,
    write_feedback,
)
from lbf_model.retrieval.pointing import Pointing
from lbf_model.retrieval.stored_result import read_result, write_result
from lbf_model.tasks.notices import answer_notices
from lbf_model.types import Feedback

TEXT = "make red cube large"
PICTURE = Image.new("RGB", (180, 120))


@pytest.fixture(scope="module")
def gallery(retriever, compared, tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    for i in range(6):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)).save(root / f"{i}.png")
    return build_gallery(retriever, root, list_folder(root).entries, tmp_path_factory.mktemp("g"), compared=compared)[0]


def search(retriever, gallery, feedback, pointing=None):
    return retriever.search(PICTURE, TEXT, gallery, 6, pointing, feedback=feedback)


@pytest.mark.parametrize("pointing", [None, Pointing((1,))])
def test_a_query_is_a_signed_sum(retriever, gallery, pointing):
    plain = search(retriever, gallery, None, pointing)
    feedback = Feedback(("0.png", "1.png"), ("2.png",), "small blue sphere")
    moved = search(retriever, gallery, feedback, pointing)
    encoder, vector = retriever.encoder, gallery.vector
    refused, _ = encoder.encode_query(plain.regions, encoder.reader.tokenize_text("small blue sphere"), plain.links)
    brings = refused - encoder.encode_targets([plain.regions])[0]
    by_hand = plain.embedding + MORE * (vector("0.png") + vector("1.png")) / 2 - LESS * vector("2.png") - NOT * brings
    assert moved.embedding == pytest.approx(by_hand / np.linalg.norm(by_hand), abs=1e-5)
    assert moved.embedding.dtype == np.float32 and np.linalg.norm(moved.embedding) == pytest.approx(1, abs=1e-6)
    assert moved.matches == gallery.search(moved.embedding, 6) and moved.feedback == feedback and plain.feedback is None
    assert search(retriever, gallery, feedback, pointing).embedding.tobytes() == moved.embedding.tobytes()


def test_what_is_liked_comes_nearer_and_what_is_not_goes_away(retriever, gallery):
    plain = search(retriever, gallery, None)
    for id in ("3.png", "4.png"):
        score = plain.embedding @ gallery.vector(id)
        assert search(retriever, gallery, Feedback(more=(id,))).embedding @ gallery.vector(id) > score
        assert search(retriever, gallery, Feedback(less=(id,))).embedding @ gallery.vector(id) < score


def test_a_query_without_feedback_is_the_same_to_the_bit(retriever, gallery):
    composed = retriever.compose_query(PICTURE, TEXT)
    assert search(retriever, gallery, None).embedding.tobytes() == composed.embedding.tobytes()
    assert move(composed.embedding, None) is composed.embedding


def test_odds_of_plain_queries_are_not_told_of_moved_ones(retriever, gallery, monkeypatch):
    class Sure:
        def likelihood(self, query, scores):
            return 0.9

    monkeypatch.setattr(retriever.encoder, "odds", Sure())
    assert search(retriever, gallery, None).likelihood == 0.9
    assert search(retriever, gallery, Feedback(more=("0.png",))).likelihood is None


def test_nothing_is_no_feedback_and_each_picture_counts_once():
    assert give_feedback() is give_feedback([], None, " ") is None
    assert give_feedback(["a", "a", "b"], but_not=" dotted ") == Feedback(("a", "b"), (), "dotted")


@pytest.mark.parametrize(
    "given, said",
    [
        ({"more": "abc"}, "not a list of pictures"),
        ({"less": [1]}, "not a list of pictures"),
        ({"more": ["a"], "less": ["b", "a"]}, "not both"),
        ({"more": [str(i) for i in range(MOST + 1)]}, f"at most {MOST} results"),
        ({"but_not": ["red"]}, "has to be a text"),
    ],
)
def test_what_is_no_feedback_is_refused(given, said):
    with pytest.raises(FeedbackError, match=said):
        give_feedback(**given)


@pytest.mark.parametrize(
    "feedback, said",
    [
        (Feedback(more=("gone",)), "gallery has no picture 'gone'"),
        (Feedback(less=("gone",)), "gallery has no picture 'gone'"),
        (Feedback(but_not="elephant"), "But not: None of these words is known: elephant"),
        (Feedback(but_not="red elephant"), "But not: these words are not understood: elephant"),
    ],
)
def test_feedback_that_cannot_be_followed_is_told(retriever, gallery, feedback, said):
    with pytest.raises(FeedbackError, match=said):
        search(retriever, gallery, feedback)


@pytest.mark.parametrize("feedback", [None, Feedback(("a, “b”",), (), "red"), Feedback(less=("x", "y"))])
def test_feedback_survives_its_text(feedback):
    assert read_feedback(write_feedback(feedback)) == feedback


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"other": 1}', '{"more": "a"}', "[" * 100_000])
def test_an_altered_text_is_refused(text):
    with pytest.raises(FeedbackError):
        read_feedback(text)


def test_the_answer_says_what_was_asked_for_besides(retriever, gallery):
    feedback = Feedback(("0.png", "1.png"), ("2.png",), "blue")
    assert tell_feedback(feedback) == "more like 2 results, less like 1 result, but not “blue”" and tell_feedback(None) == ""
    result = search(retriever, gallery, feedback)
    assert f"Also asked for: {tell_feedback(feedback)}." in answer_notices(result)
    said = {"more": ["0.png", "1.png"], "less": ["2.png"], "but_not": "blue"}
    assert search_record(result, [""] * 6)["feedback"] == said
    assert search_record(search(retriever, gallery, None), [""] * 6)["feedback"] is None


def test_what_is_left_out_is_left_out_of_the_moved_query(retriever, gallery):
    result = search(retriever, gallery, Feedback(("0.png",), (), "blue"))
    item = result.matches[0].id
    effects = measure_effects(retriever.encoder, result, gallery, item)
    assert (effects.score, effects.rank) == (pytest.approx(result.matches[0].score, abs=1e-6), 1)
    plain = search(retriever, gallery, None)
    _, without_word = compose_without(retriever.encoder, plain.regions, plain.tokens)
    shift = MORE * gallery.vector("0.png") - NOT * (
        retriever.encoder.encode_query(plain.regions, retriever.encoder.reader.tokenize_text("blue"))[0]
        - retriever.encoder.encode_targets([plain.regions])[0]
    )
    by_hand = without_word + shift
    by_hand /= np.linalg.norm(by_hand, axis=1, keepdims=True)
    assert effects.word_scores == pytest.approx(by_hand @ gallery.vector(item), abs=1e-5)


def test_compared_methods_heed_feedback_in_their_own_space(retriever, gallery, compared):
    result = search(retriever, gallery, Feedback(more=("0.png",)))
    own, *others = compare(retriever, result, gallery, compared, 6)
    assert own.matches == result.matches
    for column, encoder in zip(others, compared, strict=True):
        seen = gallery.seen_by(encoder.fingerprint)
        composed = encoder.encode_query(result.regions, result.tokens)[0] + MORE * seen.vector("0.png")
        scores = {m.id: m.score for m in column.matches}
        assert scores["0.png"] == pytest.approx(composed @ seen.vector("0.png") / np.linalg.norm(composed), abs=1e-5)


def test_an_answer_is_stored_with_its_feedback(retriever, gallery, tmp_path):
    feedback = Feedback(("0.png",), ("1.png",), "blue")
    result = search(retriever, gallery, feedback)
    pictures = gallery.picture(gallery.items[0]).parent
    write_result(tmp_path / "answer.npz", result, pictures, {})
    assert read_result(tmp_path / "answer.npz", pictures)[0].feedback == feedback
