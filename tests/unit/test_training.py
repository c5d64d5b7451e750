"""Training on a tiny data set: batches, resuming, no leak from validation, evaluation."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.checkpoint import CheckpointError, read_config, save_checkpoint
from lbf_model.cli.main import main
from lbf_model.compositors.concat import ConcatConfig
from lbf_model.compositors.lbf import LbfConfig, LbfNetwork
from lbf_model.compositors.registry import build_compositor
from lbf_model.compositors.tirg import TirgConfig
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.network.losses import grounding_loss
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.css.grammar import KINDS, apply_modification, parse_modification
from lbf_model.tasks.css.protocol import evaluate_css
from lbf_model.tasks.css.regions import EMPTY, CssRegionTable, ShownScene, css_store, object_key, pictured
from lbf_model.tasks.css.sampling import QuerySampler, _as_right, fitting_modification
from lbf_model.tasks.css.scenes import COLORS, POSITIONS, SHAPES, SIZES, SPLITS, Scene, SceneObject, obeys_split, sample_scene
from lbf_model.tasks.css.training_queries import CssQueries, CssSampling, css_config, held_out_sources, validation_seed_of
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.training.region_store import RegionStore
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import _cut_links, _update, train_compositor
from lbf_model.vision.detectors.efficientnet_lite import pyramid_channels
from tests.small import OTHERS, random_regions, small_compositor

CONFIG = LbfConfig(
    CSS_WORDS, 12, CSS_ALIASES, width=16, heads=2, embedding_width=24, vep_layers=1, tep_layers=1, fusion_layers=1
)
TRAINING = CompositorTraining(updates=6, warmup=2, validate_every=3)
SAMPLING = CssSampling(sources=2, modifications=3, fresh=0.0, held_out=3)


def test_a_store_keeps_what_the_detector_said(tiny_split, stores, detector):
    from lbf_model.training.region_store import open_pictures

    picture = open_pictures([tiny_split.picture(7, "3d")])[0]
    wanted = detector.describe_boxes(picture, tiny_split.images[7].boxes["3d"])
    table = CssRegionTable(tiny_split, stores, 36)
    rows = table.shown("3d", 7).rows
    assert table.table.features[rows] == pytest.approx(wanted.features, rel=1e-2, abs=1e-3)
    assert table.table.boxes_unit[rows] == pytest.approx(wanted.boxes_unit, abs=1e-4)
    assert len(stores["2d"]) == len(pictured(tiny_split, "2d")) < len(stores["3d"])


def test_extraction_resumes(tiny_split, stores, detector, regions):
    (folder,) = regions.glob("train-3d-true-*")
    counts = np.load(folder / "counts.npy")
    holes = counts.copy()
    holes[10:20] = 0
    np.save(folder / "counts.npy", holes)
    with pytest.raises(ValueError, match="not extracted yet"):
        RegionStore(folder)
    css_store(tiny_split, "3d", detector, regions, true_boxes=True)
    assert np.array_equal(np.load(folder / "counts.npy"), counts)


def test_regions_are_known_by_object_and_validation_is_left_out(tiny_split, stores):
    everything = CssRegionTable(tiny_split, stores, 36)
    left_out = frozenset(range(0, len(tiny_split.images), 2))
    rest = CssRegionTable(tiny_split, stores, 36, left_out)
    item = tiny_split.images[1].scene.objects[0]
    rows = set(everything.of_object("3d", object_key(item)).tolist())
    kept = set(rest.of_object("3d", object_key(item)).tolist())
    hidden = {row for i in left_out for row in everything.shown("3d", i).rows.tolist()}
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
    images = list(tiny_split.images)
    images[5] = replace(images[5], scene=Scene(()))
    table = CssRegionTable(replace(tiny_split, images=tuple(images)), stores, 36)
    assert table.of_object("3d", EMPTY).tolist() == [table.shown("3d", 5).rows[0]]


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


def test_a_run_is_not_resumed_with_other_settings(sampler, tmp_path):
    batch = sampler.batch(0, 3, 3)
    training = CompositorTraining(updates=2, warmup=1, validate_every=1)
    train_compositor("lbf", CONFIG, training, ScriptedQueries(batch, [1.0, 2.0]), tmp_path)
    state = (tmp_path / "training.pt").read_bytes()
    others = {
        "loss batch-classification, not soft-triplet; .*another --out": ("lbf", CONFIG, replace(training, loss="soft-triplet")),
        "seed 0, not 1": ("lbf", CONFIG, replace(training, seed=1)),
        "compositor lbf, not concat": ("concat", ConcatConfig(CSS_WORDS, 12, CSS_ALIASES), training),
    }
    for told, other in others.items():
        with pytest.raises(ValueError, match=told):
            train_compositor(*other, ScriptedQueries(batch, [9.0, 9.0]), tmp_path)
    assert (tmp_path / "training.pt").read_bytes() == state


def test_other_data_can_be_watched(tiny_split, stores, tmp_path):
    curve = run(tiny_split, stores, tmp_path, watched={"seen": (tiny_split, stores)})
    assert [p["updates"] for p in curve] == [3, 6]
    assert all(0 <= p[f"{n} R@1 {r}"] <= 100 for p in curve for n in ("validation", "seen") for r in ("3d", "2d"))


def test_the_checkpoint_says_how_it_came_about(tiny_split, stores, tmp_path, detector):
    run(tiny_split, stores, tmp_path / "c")
    model, header = load_compositor(tmp_path / "c")
    assert header["detector"] == detector.fingerprint and header["detector_checkpoint"] == "detector"
    assert header["training"]["seed"] == 0 and header["training"]["data"] == "css, seed 3, train split"
    table = CssRegionTable(tiny_split, stores, 36).table
    assert model.region_input.feature_mean.numpy() == pytest.approx(table.features.mean(0), rel=1e-2, abs=1e-3)
    assert model.region_input.feature_std.numpy() == pytest.approx(table.features.std(0) + 0.01, rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("loss", ["soft-triplet", "batch-classification"])
def test_both_losses_learn_a_batch_by_heart(sampler, loss):
    torch.manual_seed(0)
    model = build_compositor("lbf", CONFIG)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    training = CompositorTraining(loss=loss)
    losses = [_update(model, optimizer, sampler.batch(0, 3, 3), training, "cpu") for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]


def test_the_two_settings_of_the_paper_differ_in_k():
    detector = SimpleNamespace(feature_width=12, feature_map_channels=5)
    big, small = css_config("css-big", detector), css_config("css-small", detector)
    assert (big.max_regions, small.max_regions) == (36, 18)
    crowded = batch_regions([random_regions(30)], small.max_regions)
    composed, to_regions, _ = build_compositor("lbf", small).compose_query(crowded, batch_words([np.array([1, 2])]))
    assert composed.shape == (1, small.embedding_width) and to_regions.shape[-1] == 18


def test_held_out_sources_are_fixed_by_the_seed(tiny_split):
    assert held_out_sources(tiny_split, 5, 0) == held_out_sources(tiny_split, 5, 0)
    assert held_out_sources(tiny_split, 5, 0) != held_out_sources(tiny_split, 5, 1)


def test_a_small_data_set_keeps_scenes_to_train_on(tiny_split):
    sources = {q.source for q in tiny_split.queries}
    assert len(held_out_sources(tiny_split, 50, 0)) == len(sources) // 5
    few = replace(tiny_split, queries=[q for q in tiny_split.queries if q.source in sorted(sources)[:4]])
    with pytest.raises(ValueError, match="4 base scenes are too few"):
        held_out_sources(few, 50, 0)


def test_training_from_a_checkpoint_keeps_its_validation_part(tiny_css, checkpoints, tmp_path):
    """With a seed of its own it would be judged by scenes that the checkpoint was trained on."""

    def trained(name: str, seed: int, *more) -> dict:
        shared = "--data", tiny_css, "--regions", tmp_path, "--detector", checkpoints / "detector", "--updates", 1, "--fresh", 0
        assert main([str(w) for w in ("train", *shared, "--seed", seed, "--out", tmp_path / name, *more)]) == 0
        return read_config(tmp_path / name, "compositor")["training"]

    first = trained("first", 5)
    second = trained("second", 6, "--start-from", tmp_path / "first")
    third = trained("third", 7, "--start-from", tmp_path / "second")
    assert [validation_seed_of(facts) for facts in (first, second, third)] == [5, 5, 5]
    assert second["seed"] == 6
    older = {"seed": 3}
    assert validation_seed_of(older) == 3


def test_evaluation_prints_a_row_a_checkpoint(tiny_css, checkpoints, tmp_path):
    figures = evaluate_css([checkpoints / "lbf"], tiny_css, "test", checkpoints / "detector", tmp_path)
    row = figures["rows"][0]
    assert figures["queries"] == 36 and figures["gallery"] == 76
    assert 0 <= row["3d->3d"]["R@1"] <= row["3d->3d"]["R@5"] <= row["3d->3d"]["R@100"] <= 100
    assert set(row["2d->3d"]["R@1 by kind"]) == set(KINDS)
    assert 0 < figures["oracle R@1"]["all"] <= 100


def test_every_row_of_the_table_is_evaluated(tiny_css, checkpoints, compared_folder, tmp_path):
    folders = [compared_folder / name for name in OTHERS]
    figures = evaluate_css(folders, tiny_css, "test", checkpoints / "detector", tmp_path, true_regions=True)
    assert [row["compositor"] for row in figures["rows"]] == list(OTHERS)
    assert all(row[setting]["R@100"] == 100 for row in figures["rows"] for setting in ("3d->3d", "2d->3d"))


@pytest.mark.parametrize("grounding", [0.0, 0.3])
@pytest.mark.parametrize("loss", ["soft-triplet", "batch-classification"])
def test_an_update_is_one_step_down_the_papers_loss(sampler, loss, grounding):
    """Loss and gradient against ones worked out anew, each picture encoded by itself and nothing shared."""
    batch = sampler.batch(0, 4, 3)
    count, columns = batch.false_negatives.shape
    rng = torch.Generator().manual_seed(0)
    false, soft = (torch.rand(count, columns, generator=rng) < share for share in (0.2, 0.3))
    rows = torch.arange(count)
    false[rows, rows], soft[rows, rows] = False, False
    batch = replace(batch, false_negatives=false, soft_negatives=soft)

    model = small_compositor("lbf")
    started = type(batch.references)(*(None if t is None else t[batch.source] for t in batch.references))
    composed = model.compose_query(started, batch.words)
    asked = composed.embedding
    given = torch.cat([model.encode_target(batch.targets), model.encode_target(batch.references)])
    weights = torch.where(soft, 0.25, 1.0)  # how often a column counts among the wrong answers
    odds = (model.log_temperature.exp() * asked @ given.T).exp() * weights
    right = odds[rows, rows, None]
    if loss == "batch-classification":
        wanted = -(right[:, 0] / odds.masked_fill(false, 0).sum(1)).log().mean()
    else:
        others = ~false
        others[rows, rows] = False
        wanted = (1 + odds / right).log()[others].mean()
    looked = composed.word_to_region, batch.words.mask, started.mask
    wanted = wanted + grounding * grounding_loss(*looked, batch.grounding.fits, batch.grounding.meant)
    wanted.backward()
    gradient = {name: torch.zeros_like(p) if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    length = torch.cat([g.flatten() for g in gradient.values()]).norm()

    fresh = small_compositor("lbf")
    training = CompositorTraining(loss=loss, soft_negatives=0.25, grounding=grounding)
    found = _update(fresh, torch.optim.SGD(fresh.parameters(), lr=0.0), batch, training, "cpu")
    assert found == pytest.approx(wanted.item(), rel=1e-4)
    for name, parameter in fresh.named_parameters():  # clipped to a length of 1
        found_gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(found_gradient, gradient[name] / max(length.item(), 1.0), rtol=1e-2, atol=1e-5, msg=name)


def test_links_are_cut_to_regions_that_a_sentence_is_not_about_alone():
    torch.manual_seed(0)
    real = torch.tensor([[True, True, True, False]] * 400)
    meant = torch.tensor([[True, False, False, False]] * 200 + [[False] * 4] * 200)
    links = _cut_links(real, meant, 0.5)
    assert links[:200, 0].all() and not links[:, 3].any() and links[200:, :3].all()
    assert 0.65 < links[:200, 1].float().mean() < 0.85, "a quarter of all links to others are cut"
    assert torch.equal(_cut_links(real, meant, 0.0), real)


def test_words_touch_only_regions_that_somebody_points_at(sampler, monkeypatch):
    batch, model, told = sampler.batch(0, 4, 3), small_compositor("lbf"), []
    linked = batch.grounding.meant.clone()
    linked[:, 0] = True
    real = batch.references.mask[batch.source]
    embed = model.embed_query
    monkeypatch.setattr(model, "embed_query", lambda *given: told.append(given[2]) or embed(*given))
    for grounding, wanted in ((batch.grounding._replace(linked=linked), real & linked), (batch.grounding, real)):
        _update(model, torch.optim.SGD(model.parameters(), lr=0.0), replace(batch, grounding=grounding), TRAINING, "cpu")
        assert torch.equal(told.pop(), wanted)


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


def test_a_rows_own_loss_is_added(sampler, monkeypatch):
    batch, training = sampler.batch(0, 4, 3), CompositorTraining()

    def update():
        model = small_compositor("concat").eval()
        return _update(model, torch.optim.SGD(model.parameters(), lr=0.0), batch, training, "cpu")

    monkeypatch.setattr("lbf_model.compositors.concat.Concat.train", lambda self, mode=True: self)  # no dropout
    plain = update()
    seen = []

    def own_loss(self, answered):
        references, words, composed, targets, false_negatives = answered
        seen.append((len(references.values), len(words.values), len(composed.embedding), len(targets.values)))
        assert torch.equal(false_negatives, batch.false_negatives[:, : len(batch.source)])
        return 0.5 * self.embed_target(targets).square().sum(1).mean()  # targets have unit length

    monkeypatch.setattr("lbf_model.compositors.concat.Concat.auxiliary_loss", own_loss)
    count = len(batch.source)
    assert update() == pytest.approx(plain + 0.5, abs=1e-4) and seen == [(count,) * 4]


class ScriptedQueries:
    """One batch, and a judge that says what it was told to."""

    def __init__(self, batch, scores):
        self.features, self._batch, self._scores = batch.references.features[batch.references.mask].numpy(), batch, list(scores)
        self.facts = {"detector": "d", "detector_checkpoint": "d", "training": {}}

    def batch(self, step):
        return self._batch

    def judge(self, model):
        return self._scores.pop(0), {}


def test_the_best_checkpoint_is_kept_not_the_last_or_the_worst(sampler, tmp_path):
    batch = sampler.batch(0, 3, 3)
    training = CompositorTraining(updates=4, warmup=1, validate_every=1)
    train_compositor("lbf", CONFIG, training, ScriptedQueries(batch, [5.0, 9.0, 2.0, 8.0]), tmp_path / "four")
    kept, header = load_compositor(tmp_path / "four")
    assert header["training"]["chosen_at_update"] == 2
    train_compositor("lbf", CONFIG, training, ScriptedQueries(batch, [1.0, 2.0, 0.0, 0.0]), tmp_path / "same")
    same, _ = load_compositor(tmp_path / "same")
    last = torch.load(tmp_path / "four" / "training.pt", weights_only=True)["model"]
    assert all(torch.equal(v, same.state_dict()[k]) for k, v in kept.state_dict().items())
    assert any(not torch.equal(v, last[k].half().float()) for k, v in kept.state_dict().items())


def test_training_goes_on_from_a_checkpoint_of_the_same_compositor(sampler, tmp_path):
    batch, first = sampler.batch(0, 3, 3), CompositorTraining(updates=2, warmup=1, validate_every=2)
    train_compositor("lbf", CONFIG, first, ScriptedQueries(batch, [1.0]), tmp_path / "first")
    still = CompositorTraining(updates=1, warmup=1, validate_every=1, learning_rate=0.0)
    then = ScriptedQueries(batch, [1.0])
    then.features = then.features + 5  # the weights belong to the features they were standardised by at first
    train_compositor("lbf", CONFIG, still, then, tmp_path / "then", start_from=tmp_path / "first")
    (before, told), (after, header) = (load_compositor(tmp_path / name) for name in ("first", "then"))
    assert all(torch.equal(v, after.state_dict()[k]) for k, v in before.state_dict().items())
    assert header["training"]["start"] == told["training"]
    with pytest.raises(CheckpointError, match="holds lbf; start from a checkpoint of concat"):
        train_compositor(
            "concat", ConcatConfig(CSS_WORDS, 12, CSS_ALIASES), still, then, tmp_path / "other", start_from=tmp_path / "first"
        )


def test_weight_decay_shrinks_matrices(sampler, tmp_path):
    def norm(decay):
        training = CompositorTraining(updates=5, warmup=1, validate_every=5, weight_decay=decay)
        train_compositor("lbf", CONFIG, training, ScriptedQueries(sampler.batch(0, 3, 3), [1.0]), tmp_path / str(decay))
        model, _ = load_compositor(tmp_path / str(decay))
        return model.region_input.out.weight.norm().item(), model.word_input.word.weight.norm().item()

    (free, table), (decayed, same_table) = norm(0.0), norm(100.0)
    assert decayed < 0.8 * free and same_table == pytest.approx(table, rel=0.05)


def test_no_more_regions_are_read_than_the_config_keeps(
    tiny_split, tiny_css, stores, checkpoints, detector, tmp_path, monkeypatch
):
    queries = CssQueries(tiny_split, stores, replace(CONFIG, max_regions=2), SAMPLING, 0, "detector")
    batch = queries.batch(0)
    assert batch.references.mask.shape[1] == batch.targets.mask.shape[1] == 2
    facts = {"compositor": "lbf", "detector": detector.fingerprint, "detector_checkpoint": "detector"}
    for kept in (1, 3):
        network = small_compositor("lbf", max_regions=kept)
        save_checkpoint(tmp_path / str(kept), "compositor", network, network.config, facts)
    widths, original = [], LbfNetwork.encode_pictures

    def noting(self, pictures):
        widths.append((self.config.max_regions, pictures.mask.shape[1]))
        return original(self, pictures)

    monkeypatch.setattr(LbfNetwork, "encode_pictures", noting)
    folders = [tmp_path / "1", tmp_path / "3"]
    evaluate_css(folders, tiny_css, "train", checkpoints / "detector", tmp_path / "regions", true_regions=True)
    assert set(widths) == {(1, 1), (3, 3)}


TIRG = TirgConfig(
    CSS_WORDS, sum(pyramid_channels("lite0")), CSS_ALIASES, width=16, heads=2, embedding_width=24, cell_width=8
)  # fmt: skip


def test_a_row_that_reads_feature_maps_trains_on_the_given_queries(tiny_split, stores, tmp_path):
    drawn = replace(SAMPLING, fresh=None)
    assert CssQueries(tiny_split, stores, CONFIG, drawn, 0, "detector").facts["training"]["fresh"] == 0.8
    queries = CssQueries(tiny_split, stores, TIRG, drawn, 0, "detector")
    assert queries.facts["training"]["fresh"] == 0 and queries.features.shape[1] == sum(pyramid_channels("lite0"))
    batch = queries.batch(0)
    assert len(batch.references.feature_map) == 2 and len(batch.targets.feature_map) == len(batch.source)
    train_compositor("tirg", TIRG, TRAINING, queries, tmp_path / "tirg")
    model, header = load_compositor(tmp_path / "tirg")
    assert header["compositor"] == "tirg" and model.config == TIRG
    with pytest.raises(ValueError, match=r"--fresh 0\.8: .*no feature map"):
        CssQueries(tiny_split, stores, TIRG, replace(SAMPLING, fresh=0.8), 0, "detector")


def test_each_picture_of_a_batch_has_its_own_feature_map(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36)
    scenes = [("3d", 5), ("2d", tiny_split.queries[0].source), ("3d", 7)]
    batch = table.gather([table.shown(*scene) for scene in scenes], "feature_map")
    rows = [5, pictured(tiny_split, "2d").index(scenes[1][1]), 7]
    wanted = [stores[rendering].feature_maps[row] for (rendering, _), row in zip(scenes, rows, strict=True)]
    np.testing.assert_array_equal(batch.feature_map.numpy(), np.stack(wanted).astype(np.float32))
    with pytest.raises(ValueError, match="no feature map"):
        table.gather([ShownScene(np.array([0, 1]))], "feature_map")


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


def test_objects_that_no_picture_shows_have_no_rows(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36, frozenset(range(len(tiny_split.images))))
    assert len(table.of_object("2d", 310)) == 0 == len(table.of_object("3d", EMPTY))
