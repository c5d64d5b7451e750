"""The maps that are drawn, a large one of the chosen word or region and a small one of each word, without a page."""

import numpy as np

from lbf_model.explain.drawing import draw_heat
from lbf_model.interface.state import View
from lbf_model.interface.views.inspector import all_maps, inspector, word_pictures
from tests.unit.views.html_tags import Tags, looking_at


def test_every_control_changes_the_drawing(small_visit, small_details):
    visit = looking_at(small_visit, "word", 0)
    views = [View(), View("relevance"), View(style="soft"), View(contrast=True), View(style="soft", contrast=True)]
    for shown in (
        [inspector(visit, small_details, view).figure for view in views],
        [all_maps(visit, small_details, view) for view in views],
    ):
        assert len(set(shown)) == len(views)
    focused = [inspector(looking_at(small_visit, "region", r), None, View()).figure for r in (0, 1)]
    assert focused[0] != focused[1]


def test_all_maps_show_the_difference_where_it_is_asked_for(small_visit):
    """The mean over both words is 70 % and 30 %."""
    picture, regions = small_visit.answer.picture, small_visit.answer.result.regions
    for view, rows in ((View(), [[0.9, 0.1], [0.5, 0.5]]), (View(contrast=True), [[0.2, -0.2], [-0.2, 0.2]])):
        rows = np.array(rows, np.float32)
        expected = [draw_heat(picture, regions, row, "boxes", view.contrast, labels=False, long_side=200) for row in rows]
        drawn = word_pictures(small_visit, None, view, side=200)
        assert all(np.abs(np.asarray(d, int) - np.asarray(e, int)).max() <= 2 for d, e in zip(drawn, expected, strict=True))


def test_each_word_has_a_map(small_visit):
    drawn = [np.asarray(p) for p in word_pictures(small_visit, None, View(), side=200)]
    assert len(drawn) == 2 and all(max(d.shape) == 200 for d in drawn) and not np.array_equal(*drawn)
    tags = Tags(all_maps(small_visit, None, View()))
    assert tags.picks() == ["word:0", "word:1"] and tags.alts() == ["Where “make” looked", "Where “red” looked"]


def test_a_map_of_relevance_does_not_claim_that_words_looked(small_visit, small_details):
    view = View("relevance")
    assert Tags(all_maps(small_visit, small_details, view)).alts() == ["Where “make” mattered", "Where “red” mattered"]
    large = inspector(small_visit, small_details, view).figure
    assert Tags(large).alts() == ["Where “red” mattered: gray dress 100%"]
