"""Regions of shape-colour pairs that no training picture shows: the form of one region, the colour of another."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lbf_model.compositors.lbf import LbfConfig
from lbf_model.tasks.css.regions import CssRegionTable, object_key
from lbf_model.tasks.css.sampling import QuerySampler
from lbf_model.tasks.css.scenes import COLORS, POSITIONS, SHAPES, SIZES, SPLITS, SceneObject, obeys_split
from lbf_model.tasks.css.training_queries import CssQueries, CssSampling
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.tasks.experiments import UnsuitedError
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.training.settings import CompositorTraining

OBJECTS = [SceneObject(*facts) for facts in product(POSITIONS, SHAPES, COLORS, SIZES)]
UNSEEN = [item for item in OBJECTS if item.color not in SPLITS["train"][item.shape]]
COLOR = slice(4, 8)


@pytest.fixture
def crossed(tiny_split, stores):
    """(a table, the same with crossed colours)"""
    tables = [CssRegionTable(tiny_split, stores, 36) for _ in range(2)]
    tables[1].cross_colors(COLOR, seed=0, each=3)
    return tables


def rows_of(table, rendering, items):
    return {row for item in items for row in table.of_object(rendering, object_key(item)).tolist()}


@pytest.mark.parametrize("rendering", ["3d", "2d"])
def test_a_crossed_region_has_the_form_of_one_and_the_colour_of_another(crossed, rendering):
    plain, table = crossed
    made = [item for item in UNSEEN if len(table.of_object(rendering, object_key(item)))]
    assert len(made) > 20
    for item in made:
        assert not len(plain.of_object(rendering, object_key(item))), "the split shows no such pair"
        rows = table.of_object(rendering, object_key(item))
        assert len(rows) == 3 and rows.min() >= len(plain.table.features)
        forms = sorted(rows_of(plain, rendering, [replace(item, color=c) for c in SPLITS["train"][item.shape]]))
        colors = sorted(rows_of(plain, rendering, [replace(item, shape=s) for s in SHAPES if item.color in SPLITS["train"][s]]))
        rest = np.ones(table.table.features.shape[1], bool)
        rest[COLOR] = False
        for row in rows:
            seen = table.table.features[row]
            same_form = (plain.table.features[forms][:, rest] == seen[rest]).all(1)
            same_box = (plain.table.boxes_unit[forms] == table.table.boxes_unit[row]).all(1)
            assert (same_form & same_box).any()
            assert (plain.table.features[colors][:, COLOR] == seen[COLOR]).all(1).any()
    pictures = len(plain.table)
    assert len(table.table) == pictures and all(
        np.array_equal(table.table.rows(p), plain.table.rows(p)) for p in range(pictures)
    ), "what pictures show stays as it is"
    np.testing.assert_array_equal(table.table.features[: len(plain.table.features)], plain.table.features)


def test_the_sampler_shows_such_pairs_in_the_share_it_is_asked_for(tiny_split, crossed, monkeypatch):
    _, table = crossed
    # The few objects of this data set stand for all others of their shape and colour.
    known = {(o.shape, o.color): object_key(o) for o in OBJECTS if len(table.of_object("3d", object_key(o)))}
    kinds = {object_key(o): (o.shape, o.color) for o in OBJECTS}
    of_object = table.of_object
    monkeypatch.setattr(table, "of_object", lambda rendering, key: of_object("3d", known.get(kinds.get(key), key)))
    shares = {}
    for share in (0.0, 0.5, 1.0):
        words = Vocabulary(CSS_WORDS, CSS_ALIASES)
        sampler = QuerySampler(tiny_split, table, words, frozenset(), 1.0, 0.0, seed=1, crossed=share)
        drawn = [sampler._new(np.random.default_rng(i), "3d", 3) for i in range(60)]
        shares[share] = np.mean([not obeys_split(scene, "train") for scene, _, _ in drawn])
        for scene, shown, queries in drawn:
            assert {o.color for o in table.objects(shown)} == {o.color for o in scene.objects}
            for _, target, seen in queries:
                assert len(target.objects) == len(table.objects(seen)) or not target.objects
    assert shares[0.0] == 0 < shares[0.5] < shares[1.0] > 0.6


def test_training_says_how_much_was_crossed_and_refuses_where_it_cannot(tiny_split, stores):
    config = LbfConfig(CSS_WORDS, 12, CSS_ALIASES, width=16, heads=2, embedding_width=24)
    sampling = CssSampling(sources=2, modifications=3, fresh=0.8, held_out=3, crossed=0.5)
    queries = CssQueries(tiny_split, stores, config, sampling, 0, "detector", color_features=COLOR)
    assert queries.facts["training"]["crossed"] == 0.5 and queries.sampler.crossed == 0.5
    for flag, share in (("crossed", 1.5), ("fresh", -0.1), ("crossed", float("nan"))):
        with pytest.raises(ValueError, match=f"--{flag} {share}: give a share from 0 to 1"):
            replace(sampling, **{flag: share})
    with pytest.raises(ValueError, match=r"--cut-links 3: give a share from 0 to 1"):
        CompositorTraining(cut_links=3)
    assert "crossed" not in CssQueries(tiny_split, stores, config, replace(sampling, crossed=0.0), 0, "d").facts["training"]
    with pytest.raises(ValueError, match=r"--crossed 0\.5 is a share of newly drawn scenes"):
        CssQueries(tiny_split, stores, config, replace(sampling, fresh=0.0), 0, "detector", color_features=COLOR)
    with pytest.raises(UnsuitedError, match=r"--crossed 0\.5 needs a detector that tells colours"):
        CssQueries(tiny_split, stores, config, sampling, 0, "detector")


def test_crossed_regions_come_from_no_picture_that_is_left_out(tiny_split, stores):
    left_out = frozenset(range(0, len(tiny_split.images), 2))
    table = CssRegionTable(tiny_split, stores, 36, left_out)
    plain = table.table.features
    hidden = [row for i in left_out for row in table.shown("3d", i).rows.tolist()]
    table.cross_colors(COLOR, seed=0)
    form = np.ones(plain.shape[1], bool)
    form[COLOR] = False
    made = table.table.features[len(plain) :]
    assert len(made)
    for part in (form, ~form):
        assert not (made[:, None, part] == plain[hidden][None][:, :, part]).all(2).any()
