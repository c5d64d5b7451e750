"""Batches of training queries: what is asked, what is right, and what words may touch."""

import copy
from itertools import combinations, product
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.network.batching import RegionBatch
from lbf_model.tasks.garments import training_data as garment_data
from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.garment_pool import GarmentPool
from lbf_model.tasks.garments.grounding import KINDS, word_meanings
from lbf_model.tasks.garments.regions import (
    UNKNOWN,
    ShownGarment,
    compatible,
    gather,
    side_by_side,
)
from lbf_model.tasks.garments.right_answers import Asked, false_negatives, soft_negatives
from lbf_model.tasks.garments.sentence_bank import Sentence
from lbf_model.tasks.garments.training_queries import GarmentQueries
from tests.small import GARMENTS
from tests.unit.garments.small_garments import (
    telling_queries,
)


@pytest.fixture(scope="module")
def telling(tmp_path_factory):
    return telling_queries(tmp_path_factory.mktemp("telling"))


def told(queries: GarmentQueries, step: int):
    """Of each query: what was asked, then facts and places of the garments that reference and target show."""
    batch = queries.batch(step)
    facts = np.concatenate([queries.photographs.facts, queries.drawings.facts])

    def shown(pictures, row):
        mask = pictures.mask[row]
        numbers = pictures.features[row][mask][:, 0].long().tolist()
        edges = pictures.boxes_unit[row][mask][:, ::2].tolist()
        return [ShownGarment(facts[n], n, *sides) for n, sides in zip(numbers, edges, strict=True)]

    asked = batch.words.values[:, 0].long().tolist()
    return batch, [
        (a, shown(batch.references, source), shown(batch.targets, row))
        for row, (a, source) in enumerate(zip(asked, batch.source.tolist(), strict=True))
    ]


def test_what_the_box_head_says_of_half_of_the_pictures_is_blanked_and_nothing_else(tmp_path):
    queries = telling_queries(tmp_path, share_blanked=0.5)
    features = torch.arange(1.0, 1801).view(300, 2, 3)
    mask = torch.ones(300, 2, dtype=torch.bool)
    mask[:, 1] = torch.arange(300) % 2 == 0
    queries._mean, queries._spread, queries._blankable = (
        torch.tensor([-1.0, -2, -3]),
        torch.zeros(3),
        (slice(0, 1), slice(2, 3)),
    )
    shown = RegionBatch(features * mask[..., None], torch.zeros(300, 2, 4), mask)
    seen = queries._blurred(np.random.default_rng(0), shown).features
    assert torch.equal(seen[..., 1], shown.features[..., 1]) and not seen[~mask].any()
    for column in (0, 2):
        blank = seen[:, 0, column] == queries._mean[column]
        assert torch.equal(seen[~blank, :, column], shown.features[~blank, :, column])
        assert (seen[blank, :, column][mask[blank]] == queries._mean[column]).all() and 0.4 < blank.float().mean() < 0.6
    assert not torch.equal(seen[:, 0, 0] == -1, seen[:, 0, 2] == -3), "each attribute by itself"
    config = GARMENTS
    told = SimpleNamespace(
        config=config, fingerprint="", feature_width=1, feature_map_channels=1, detect_regions=0, read_attribute=0
    )
    names = [name for name in config.attributes if name != "color"]  # told from the palette
    assert garment_data.box_head_slices(told) == [config.slice_of(name) for name in names]
    assert garment_data.box_head_slices(SimpleNamespace()) == []


def test_noise_and_dropping_spare_padding_and_the_surest_region(tmp_path):
    plain, rough = telling_queries(tmp_path), telling_queries(tmp_path, noise=0.5, share_dropped=0.9)
    before, after = plain.batch(3), rough.batch(3)
    assert after.references.mask.any(1).all() and after.targets.mask.any(1).all()
    assert not after.targets.features[~after.targets.mask].any()
    assert not torch.equal(before.targets.features[:, 0], after.targets.features[:, 0])
    assert torch.equal(after.targets.features, rough.batch(3).targets.features)


def test_garments_without_partners_end_with_a_message(telling):
    lonely = copy.copy(telling)
    lonely.photographs, lonely.drawings = (
        GarmentPool(pool.facts[:1], pool.origin[:1], pool.pictures[:1]) for pool in (telling.photographs, telling.drawings)
    )
    with pytest.raises(ValueError, match=r"of 1 photographs and 1 drawings.*other colours"):
        lonely.batch(0)


