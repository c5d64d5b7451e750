"""Batches of CSS queries fit together, and their new scenes show only what was detected."""

import numpy as np
import pytest
import torch

from lbf_model.tasks.css.grammar import KINDS, apply_modification, parse_modification
from lbf_model.tasks.css.regions import CssRegionTable, object_key
from lbf_model.tasks.css.sampling import QuerySampler, _as_right, fitting_modification
from lbf_model.tasks.css.scenes import COLORS, POSITIONS, SHAPES, SIZES, SPLITS, Scene, SceneObject, obeys_split, sample_scene
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.text.vocabulary import Vocabulary


def test_a_batch_depends_on_seed_and_step_alone(sampler):
    one, same, other = sampler.batch(4, 3, 4), sampler.batch(4, 3, 4), sampler.batch(5, 3, 4)
    assert torch.equal(one.targets.features, same.targets.features) and torch.equal(one.words.values, same.words.values)
    assert not torch.equal(one.source, other.source) or not torch.equal(one.targets.features, other.targets.features)


def test_a_batch_fits_together(sampler):
    batch = sampler.batch(0, 4, 3)
    count = len(batch.source)
    assert batch.targets.mask.shape[0] == batch.words.mask.shape[0] == count
    assert batch.false_negatives.shape == (count, count + 4)
    assert not batch.false_negatives[torch.arange(count), torch.arange(count)].any()
    assert batch.references.mask.any(1).all() and batch.targets.mask.any(1).all()


def test_new_modifications_fit_their_scene_and_stay_in_the_split():
    rng = np.random.default_rng(0)
    made = dict.fromkeys(KINDS, 0)
    for _ in range(300):
        scene = sample_scene(rng, "train")
        kind = KINDS[rng.integers(3)]
        modification = fitting_modification(rng, scene, kind)
        target = apply_modification(modification, scene, "train", rng)
        if kind != "add":
            assert any(map(modification.matches, scene.objects))
        if target is not None:
            made[kind] += 1
            assert obeys_split(target, "train") and target != scene
    assert min(made.values()) > 50
    assert "green" not in SPLITS["train"]["cube"]


def test_a_scene_that_fits_an_add_is_no_wrong_answer(sampler):
    batch = sampler.batch(0, 4, 6)
    asked, targets = [], []
    rng = np.random.default_rng(0)
    source = Scene((SceneObject("top-left", "cube", "gray", "small"),))
    for text in ("add sphere", "add large red sphere to top-right", "remove cube"):
        modification = parse_modification(text)
        asked.append((modification, source))
        targets.append(apply_modification(modification, source, "train", rng))
    right = _as_right(asked, targets, [*targets, source])
    assert right.tolist() == [[False, True, False, False], [False] * 4, [False] * 4]
    count = len(batch.source)
    assert not batch.false_negatives[torch.arange(count), torch.arange(count)].any()


class FewObjects:
    """A table in which no picture shows a purple object, and none in 2D an object at the top."""

    def __init__(self, table):
        self._table = table
        self.purple = {object_key(SceneObject(p, s, "purple", z)) for p in POSITIONS for s in SHAPES for z in SIZES}
        self.top = {object_key(SceneObject(p, s, c, z)) for p in POSITIONS[:3] for s in SHAPES for c in COLORS for z in SIZES}

    def __getattr__(self, name):
        return getattr(self._table, name)

    def of_object(self, rendering, key):
        if key in self.purple or (rendering == "2d" and key in self.top):
            return np.empty(0, np.int64)
        return np.array([abs(key)])


def test_new_scenes_show_only_objects_that_were_detected(tiny_split, stores):
    table = FewObjects(CssRegionTable(tiny_split, stores, 36))
    sampler = QuerySampler(tiny_split, table, Vocabulary(CSS_WORDS, CSS_ALIASES), frozenset(), 1.0, 0.5, seed=1)
    rng = np.random.default_rng(0)
    for rendering in ("2d", "3d"):
        scene, shown, made = sampler._new(rng, rendering, 6)
        hidden = table.purple | (table.top if rendering == "2d" else set())
        assert len(made) == 6 and not {object_key(o) for o in scene.objects} & hidden
        assert sorted(shown.rows) == sorted(map(abs, map(object_key, scene.objects))) or not scene.objects
        assert not {object_key(o) for _, target, _ in made for o in target.objects} & table.purple


def test_data_without_enough_objects_are_refused(tiny_split, stores, monkeypatch):
    table = CssRegionTable(tiny_split, stores, 36)
    monkeypatch.setattr(table, "of_object", lambda rendering, key: np.empty(0, np.int64))
    sampler = QuerySampler(tiny_split, table, Vocabulary(CSS_WORDS, CSS_ALIASES), frozenset(), 1.0, 0.0, seed=1)
    with pytest.raises(ValueError, match="none could be shown in 3d by regions that the detector found"):
        sampler.batch(0, 2, 3)
