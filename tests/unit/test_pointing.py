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
from lbf_model.retrieval.pointing import (
    Pointing,
    PointingError,
    name_regions,
    point_at,
    read_box,
    read_numbers,
    read_pointing,
)
from lbf_model.retrieval.retriever import Retriever
from lbf_model.tasks.notices import answer_notices
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.types import Regions
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


BOX = (10, 20, 60, 80)


class Describing(FourRegions):
    """The same, and what it is asked to describe is named after its place."""

    feature_width, feature_map_channels = 12, 5

    def describe_boxes(self, picture, boxes):
        count = len(boxes)
        features = np.full((count, self.found.features.shape[1]), 0.5, np.float32)
        return Regions(boxes, np.ones(count, np.float32), (str(boxes[0].tolist()),), features, picture.size)


@pytest.mark.parametrize("numbers, changes", [((), [False] * 4 + [True]), ((2,), [False, True, False, False, True])])
def test_a_box_becomes_the_last_region(retriever, gallery, numbers, changes):
    seeing = Retriever(Describing(retriever.encoder.config.feature_width), retriever.encoder)
    result = seeing.search(PICTURE, TEXT, gallery, 6, Pointing(numbers, box=(*BOX[:3], 999)))
    assert len(result.regions) == 5 and result.links.tolist() == changes
    assert result.regions.boxes[-1].tolist() == [10, 20, 60, 120], "as far as it lies in the picture"
    assert result.regions.labels[-1] == "[10.0, 20.0, 60.0, 120.0]" and not result.regions.whole_image
    found = seeing.detector.found
    assert np.array_equal(result.regions.boxes[:-1], found.boxes) and result.regions.feature_map is found.feature_map
    by_hand = seeing.encoder.encode_queries([result.regions], [result.tokens], [np.array(changes)])[0]
    assert result.embedding == pytest.approx(by_hand, abs=1e-6)


def test_a_box_makes_room_where_there_are_as_many_regions_as_are_read(retriever, monkeypatch):
    seeing = Retriever(Describing(retriever.encoder.config.feature_width), retriever.encoder)
    most = retriever.encoder.config.max_regions
    seeing.detector.found = random_regions(most, width=retriever.encoder.config.feature_width)
    result = seeing.compose_query(PICTURE, TEXT, Pointing((), box=BOX))
    assert len(result.regions) == most and result.pointed_at == (most,)


def test_a_detector_that_reads_no_box_says_so(seeing, gallery):
    with pytest.raises(PointingError, match="cannot read a box that you draw; point at one of its regions"):
        seeing.search(PICTURE, TEXT, gallery, 6, Pointing((), box=BOX))


def test_a_box_outside_of_the_picture_is_refused(retriever):
    seeing = Retriever(Describing(retriever.encoder.config.feature_width), retriever.encoder)
    with pytest.raises(PointingError, match="too small"):
        seeing.compose_query(PICTURE, TEXT, Pointing((), box=(200, 10, 300, 90)))


def test_boxes_are_four_numbers_of_some_size():
    assert point_at(box=[10, 20.4, 60, 80]) == Pointing((), box=BOX) and point_at([2], box=BOX) == Pointing((2,), box=BOX)
    assert read_box(" 10,20, 60,80") == BOX and point_at([2], box=BOX).told == "only region 2 and your box"
    assert point_at([], box=BOX) == Pointing((), box=BOX)
    for wrong in (
        "10,20",
        [1, 2, 3],
        [1, 2, 3, "4"],
        [0, 0, float("nan"), 9],
        [5, 5, 8, 90],
        [9, 9, 1, 1],
        [True] * 4,
        [0, 0, 10**400, 9],
    ):
        with pytest.raises(PointingError, match=r"not a box|too small"):
            point_at(box=wrong)
    for wrong in ("", "1,2,3", "1,2,3,x", "1,2,3,4"):
        with pytest.raises(PointingError, match=r"not a box|too small"):
            read_box(wrong)
    with pytest.raises(PointingError, match="regions to keep or a box"):
        point_at(keep=[1], box=BOX)


@pytest.mark.parametrize(
    "pointing",
    [
        None,
        Pointing((3, 1)),
        Pointing((2,), keep=True),
        Pointing((), box=BOX),
        Pointing((1, 3), box=BOX),
        Pointing((10_000,), box=(-5, -20, 110_000, 220)),
    ],
)
def test_pointing_survives_its_text(pointing):
    assert read_pointing("" if pointing is None else str(pointing)) == pointing


def test_numbers_are_read_as_people_type_them():
    assert read_numbers("2,3") == read_numbers(" 3 , 2,2 ") == (2, 3) and str(Pointing((3, 1), keep=True)) == "keep 1,3"
    for wrong in ("", "a", "2;3", "1-3", "2,,3", "²", "0", "keep", "9" * 5000):
        with pytest.raises(PointingError):
            read_numbers(wrong)
    for wrong in ("keep ", "keep", "leave 2", "keep 0", "box 1,2", "2 box", "keep 1 box 1,2,30,40"):
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


NOT_SEARCHED = "The gallery holds nothing else, so there is no result."  # a composed query alone has no result


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
    *others, told = answer_notices(seeing.compose_query(PICTURE, TEXT, Pointing(numbers)))
    assert told == said and others == [NOT_SEARCHED]


def test_the_answer_says_what_of_a_picture_was_ignored(seeing, tmp_path):
    PICTURE.save(tmp_path / "tagged.png", icc_profile=b"no profile")
    said = "About your picture: its colour profile cannot be used, and was ignored."
    result = seeing.compose_query(load_picture(tmp_path / "tagged.png"), TEXT, Pointing((2,)))
    assert answer_notices(result) == (NOT_SEARCHED, said, "Only region 2 (thing) was to change.")
    assert search_record(result, [])["notices"][1] == said, "the API says so, too"


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


def test_a_box_is_no_region_with_a_number():
    assert Pointing((1,), box=(0, 0, 20, 20)).links(4).tolist() == [True, False, False, True]
    with pytest.raises(PointingError, match="no region 4: this picture has 3 regions, numbered 1 to 3"):
        Pointing((4,), box=(0, 0, 20, 20)).links(4)