def test_a_target_differs_from_its_reference_as_the_sentence_says_and_in_nothing_else(telling):
    kinds = set()
    for step in range(6):
        batch, made = told(telling, step)
        assert batch.source.tolist() == np.repeat(np.arange(20), 3).tolist()
        for (column, old, new, garment, place, *_), reference, target in made:
            changed = max(place, 0)
            assert len(reference) == len(target) == (1 if place == -1 else 2)
            before, after = reference[changed], target[changed]
            crossed = before.rows < 120 <= after.rows
            known = slice(3) if crossed else slice(6)
            assert np.flatnonzero(before.facts[known] != after.facts[known]).tolist() == [column] and old != new
            assert (before.facts[column], after.facts[column], before.facts[0]) == (old, new, garment)
            if place != -1:
                assert target[1 - place].rows == reference[1 - place].rows, "the other side stays"
                assert 0 == reference[0].left < reference[0].right == reference[1].left < reference[1].right == 1
                assert [(g.left, g.right) for g in target] == [(g.left, g.right) for g in reference]
            kinds.add((place != -1, before.rows >= 120, crossed))
    assert kinds == {(pair, *pool) for pair in (False, True) for pool in ((False, False), (False, True), (True, False))}


def test_what_is_as_right_as_the_target_is_no_negative(telling):
    batch, made = told(telling, 0)
    columns = [target for _, _, target in made] + [made[3 * i][1] for i in range(20)]
    for row, (_, _, target) in enumerate(made):
        for column, other in enumerate(columns):
            fits = len(target) == len(other) and all(compatible(a.facts, b.facts) for a, b in zip(target, other, strict=True))
            assert batch.false_negatives[row, column] == (fits and row != column)
        assert not batch.false_negatives[row, len(made) + batch.source[row]], "the reference is never right"


def test_sides_count_when_targets_are_compared():
    a, b = (ShownGarment(np.full(6, value), np.arange(1)) for value in (0, 1))
    asked = [Asked(None, target, (1,)) for target in ((a, b), (a,))]
    right = false_negatives(asked, [(a, b), (b, a), (a,), (b,)])
    assert right.tolist() == [[False, False, True, False, False, False], [False, False, False, False, True, False]]


def test_what_has_what_was_asked_for_is_half_right():
    def picture(*facts):
        return (ShownGarment(np.array([*facts, UNKNOWN, UNKNOWN, UNKNOWN]), np.arange(1)),)

    target, other_pattern, other_kind, other_color = picture(1, 2, 0), picture(1, 2, 3), picture(0, 2, 0), picture(1, 5, 0)
    pair = (target[0], target[0])
    columns = [other_pattern, other_kind, other_color, pair]
    color, pattern = 1, 2
    half = soft_negatives([Asked(None, target, (color,)), Asked(None, target, (pattern,))], columns)
    assert half[:, 2:].tolist() == [[True, False, False, False], [False, False, True, False]]
    assert not half[[0, 1], [0, 1]].any()
    assert not soft_negatives([Asked(None, pair, (color,))], columns).any(), "of two it is not known which one is meant"
    both, unwanted = Asked(None, target, (color, pattern)), Asked(None, target, (color,), unwanted=5)
    assert soft_negatives([both, unwanted], columns)[:, 2:].tolist() == [[False] * 4, [True, False, False, False]]


def test_feature_maps_are_those_of_the_pictures_and_nothing_is_pasted(tmp_path):
    queries = telling_queries(tmp_path, reads="feature_map", share_pairs=0.9)
    assert queries.facts["training"]["share_pairs"] == 0 and queries.features.shape == (240 * 36, 2)
    batch = queries.batch(3)
    for pictures in (batch.references, batch.targets):
        numbers = pictures.features[:, 0, 0]
        assert torch.equal(pictures.feature_map, numbers[:, None, None, None].expand(-1, 2, 6, 6))
    assert len(batch.targets.feature_map.unique()) > 10


