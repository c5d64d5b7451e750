"""The numbers and buttons over the regions of the picture, without a page."""

from dataclasses import replace
from itertools import combinations

import numpy as np

from lbf_model.interface.state import View
from lbf_model.interface.views.inspector import inspector, number_spots
from tests.small import random_regions
from tests.unit.views.html_tags import Tags, looking_at


def test_the_numbers_of_regions_do_not_hide_each_other():
    boxes = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 0.5, 1, 1], [0.4, 0.4, 0.41, 0.41], [0.4, 0.4, 0.42, 0.42]], np.float32)
    for size, shares in (((100, 100), ()), ((800, 200), ()), ((200, 800), ()), ((100, 100), (1, 3))):
        regions = replace(random_regions(5, size=size), boxes=boxes * [*size, *size])
        spots = np.array(number_spots(regions, shares))
        # On the page, in pixels: a picture is at most 330 wide and 440 high, a number 26, and 66 wide with a share.
        page = np.array(size) * min(330 / size[0], 440 / size[1])
        sizes = np.array([[66 if place in shares else 26, 26] for place in range(5)])
        middles = spots / 100 * page
        for one, other in combinations(range(5), 2):
            assert (np.abs(middles[one] - middles[other]) >= sizes[[one, other]].mean(0) - 1e-6).any(), (size, one, other)
        assert (middles >= sizes / 2 - 1e-6).all() and (middles <= page - sizes / 2 + 1e-6).all()
        assert (np.abs(middles[3] - 0.405 * page) < 1.5 * sizes[3] + 0.02 * page).all(), "a number stands at its region"


def test_the_numbers_of_the_heaviest_regions_tell_their_share(small_visit):
    shown = inspector(looking_at(small_visit, "word", 0), None, View())
    assert Tags(shown.figure).of_class("share") == ["90%", "10%"]
    shown = inspector(looking_at(small_visit, "word", 0), None, View(contrast=True))
    assert Tags(shown.figure).of_class("share") == ["+20%", "-20%"]
    for kind, index in (("word", 1), ("region", 0)):  # a word that prefers none, and what is no word
        assert Tags(inspector(looking_at(small_visit, kind, index), None, View()).figure).of_class("share") == []


def test_a_picture_of_several_regions_has_a_number_to_point_at_each(small_visit):
    assert Tags(inspector(small_visit, None, View()).figure).picks() == ["region:0", "region:1", "point:0", "point:1"]


def test_a_region_lies_where_its_box_is_and_small_ones_lie_on_top(small_visit):
    buttons = [a for _, a in Tags(inspector(small_visit, None, View()).figure).found if "data-pick" in a]
    assert [b["data-pick"] for b in buttons][:2] == ["region:0", "region:1"]
    # x from 10 to 30 of 100, y from 20 to 40 of 80
    assert buttons[1]["style"] == "left:10.00%;top:25.00%;width:20.00%;height:25.00%"
    result = small_visit.answer.result
    turned = replace(result.regions, boxes=result.regions.boxes[::-1])
    visit = replace(small_visit, answer=replace(small_visit.answer, result=replace(result, regions=turned)))
    assert Tags(inspector(visit, None, View()).figure).picks()[:2] == ["region:1", "region:0"]
