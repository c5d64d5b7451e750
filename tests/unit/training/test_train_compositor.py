"""A training run resumes, starts from a checkpoint, keeps the best one, and tells how it came about."""

from dataclasses import replace

import pytest
import torch

from lbf_model.checkpoint import CheckpointError
from lbf_model.compositors.concat import ConcatConfig
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.css.regions import CssRegionTable
from lbf_model.tasks.css.sampling import QuerySampler
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import train_compositor
from tests.unit.training.small_training import CONFIG, ScriptedQueries, run


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
        "loss: batch-classification, now soft-triplet\\); .*another": ("lbf", CONFIG, replace(training, loss="soft-triplet")),
        "seed: 0, now 1": ("lbf", CONFIG, replace(training, seed=1)),
        "compositor: lbf, now concat": ("concat", ConcatConfig(CSS_WORDS, 12, CSS_ALIASES), training),
    }
    for told, other in others.items():
        with pytest.raises(ValueError, match=told):
            train_compositor(*other, ScriptedQueries(batch, [9.0, 9.0]), tmp_path)
    assert (tmp_path / "training.pt").read_bytes() == state


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
    with pytest.raises(ValueError, match=r"other settings \(start: [0-9a-f]+, now None\)"):
        train_compositor("lbf", CONFIG, still, then, tmp_path / "then")
    with pytest.raises(CheckpointError, match="holds lbf; start from a checkpoint of concat"):
        train_compositor(
            "concat", ConcatConfig(CSS_WORDS, 12, CSS_ALIASES), still, then, tmp_path / "other", start_from=tmp_path / "first"
        )


@pytest.mark.parametrize(
    "wrong",
    [{"loss": "triplet"}, {"grounding": -1.0}, {"grounded_layers": "evry"}, {"soft_negatives": 0.0}, {"validate_every": 0}],
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=f"--{next(iter(wrong)).replace('_', '-')} "):
        CompositorTraining(**wrong)


def test_a_run_whose_loss_is_no_number_stops_and_keeps_its_best_checkpoint(sampler, tmp_path):
    batch, short = sampler.batch(0, 3, 3), CompositorTraining(updates=1, warmup=1, validate_every=1)
    train_compositor("lbf", CONFIG, short, ScriptedQueries(batch, [5.0]), tmp_path)
    kept = (tmp_path / "model.safetensors").read_bytes()
    lost = replace(batch, references=batch.references._replace(features=batch.references.features * float("nan")))
    queries = ScriptedQueries(lost, [9.0])
    queries.features = ScriptedQueries(batch, []).features
    with pytest.raises(ValueError, match=r"the loss of update 2 is nan; lower --learning-rate"):
        train_compositor("lbf", CONFIG, replace(short, updates=2), queries, tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == kept


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


def test_the_checkpoint_says_how_it_came_about(tiny_split, stores, tmp_path, detector):
    run(tiny_split, stores, tmp_path / "c")
    model, header = load_compositor(tmp_path / "c")
    assert header["detector"] == detector.fingerprint and header["detector_checkpoint"] == "detector"
    assert header["training"]["seed"] == 0 and header["training"]["data"] == "css, seed 3, train split"
    table = CssRegionTable(tiny_split, stores, 36).table
    assert model.region_input.feature_mean.numpy() == pytest.approx(table.features.mean(0), rel=1e-2, abs=1e-3)
    assert model.region_input.feature_std.numpy() == pytest.approx(table.features.std(0) + 0.01, rel=1e-2, abs=1e-3)


def test_weight_decay_shrinks_matrices(sampler, tmp_path):
    def norm(decay):
        training = CompositorTraining(updates=5, warmup=1, validate_every=5, weight_decay=decay)
        train_compositor("lbf", CONFIG, training, ScriptedQueries(sampler.batch(0, 3, 3), [1.0]), tmp_path / str(decay))
        model, _ = load_compositor(tmp_path / str(decay))
        return model.region_input.out.weight.norm().item(), model.word_input.word.weight.norm().item()

    (free, table), (decayed, same_table) = norm(0.0), norm(100.0)
    assert decayed < 0.8 * free and same_table == pytest.approx(table, rel=0.05)