def test_a_batch_depends_on_seed_and_step_alone(telling, tmp_path):
    def tensors(batch):
        parts = [*batch.references, *batch.words, *batch.targets, batch.false_negatives, batch.soft_negatives]
        return [part for part in parts if part is not None]

    def same(one, other):
        return all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))

    first, again = telling.batch(7), telling_queries(tmp_path)
    assert same(first, telling.batch(7)) and same(first, again.batch(7))
    again.seed = 2
    assert not same(first, telling.batch(8)) and not same(first, again.batch(7))


def test_shares_decide_which_target_is_taken(tmp_path):
    alone = {"share_pairs": 0, "share_crossed": 0}
    for share in (0, 1):  # twins are taken wherever they fit, dyed photographs where the share says so
        queries = telling_queries(tmp_path / str(share), share_photographs=share, share_same=1, **alone)
        pool, taken = (queries.photographs if share else queries.drawings), 0
        for (column, _, new, *_), (before,), (after,) in told(queries, 0)[1]:
            number, target = (int(np.flatnonzero(pool.pictures == g.rows)[0]) for g in (before, after))
            partners = pool.differing(before.facts, (column,))
            fitting = partners[(pool.facts[partners, column] == new) & (pool.origin[partners] == pool.origin[number])]
            assert target in fitting or not len(fitting)
            taken += len(fitting) > 0
        assert taken > 5
    queries = telling_queries(tmp_path / "crossed", share_photographs=1, share_pairs=0, share_crossed=1)
    crossed = 0
    for (column, *_), (before,), (after,) in told(queries, 0)[1]:
        assert after.rows >= 120 or not len(queries.drawings_like(before.facts, (column,)))
        crossed += after.rows >= 120
    assert crossed > 10


def test_partners_differ_in_one_known_value():
    facts = np.random.default_rng(0).integers(-1, 2, (80, 6))
    kept = np.arange(80) % 4 > 0
    pool = GarmentPool(facts, np.arange(80), np.arange(80), kept)
    assert len(pool) == 60 and np.array_equal(pool.pictures, np.flatnonzero(kept))
    for fact, column in product(pool.facts[:20], range(6)):
        others = np.delete(np.arange(6), column)
        like = (pool.facts[:, others] == fact[others]).all(1) & (pool.facts[:, column] != UNKNOWN)
        found = np.flatnonzero(like & (pool.facts[:, column] != fact[column]))
        assert pool.differing(fact, (column,)).tolist() == found.tolist()
    for fact, columns in product(pool.facts[:20], combinations(range(6), 2)):
        like = (np.delete(pool.facts, columns, 1) == np.delete(fact, columns)).all(1)
        others = ((pool.facts != fact) & (pool.facts != UNKNOWN))[:, list(columns)].all(1)
        assert pool.differing(fact, columns).tolist() == np.flatnonzero(like & others).tolist()
        assert pool.like(fact, columns).tolist() == np.flatnonzero(like).tolist()
    assert pool.differing(np.full(6, 9), (1,)).tolist() == []


def test_two_changes_are_both_made_and_no_third(tmp_path):
    queries, kinds = telling_queries(tmp_path, share_two=1.0), set()
    for step in range(4):
        for (one, old, new, garment, place, other, also_old, also_new), reference, target in told(queries, step)[1]:
            before, after = reference[max(place, 0)], target[max(place, 0)]
            known = slice(3) if before.rows < 120 <= after.rows else slice(6)
            assert np.flatnonzero(before.facts[known] != after.facts[known]).tolist() == [one, other] and one < other
            assert before.facts[[one, other]].tolist() == [old, also_old] and before.facts[0] == garment
            assert after.facts[[one, other]].tolist() == [new, also_new]
            kinds.add((one, other))
    assert {(0, 1), (1, 2)} <= kinds


