"""Training on a tiny data set: batches, resuming, no leak from validation, evaluation."""

import json

import numpy as np
import pytest
import torch

from lbf_model.compositors import build_compositor
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.css.grammar import KINDS, apply_modification
from lbf_model.tasks.css.protocol import evaluate_css
from lbf_model.tasks.css.regions import EMPTY, CssRegionTable, css_store, css_stores, object_key, pictured
from lbf_model.tasks.css.sampling import QuerySampler, fitting_modification
from lbf_model.tasks.css.scenes import SPLITS, obeys_split, sample_scene
from lbf_model.tasks.css.training_queries import CssQueries, CssSampling, css_config, held_out_sources
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.training.region_store import RegionStore
from lbf_model.training.train_compositor import CompositorTraining, train_compositor
from lbf_model.vision.detectors.attribute_rcnn import load_detector
from tests.small import random_regions

CONFIG = LbfConfig(
    CSS_WORDS, 12, CSS_ALIASES, width=16, heads=2, embedding_width=24, vep_layers=1, tep_layers=1, fusion_layers=1
)
TRAINING = CompositorTraining(updates=6, warmup=2, validate_every=3)
SAMPLING = CssSampling(sources=2, modifications=3, fresh=0.0, held_out=3)


@pytest.fixture(scope="module")
def detector(checkpoints):
    return load_detector(checkpoints / "detector")


@pytest.fixture(scope="module")
def regions(tmp_path_factory):
    return tmp_path_factory.mktemp("regions")


@pytest.fixture(scope="module")
def stores(tiny_split, detector, regions):
    """Regions of the true boxes, so that a random detector serves."""
    return css_stores(tiny_split, detector, regions, true_boxes=True)


def test_a_store_keeps_what_the_detector_said(tiny_split, stores, detector):
    from lbf_model.training.region_store import open_pictures

    picture = open_pictures([tiny_split.picture(7, "3d")])[0]
    wanted = detector.describe_boxes(picture, tiny_split.images[7].boxes["3d"])
    table = CssRegionTable(tiny_split, stores, 36)
    rows = table.rows("3d", 7)
    assert table.table.features[rows] == pytest.approx(wanted.features, rel=1e-2, abs=1e-3)
    assert table.table.boxes_unit[rows] == pytest.approx(wanted.boxes_unit, abs=1e-4)
    assert len(stores["2d"]) == len(pictured(tiny_split, "2d")) < len(stores["3d"])


def test_extraction_resumes_and_refuses_another_detector(tiny_split, stores, detector, regions):
    folder = regions / "train-3d-true"
    counts = np.load(folder / "counts.npy")
    holes = counts.copy()
    holes[10:20] = 0
    np.save(folder / "counts.npy", holes)
    with pytest.raises(ValueError, match="not extracted yet"):
        RegionStore(folder)
    css_store(tiny_split, "3d", detector, regions, true_boxes=True)
    assert np.array_equal(np.load(folder / "counts.npy"), counts)
    about = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps({**about, "detector": "another"}))
    with pytest.raises(ValueError, match="another detector"):
        css_store(tiny_split, "3d", detector, regions, true_boxes=True)
    (folder / "about.json").write_text(json.dumps(about))


def test_regions_are_known_by_object_and_validation_is_left_out(tiny_split, stores):
    everything = CssRegionTable(tiny_split, stores, 36)
    left_out = frozenset(range(0, len(tiny_split.images), 2))
    rest = CssRegionTable(tiny_split, stores, 36, left_out)
    item = tiny_split.images[1].scene.objects[0]
    rows = set(everything.of_object("3d", object_key(item)).tolist())
    kept = set(rest.of_object("3d", object_key(item)).tolist())
    hidden = {row for i in left_out for row in everything.rows("3d", i).tolist()}
    assert kept and kept == rows - hidden


@pytest.fixture(scope="module")
def sampler(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36)
    vocabulary = Vocabulary(CSS_WORDS, CSS_ALIASES)
    return QuerySampler(tiny_split, table, vocabulary, frozenset({tiny_split.queries[0].source}), 0.0, 0.5, seed=1)


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


