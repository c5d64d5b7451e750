"""Pointing at regions: which numbers mean what, that words touch nothing else, and that unmarked queries stay as they were."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.explain.leave_one_out import compose_unlinked, compose_without, measure_effects
from lbf_model.explain.relevance import explain_relevance
from lbf_model.gallery.items import CompositorFacts
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.interface.records import search_record
from lbf_model.network.batching import batch_links, batch_regions, batch_words
from lbf_model.retrieval.compare import compare
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.pointing import Pointing, PointingError, name_regions, point_at, read_numbers, read_pointing
from lbf_model.retrieval.retriever import Retriever
from lbf_model.tasks.notices import answer_notices
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.vision.pictures import load_picture
from tests.small import random_regions, small_compositor

TEXT = "make red cube large"
PICTURE = Image.new("RGB", (180, 120))
COUNT = 4


class FourRegions:
    """A detector that finds the same four regions in every picture."""

    fingerprint = "four"

    def __init__(self, width):
        self.found = random_regions(COUNT, width=width)

    def detect_regions(self, pictures):
        return [self.found] * len(pictures)


@pytest.fixture(scope="module")
def seeing(retriever):
    """The small retriever, seeing four regions in every picture."""
    return Retriever(FourRegions(retriever.encoder.config.feature_width), retriever.encoder)


@pytest.fixture(scope="module")
def gallery(retriever, compared, tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    for i in range(6):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)).save(root / f"{i}.png")
    return build_gallery(retriever, root, list_folder(root).entries, tmp_path_factory.mktemp("g"), compared=compared)[0]


@pytest.mark.parametrize(
    "pointing, links",
    [
        (Pointing((2,)), [False, True, False]),
        (Pointing((3, 1, 3)), [True, False, True]),
        (Pointing((2,), keep=True), [True, False, True]),
        (Pointing((1, 2, 3)), [True, True, True]),
    ],
)
def test_numbers_count_from_one(pointing, links):
    assert pointing.links(3).tolist() == links and pointing.links(3).dtype == bool


@pytest.mark.parametrize(
    "pointing, count, said",
    [
        (Pointing((2, 4, 9)), 3, "no region 4 or 9: this picture has 3 regions, numbered 1 to 3"),
        (Pointing((2,), keep=True), 1, "no region 2: this picture has one region, number 1"),
        (Pointing((1, 2), keep=True), 2, "No region is left to change: all regions are to be kept"),
    ],
)
def test_what_cannot_be_followed_is_told(pointing, count, said):
    with pytest.raises(ValueError, match=said):
        pointing.links(count)


@pytest.mark.parametrize("numbers", [(0,), (-1,), (1.5,), ("2",), (True,), (None,)])
def test_only_whole_numbers_from_one_are_regions(numbers):
    with pytest.raises(PointingError, match="whole numbers from 1"):
        Pointing(numbers)
    with pytest.raises(PointingError, match="whole numbers from 1"):
        point_at(list(numbers))


def test_one_list_is_given_or_the_other():
    assert point_at() is None and point_at([2, 3]) == Pointing((2, 3)) and point_at(keep=[1]) == Pointing((1,), keep=True)
    assert point_at(keep=[]) is None, "all may change"
    with pytest.raises(PointingError, match="No region is left to change: the list of regions is empty"):
        point_at([])
    with pytest.raises(PointingError, match="not both"):
        point_at([1], [2])
    with pytest.raises(PointingError, match="give a list"):
        point_at("2")


@pytest.mark.parametrize("pointing", [None, Pointing((3, 1)), Pointing((2,), keep=True)])
def test_pointing_survives_its_text(pointing):
    assert read_pointing("" if pointing is None else str(pointing)) == pointing


def test_numbers_are_read_as_people_type_them():
    assert read_numbers("2,3") == read_numbers(" 3 , 2,2 ") == (2, 3) and str(Pointing((3, 1), keep=True)) == "keep 1,3"
    for wrong in ("", "a", "2;3", "1-3", "2,,3", "²", "0", "keep", "9" * 5000):
        with pytest.raises(PointingError):
            read_numbers(wrong)
    for wrong in ("keep ", "keep", "leave 2", "keep 0"):
        with pytest.raises(PointingError):
            read_pointing(wrong)


def test_regions_are_named_as_a_list():
    assert name_regions((2,)) == "region 2" and name_regions((1, 2, 4)) == "regions 1, 2 and 4"
    assert name_regions((1, 2), ("gray dress", "gray sleeve")) == "regions 1 (gray dress) and 2 (gray sleeve)"


@pytest.mark.parametrize("pointing, numbers", [(Pointing((2, 4)), (2, 4)), (Pointing((3,), keep=True), (1, 2, 4))])
def test_a_search_lets_words_touch_what_was_pointed_at_alone(seeing, gallery, pointing, numbers):
    result = seeing.search(PICTURE, TEXT, gallery, 6, pointing)
    links = np.isin([1, 2, 3, 4], numbers)
    assert result.pointed_at == numbers and result.links.tolist() == links.tolist()
    network, found = seeing.encoder.network, seeing.detector.found
    batch = batch_regions([found], 36), batch_words([result.tokens.values])
    with torch.inference_mode():
        by_hand = network.compose_query(*batch, torch.from_numpy(links)[None])
    assert np.array_equal(result.embedding, by_hand.embedding[0].numpy())
    assert not np.allclose(result.embedding, seeing.compose_query(PICTURE, TEXT).embedding, atol=1e-4)
    looked, heard = result.explanation.word_to_region, result.explanation.region_to_word
    assert (looked[..., ~links] == 0).all() and looked.sum(-1) == pytest.approx(1, abs=1e-5)
    assert (heard[:, :, ~links] == 0).all() and heard[:, :, links].sum(-1) == pytest.approx(1, abs=1e-5)
    assert result.matches == gallery.search(result.embedding, 6)


def test_a_query_without_a_mark_is_the_same_to_the_bit(seeing, gallery):
    result = seeing.search(PICTURE, TEXT, gallery, 6)
    batch = batch_regions([seeing.detector.found], 36), batch_words([result.tokens.values])
    with torch.inference_mode():
        by_hand = seeing.encoder.network.compose_query(*batch)
    assert result.embedding.tobytes() == by_hand.embedding[0].numpy().tobytes()
    assert result.explanation.word_to_region.tobytes() == by_hand.word_to_region[0].numpy().tobytes()
    assert result.pointed_at is None and result.links is None and answer_notices(result) == ()
    everything = seeing.search(PICTURE, TEXT, gallery, 6, Pointing((1, 2, 3, 4)))
    assert everything.embedding == pytest.approx(result.embedding, abs=1e-6) and everything.pointed_at == (1, 2, 3, 4)


def test_a_region_that_is_not_there_is_refused_before_the_gallery_is_asked(seeing):
    with pytest.raises(PointingError, match="no region 5"):
        seeing.search(PICTURE, TEXT, None, 6, Pointing((5,)))
    with pytest.raises(PointingError, match="No region is left"):
        seeing.search(PICTURE, TEXT, None, 6, Pointing((1, 2, 3, 4), keep=True))


def test_a_compositor_that_does_not_attend_cannot_be_pointed():
    network = small_compositor("concat")
    reader = Vocabulary(network.config.vocabulary, network.config.aliases)
    deaf = Retriever(FourRegions(12), QueryEncoder(network, CompositorFacts("f", "my-concat", "concat", 24), reader))
    assert deaf.compose_query(PICTURE, TEXT).pointed_at is None
    with pytest.raises(PointingError, match="my-concat cannot be pointed at regions"):
        deaf.compose_query(PICTURE, TEXT, Pointing((1,)))


@pytest.mark.parametrize(
    "numbers, said",
    [
        ((2,), "Only region 2 (thing) was to change."),
        ((1, 2), "Only regions 1 (thing) and 2 (thing) were to change."),
        ((1, 2, 4), "All but region 3 (thing) were to change."),
        ((1, 2, 3, 4), "All regions were to change."),
    ],
)
def test_the_answer_says_what_was_pointed_at(seeing, numbers, said):
    assert answer_notices(seeing.compose_query(PICTURE, TEXT, Pointing(numbers))) == (said,)


def test_the_answer_says_what_of_a_picture_was_ignored(seeing, tmp_path):
    PICTURE.save(tmp_path / "tagged.png", icc_profile=b"no profile")
    said = "About your picture: its colour profile is broken, and was ignored."
    result = seeing.compose_query(load_picture(tmp_path / "tagged.png"), TEXT, Pointing((2,)))
    assert answer_notices(result) == (said, "Only region 2 (thing) was to change.")
    assert search_record(result, [])["notices"][0] == said, "the API says so, too"


def test_what_is_left_out_is_left_out_of_the_query_that_was_pointed(seeing, gallery):
    encoder, found = seeing.encoder, seeing.detector.found
    result = seeing.compose_query(PICTURE, TEXT, Pointing((2, 4)))
    links = np.array([False, True, False, True])
    without_region, without_word = compose_without(encoder, found, result.tokens, links)
    by_hand = encoder.encode_queries([found.only(np.array([0, 2, 3]))], [result.tokens], [np.array([False, False, True])])
    assert without_region[1] == pytest.approx(by_hand[0], abs=1e-5)
    shorter = encoder.reader.tokenize_text("make red cube")
    assert without_word[3] == pytest.approx(encoder.encode_queries([found], [shorter], [links])[0], abs=1e-5)
    unlinked = compose_unlinked(encoder, found, result.tokens, links)
    assert unlinked[0] == pytest.approx(result.embedding, abs=1e-5), "nothing was said of it in the first place"
    by_hand = encoder.encode_queries([found], [result.tokens], [np.array([False, False, False, True])])
    assert unlinked[1] == pytest.approx(by_hand[0], abs=1e-5)
    effects = measure_effects(encoder, result, gallery, gallery.items[0].id)
    scores, _ = gallery.rank(np.concatenate([without_region, unlinked, without_word]), gallery.items[0].id, ())
    measured = np.concatenate([effects.region_scores, effects.unlinked_scores, effects.word_scores])
    assert measured == pytest.approx(scores, abs=1e-5)
    alone = measure_effects(encoder, seeing.compose_query(PICTURE, TEXT, Pointing((2,))), gallery, gallery.items[0].id)
    assert np.isnan(alone.region_scores).tolist() == np.isnan(alone.unlinked_scores).tolist() == [False, True, False, False]
    assert alone.region_ranks[1] == alone.unlinked_ranks[1] == 0


def test_relevance_knows_what_was_pointed_at(seeing, gallery):
    result = seeing.compose_query(PICTURE, TEXT, Pointing((2, 4)))
    relevance = explain_relevance(seeing.encoder, result, gallery.vector(gallery.items[0].id))
    assert relevance.region_to_word.shape == (COUNT, 4)
    one = explain_relevance(seeing.encoder, replace(result, pointed_at=None), gallery.vector(gallery.items[0].id))
    assert not np.allclose(relevance.regions, one.regions, atol=1e-4)


def test_compared_methods_are_pointed_or_say_that_they_cannot_be(seeing, gallery, compared):
    result = seeing.search(PICTURE, TEXT, gallery, 3, Pointing((2,)))
    own, *others = compare(seeing, result, gallery, compared, 3)
    assert own.matches == result.matches
    for column, encoder in zip(others, compared, strict=True):
        if encoder.network.attends:
            embedding = encoder.encode_queries([result.regions], [result.tokens], [result.links])[0]
            assert column.matches == gallery.seen_by(encoder.fingerprint).search(embedding, 3) and not column.problem
        else:
            assert not column.matches and "cannot be pointed" in column.problem
    assert {bool(c.problem) for c in others} == {True, False}


def test_links_are_cut_and_padded_to_a_batch():
    found = batch_links([np.array([True, False]), np.array([False, True, True, True])], 3)
    assert found.tolist() == [[True, False, False], [False, True, True]] and found.dtype == torch.bool