def test_what_is_not_wanted_is_not_in_the_target_and_the_rest_stays(tmp_path):
    queries, kept = telling_queries(tmp_path, share_unwanted=1.0), []
    for step in range(4):
        batch, made = told(queries, step)
        columns = [target for _, _, target in made] + [made[3 * i][1] for i in range(20)]
        for row, ((column, unwanted, new, _, place, *_), reference, target) in enumerate(made):
            changed = max(place, 0)
            before, after = reference[changed], target[changed]
            assert new == -1 and after.facts[column] not in (unwanted, UNKNOWN)
            assert np.array_equal(np.delete(before.facts, column), np.delete(after.facts, column))
            kept.append(before.facts[column] != unwanted)
            assert not kept[-1] or before.facts[column] == after.facts[column], "what is not there anyway stays as it is"
            for place_of, other in enumerate(columns):
                right = len(other) == len(target)
                for side, (wanted, shown) in enumerate(zip(target, other, strict=False)):
                    facts = wanted.facts.copy()
                    if side == changed:
                        right = right and shown.facts[column] not in (unwanted, UNKNOWN)
                        facts[column] = shown.facts[column]
                    right = right and bool(compatible(facts, shown.facts))
                assert batch.false_negatives[row, place_of] == (right and place_of != row)
    assert 0.05 < np.mean(kept) < 0.5


def test_where_somebody_points_no_side_is_said_and_words_touch_that_garment_alone(tmp_path):
    queries = telling_queries(tmp_path, share_pairs=1.0, share_pointed=0.5)
    queries.kinds = np.zeros(240, np.int64)
    pointed = []
    for step in range(3):
        batch, made = told(queries, step)
        linked = batch.grounding.linked
        for row, ((column, old, new, _, place, *_), reference, target) in enumerate(made):
            changed = [side for side in (0, 1) if reference[side].rows != target[side].rows]
            assert len(reference) == 2 and len(changed) == 1, "one garment changes"
            (side,) = changed
            assert (reference[side].facts[column], target[side].facts[column]) == (old, new)
            pointed.append(place == -1)
            if place == -1:
                assert linked[row, :2].tolist() == [side == 0, side == 1]
                assert batch.grounding.meant[row, :2].tolist() == [side == 0, side == 1]
            else:
                assert place == side and linked[row].all()
    assert 0.3 < np.mean(pointed) < 0.7


def test_words_look_at_parts_and_sentences_act_on_what_changes(tmp_path):
    queries = telling_queries(tmp_path, share_pairs=0.0)
    assert queries.batch(0).grounding is None, "this detector does not tell what a region is"
    kinds = np.array([KINDS.index(kind) for kind in ("dress", "sleeve", "collar", "sleeve")])
    facts = np.full(6, UNKNOWN)
    facts[:3] = CATEGORIES.index("dress"), COLORS.index("red"), PATTERNS.index("solid")
    queries.kinds = kinds
    queries.table = SimpleNamespace(rows=lambda picture: np.arange(4))
    picture = (ShownGarment(facts, np.arange(4)),)
    words = word_meanings(["make", "red", "sleeves", "longer"])
    asked = [Asked(Sentence(None, words), picture, (3,)), Asked(Sentence(None, words[:2]), picture, (1,))]
    grounding = queries._grounding([picture, picture], asked)
    everything, sleeves = [True] * 4, [False, True, False, True]
    assert grounding.fits[0].tolist() == [everything, everything, sleeves, everything]
    assert grounding.fits[1, :2].tolist() == [everything] * 2 and not grounding.fits[1, 2:].any()
    assert grounding.meant.tolist() == [sleeves, [True, False, False, False]]


def test_pictures_side_by_side_keep_their_regions_and_share_the_width(queries):
    table, facts = queries.table, np.zeros(6)
    one, other = (ShownGarment(facts, table.rows(i)) for i in (0, 1))
    before = table.boxes_unit.copy()
    pair = gather(table, [side_by_side(one, other, 0.4), (one,)])
    count = len(one.rows)
    assert pair.mask.sum(1).tolist() == [count + len(other.rows), count]
    boxes, alone = pair.boxes_unit[0].numpy(), table.boxes_unit[one.rows]
    assert boxes[:count, ::2] == pytest.approx(0.4 * alone[:, ::2]) and boxes[:count, 1::2] == pytest.approx(alone[:, 1::2])
    assert boxes[count:, ::2] == pytest.approx(0.4 + 0.6 * table.boxes_unit[other.rows][:, ::2])
    assert pair.boxes_unit[1, :count].numpy() == pytest.approx(alone) and not pair.boxes_unit[1, count:].any()
    assert np.array_equal(table.boxes_unit, before)
    assert np.array_equal(pair.features[0].numpy(), table.features[np.concatenate([one.rows, other.rows])])