def test_an_empty_scene_has_its_own_rows(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36)
    empties = [i.index for i in tiny_split.images if not i.scene.objects]
    if empties:
        assert set(table.of_object("3d", EMPTY)) == {table.rows("3d", i)[0] for i in empties}


def run(tiny_split, stores, out, watched=None):
    queries = CssQueries(tiny_split, stores, CONFIG, SAMPLING, TRAINING.seed, "detector", watched)
    train_compositor("lbf", CONFIG, TRAINING, queries, out)
    return json.loads((out / "curve.json").read_text())


def test_an_interrupted_training_ends_with_the_same_weights(tiny_split, stores, tmp_path, monkeypatch):
    whole = run(tiny_split, stores, tmp_path / "whole")
    original, calls = QuerySampler.batch, []

    def interrupted(self, *arguments):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySampler, "batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tiny_split, stores, tmp_path / "parts")
    assert run(tiny_split, stores, tmp_path / "parts") == whole
    states = [torch.load(tmp_path / n / "training.pt", weights_only=True)["model"] for n in ("whole", "parts")]
    assert all(torch.equal(states[0][k], states[1][k]) for k in states[0])


def test_other_data_can_be_watched(tiny_split, stores, tmp_path):
    curve = run(tiny_split, stores, tmp_path, watched={"seen": (tiny_split, stores)})
    assert [p["updates"] for p in curve] == [3, 6]
    assert all(0 <= p[f"{n} R@1 {r}"] <= 100 for p in curve for n in ("validation", "seen") for r in ("3d", "2d"))


def test_the_checkpoint_says_how_it_came_about(tiny_split, stores, tmp_path, detector):
    run(tiny_split, stores, tmp_path / "c")
    model, header = load_compositor(tmp_path / "c")
    assert header["detector"] == detector.fingerprint and header["detector_checkpoint"] == "detector"
    assert header["training"]["seed"] == 0 and header["training"]["data"] == "css, seed 3, train split"
    assert model.region_input.feature_std.min() > 0


@pytest.mark.parametrize("loss", ["soft-triplet", "batch-classification"])
def test_both_losses_learn_a_batch_by_heart(sampler, loss):
    from lbf_model.training.train_compositor import _update

    torch.manual_seed(0)
    model = build_compositor("lbf", CONFIG)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    training = CompositorTraining(loss=loss)
    losses = [_update(model, optimizer, sampler.batch(0, 3, 3), training, "cpu") for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]


def test_the_two_settings_of_the_paper_differ_in_k():
    big, small = css_config("css-big", 12), css_config("css-small", 12)
    assert (big.max_regions, small.max_regions) == (36, 18)
    crowded = batch_regions([random_regions(30)], small.max_regions)
    composed, to_regions, _ = build_compositor("lbf", small).compose_query(*crowded, *batch_words([np.array([1, 2])]))
    assert composed.shape == (1, small.embedding_width) and to_regions.shape[-1] == 18


def test_held_out_sources_are_fixed_by_the_seed(tiny_split):
    assert held_out_sources(tiny_split, 5, 0) == held_out_sources(tiny_split, 5, 0)
    assert held_out_sources(tiny_split, 5, 0) != held_out_sources(tiny_split, 5, 1)


def test_evaluation_prints_a_row_a_checkpoint(tiny_css, checkpoints, tmp_path):
    figures = evaluate_css([checkpoints / "lbf"], tiny_css, "test", checkpoints / "detector", tmp_path)
    row = figures["rows"][0]
    assert figures["queries"] == 36 and figures["gallery"] == 76
    assert 0 <= row["3d->3d"]["R@1"] <= row["3d->3d"]["R@5"] <= row["3d->3d"]["R@100"] <= 100
    assert set(row["2d->3d"]["R@1 by kind"]) == set(KINDS)
    assert 0 < figures["oracle R@1"]["all"] <= 100
