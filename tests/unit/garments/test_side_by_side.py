"""Two garments side by side: which pairs are drawn, and what counts as the asked change of one of them."""

import numpy as np
import pytest
import torch

from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.regions import UNKNOWN
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.tasks.garments.side_by_side import draw_pairs, measure_side_by_side
from lbf_model.types import Tokens
from tests.unit.garments.small_garments import RED, Oracle, shown_facts, table_of


def test_pairs_can_be_answered_and_do_not_have_the_colour_yet():
    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 25, 0)
    assert len(pairs.gallery) == 100 and pairs.sides.tolist() == [0, 1] * 12 + [0]
    for color, (reference, left, right, both) in zip(pairs.colors, pairs.gallery.reshape(25, 4, 2), strict=True):
        assert color not in facts[reference, 1]
        assert np.array_equal(facts[both, 0], facts[reference, 0]) and (facts[both, 1] == color).all()
        assert left.tolist() == [both[0], reference[1]] and right.tolist() == [reference[0], both[1]]
    assert np.array_equal(pairs.gallery, draw_pairs(facts, 25, 0).gallery)
    assert not np.array_equal(pairs.gallery, draw_pairs(facts, 25, 1).gallery)


@pytest.mark.parametrize("count", [1, 6])
def test_photographs_of_one_colour_make_no_pairs(count):
    facts = np.full((count, 6), UNKNOWN)
    facts[:, 0], facts[:, 1] = np.arange(count) % 2, RED
    with pytest.raises(ValueError, match=rf"of {count} photographs.*other colours"):
        draw_pairs(facts, 1, 0)


class SideWords:
    """Reads "make the left one red" as one word: which side, then which colour."""

    def tokenize_texts(self, texts) -> list[Tokens]:
        said = [text.split() for text in texts]
        asked = [[SIDES.index(w[2]), *np.eye(len(COLORS))[COLORS.index(w[4])]] for w in said]
        return [Tokens(("all",), np.array([values], np.float32)) for values in asked]


@pytest.mark.parametrize("wrong", [False, True])
def test_a_change_on_the_wrong_side_is_no_success(wrong, tmp_path):
    def wish(seen, said):
        sides = seen.clone().view(len(seen), 2, -1)
        sides[torch.arange(len(seen)), said[:, 0].long() ^ wrong, 10:] = said[:, 1:]
        return sides.flatten(1)

    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 20, 0)
    table = table_of(tmp_path, np.concatenate([shown_facts(facts[side]) for side in pairs.gallery.T], 1))
    bench = Bench(Oracle(wish), SideWords(), table, facts, facts[:, 1], len(facts), pairs, table)
    figures = measure_side_by_side(bench)
    assert (figures["success@1"], figures["wrong side@1"]) == ((0, 100) if wrong else (100, 0))
    assert (figures["queries"], figures["gallery"]) == (20, 80)


def test_the_reference_is_no_answer_among_pictures_of_two_garments(tmp_path):
    """The reference itself is wished for, but a little more of the asked colour on the asked side."""

    def wish(seen, said):
        sides = seen.clone().view(len(seen), 2, -1)
        sides[torch.arange(len(seen)), said[:, 0].long(), 10:] += 0.5 * said[:, 1:]
        return sides.flatten(1)

    facts = np.random.default_rng(0).integers(0, 4, (40, 6))
    pairs = draw_pairs(facts, 2, 0)
    table = table_of(tmp_path, np.concatenate([shown_facts(facts[side]) for side in pairs.gallery.T], 1))
    bench = Bench(Oracle(wish), SideWords(), table, facts, facts[:, 1], len(facts), pairs, table)
    assert measure_side_by_side(bench)["success@1"] == 100
