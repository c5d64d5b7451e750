"""Regions of two pictures joined, and what is said of it."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.explain.correspondence import (
    Pair,
    Seen,
    describe_changes,
    describe_pair,
    draw_matched,
    match_regions,
    seen_records,
    seen_regions,
    shown_pairs,
)
from tests.small import random_regions

WHOLE, LEFT, RIGHT, TOP = (0.1, 0.1, 0.9, 0.9), (0.1, 0.2, 0.3, 0.5), (0.7, 0.2, 0.9, 0.5), (0.4, 0.05, 0.6, 0.2)


def shirt(color: str, pattern: str = "paisley", noun: str = "t-shirt") -> list[Seen]:
    places = {noun: WHOLE, "sleeve": LEFT, "collar": TOP}
    return [*(Seen(f"{pattern} {color} {n}", box) for n, box in places.items()), Seen(f"{pattern} {color} sleeve", RIGHT)]


def cube(label: str, x: float, y: float, side: float = 0.1, score: float = 1.0) -> Seen:
    return Seen(label, (x, y, x + side, y + side), score)


def joined(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.old.label, pair.new.label) for pair in pairs if pair.old and pair.new]


def test_a_recoloured_garment_is_one_sentence():
    pairs = match_regions(shirt("gray"), shirt("pink"))
    assert len(joined(pairs)) == 4 and pairs[0].old.label == "paisley gray t-shirt"
    assert all(pair.changed == (("gray", "pink"),) for pair in pairs)
    assert describe_changes(pairs) == ["gray → pink on t-shirt, 2 × sleeve, collar", "stayed: paisley"]
    assert describe_pair(pairs[0]) == "paisley t-shirt: gray → pink"


def test_sleeves_are_joined_side_by_side():
    for pair in match_regions(shirt("gray"), shirt("pink")):
        assert pair.old.box_unit == pair.new.box_unit


def test_a_garment_that_a_detector_names_worse_is_the_same_thing():
    pairs = match_regions(shirt("gray"), shirt("pink", noun="body"))
    assert describe_changes(pairs)[0] == "gray → pink on t-shirt, 2 × sleeve, collar"


def test_a_changed_object_of_a_scene_is_told_from_others_of_its_kind():
    before = [
        cube("small brown cylinder", 0.6, 0.5),
        cube("small yellow cylinder", 0.2, 0.2),
        cube("small cyan cube", 0.2, 0.7),
    ]
    after = [before[1], cube("large brown cylinder", 0.56, 0.44, 0.2), before[2]]
    pairs = match_regions(before, after)
    assert describe_changes(pairs) == ["small → large on brown cylinder", "stayed: small yellow cylinder, small cyan cube"]


def test_gone_and_new():
    before, after = (
        [cube("large red cube", 0.1, 0.1), cube("small gray sphere", 0.7, 0.7)],
        [cube("small gray sphere", 0.7, 0.7)],
    )
    assert describe_changes(match_regions(before, after)) == ["gone: large red cube", "stayed: small gray sphere"]
    assert describe_changes(match_regions(after, before)) == ["new: large red cube", "stayed: small gray sphere"]
    assert [describe_pair(pair) for pair in match_regions(before, after)] == [
        "small gray sphere: stayed",
        "large red cube: gone",
    ]


def test_things_apart_with_little_in_common_are_not_the_same():
    pairs = match_regions([cube("small red cube", 0.05, 0.05)], [cube("large blue cube", 0.85, 0.85)])
    assert not joined(pairs) and len(pairs) == 2
    assert not joined(match_regions([cube("solid red skirt", 0, 0)], [cube("solid red collar", 0.5, 0.5)]))


def test_a_thing_in_place_of_another_is_told_as_a_whole():
    one = match_regions([Seen("traffic light", WHOLE)], [Seen("parking meter", WHOLE)])
    assert describe_changes(one) == ["traffic light → parking meter"]
    two = match_regions([Seen("dotted green skirt", WHOLE)], [Seen("dotted green dress", WHOLE)])
    assert describe_changes(two) == ["dotted green skirt → dress"]


def test_labels_of_other_lengths_lose_and_win_words():
    pairs = match_regions([Seen("pink sleeve", LEFT), Seen("collar", TOP)], [Seen("sleeve", LEFT), Seen("red collar", TOP)])
    assert set(describe_changes(pairs)) == {"no longer pink on sleeve", "now red on collar"}


def test_each_region_is_in_one_pair_and_inputs_stay(many=36):
    rng = np.random.default_rng(0)
    corners = [np.sort(rng.random((many, 2, 2)), 1).reshape(many, 4) for _ in range(2)]
    labels = ["red bus", "gray leg", "red leg", "window", "gray shirt"]
    one, other = ([Seen(labels[i % 5], tuple(box), 0.9) for i, box in enumerate(c.tolist())] for c in corners)
    kept = list(one), list(other)
    pairs = match_regions(one, other)
    assert sorted(map(id, one)) == sorted(id(pair.old) for pair in pairs if pair.old)
    assert sorted(map(id, other)) == sorted(id(pair.new) for pair in pairs if pair.new)
    assert (one, other) == kept and match_regions(one, other) == pairs
    places = [(not (p.old and p.new), p.old is None) for p in pairs]
    assert places == sorted(places)  # joined, gone, new
    assert all(len(line) < 200 for line in describe_changes(pairs))  # long lists are cut


@pytest.mark.parametrize(("one", "other"), [([], []), ([Seen("thing", WHOLE)], []), ([], [Seen("thing", WHOLE)])])
def test_empty_sides_work(one, other):
    pairs = match_regions(one, other)
    assert len(pairs) == len(one) + len(other)
    assert len(describe_changes(pairs)) == len(pairs)
    for drawn in draw_matched(Image.new("RGB", (40, 30)), Image.new("RGB", (30, 40)), pairs):
        assert max(drawn.size) == 720


def test_strange_labels_and_boxes_are_no_error():
    odd = [Seen("", (0, 0, 0, 0)), Seen("thing", (0.5, 0.5, 0.5, 0.9)), Seen("whole image", (0, 0, 1, 1))]
    pairs = match_regions(odd, odd[::-1])
    assert len(joined(pairs)) == 3
    assert describe_changes(pairs)[-1].startswith("stayed")


def test_what_the_detector_is_not_sure_of_is_not_said():
    pairs = match_regions([cube("red hem", 0, 0, score=0.3)], [cube("blue collar", 0.5, 0.5, score=0.9)])
    assert describe_changes(pairs) == ["new: blue collar"]
    assert len(describe_changes(pairs, sure=0.0)) == 2 and describe_changes(pairs, sure=0.95) == []


def test_regions_of_a_query_and_of_a_gallery_are_read_alike():
    regions = random_regions(3, size=(180, 120))
    records = [
        {"box": box, "score": score, "label": label}
        for box, score, label in zip(regions.boxes.tolist(), regions.scores.tolist(), regions.labels, strict=True)
    ]
    for one, other in zip(seen_regions(regions), seen_records(records, (180, 120)), strict=True):
        assert one.label == other.label and one.score == other.score
        assert one.box_unit == pytest.approx(other.box_unit)
    assert seen_records([{"box": [-5, 0, 300, 60], "score": 1.0, "label": "wide"}], (100, 60))[0].box_unit == (0, 0, 1, 1)


def test_joined_regions_have_one_colour_in_both_pictures_and_others_are_gray():
    picture = Image.new("RGB", (100, 100), "white")
    pairs = match_regions(
        [Seen("red cube", (0.1, 0.4, 0.4, 0.7))], [cube("red cube", 0.5, 0.5, 0.3), cube("blue ball", 0.1, 0.1)]
    )
    before = picture.tobytes()
    old, new = (np.asarray(drawn, int) for drawn in draw_matched(picture, picture, pairs))
    assert tuple(old[500, 73]) == tuple(new[570, 362]) == (230, 159, 0)
    outline = new[72, 72:144]
    assert (np.ptp(outline, 1) == 0).all() and (outline == 128).any() and (outline == 255).any()
    assert picture.tobytes() == before
    assert [d.tobytes() for d in draw_matched(picture, picture, pairs)] == [d.astype(np.uint8).tobytes() for d in (old, new)]


def test_the_surest_pairs_are_shown_and_joined_ones_first():
    old = [cube(f"red thing{i}", i / 20, 0, 0.04, score=0.5 + i / 40) for i in range(12)]
    pairs = match_regions(old, [*old[:11], cube("blue ball", 0.5, 0.9)])
    shown = shown_pairs(pairs)
    assert len(shown) == 8 and all(pair.old and pair.new for pair in shown)
    assert {pair.label for pair in shown} == {f"red thing{i}" for i in range(3, 11)}
    assert len(shown_pairs(pairs, 50)) == 13
