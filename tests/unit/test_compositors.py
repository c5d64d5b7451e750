"""The paper's table as a registry: what is listed, what is built, which config each row has, and what stays unloaded."""

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lbf_model.checkpoint import CheckpointError, read_config, save_checkpoint, vouch_for_figures
from lbf_model.compositors.base import AnsweredQueries, Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import COMPOSITORS, build_compositor, make_config
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.precision import computing_in
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.css.vocabulary import CSS_WORDS
from lbf_model.training.queries import QueryBatch
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import _update
from scripts.published import PAPER
from tests.server import ROOT
from tests.small import random_regions, small_compositor, small_config

READING_MAPS = [name for name, row in COMPOSITORS.items() if row.config_class.reads == "feature_map"]


def test_rows_stand_in_the_papers_order_and_know_their_classes():
    printed = [row.experiment for row in PAPER if row.experiment in COMPOSITORS]
    assert [name for name in COMPOSITORS if name in printed] == printed
    assert {"concat", "lbf"}.isdisjoint(READING_MAPS) and {"film", "tirg"} < set(READING_MAPS)
    for name, row in COMPOSITORS.items():
        assert row.name == name and issubclass(row.network_class, Compositor) and issubclass(row.config_class, CompositorConfig)
    classes, titles = ({getattr(row, fact) for row in COMPOSITORS.values()} for fact in ("config_class", "title"))
    assert len(classes) == len(titles) == len(COMPOSITORS)


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_the_command_line_names_every_row_without_loading_torch(arguments):
    code = (
        "import sys\nfrom lbf_model.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if "train" in arguments:
        assert f"{{{','.join(COMPOSITORS)}}}" in "".join(done.stdout.split())


@pytest.mark.parametrize("name", COMPOSITORS)
def test_a_row_is_built_from_its_own_config_alone(name):
    model = small_compositor(name)
    assert type(model) is COMPOSITORS[name].network_class and type(model.config) is COMPOSITORS[name].config_class
    other = "sum" if name != "sum" else "concat"
    with pytest.raises(ValueError, match=f"{other} is built from a"):
        build_compositor(other, model.config)


def test_own_hyperparameters_belong_to_one_row():
    own = {
        row.name: {f.name for f in fields(row.config_class)} - {f.name for f in fields(CompositorConfig)}
        for row in COMPOSITORS.values()
    }
    assert own["lbf"] == {"vep_layers", "fusion_layers", "positions", "streams"}
    assert own["concat"] == {"vep_layers", "mix_dropout"}
    assert own["abe-m"] > own["lbf"] and own["snr"] > own["tirg"]
    assert own["show-and-tell"] == {"cells", "cell_width"}
    assert own["tirg"] == own["show-and-tell"] | {"gate_start", "residual_start"}
    assert own["sum"] == own["image-only"] == own["text-only"] == {"vep_layers"}


def test_an_unknown_row_is_refused_by_name():
    with pytest.raises(ValueError, match="no compositor 'mrn'; there are image-only, text-only"):
        build_compositor("mrn", small_config())


class Wide:
    feature_width, feature_map_channels = 7, 9


def test_a_config_is_as_wide_as_what_the_row_reads():
    assert make_config("concat", Wide(), vocabulary=("a",)).feature_width == 7
    assert make_config("tirg", Wide(), vocabulary=("a",)).feature_width == 9
    with pytest.raises(TypeError, match="fusion_layers"):
        make_config("concat", Wide(), vocabulary=("a",), fusion_layers=2)


@pytest.mark.parametrize(
    "change", [{"mix_dropout": 1.0}, {"mix_dropout": -0.1}, {"dropout": 1.5}, {"vep_layers": -1}, {"width": 0}]
)
def test_a_config_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError):
        small_compositor("concat", **change)


def test_own_hyperparameters_reach_the_network():
    assert small_compositor("concat", mix_dropout=0.25).mix[5].p == 0.25
    tirg = small_compositor("tirg", gate_start=2.0, residual_start=3.0)
    assert (tirg.gate_weight.item(), tirg.residual_weight.item()) == (2.0, 3.0)


SHIPPED = sorted(path.parent for path in (ROOT / "checkpoints").glob("*/config.json"))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda f: f.name)
def test_shipped_configs_hold_what_their_row_reads_and_nothing_else(folder: Path):
    try:
        header = read_config(folder, "compositor")
    except CheckpointError:
        return  # a detector
    allowed = {f.name for f in fields(COMPOSITORS[header["compositor"]].config_class)}
    assert set(header["model"]) <= allowed
    assert ("fusion_layers" in header["model"]) == (header["compositor"] == "lbf")


def test_an_unknown_key_or_row_in_a_checkpoint_is_refused(compared_folder, tmp_path):
    for change in ({"model": {"fusion_layers": 2}}, {"compositor": "mrn"}):
        folder = tmp_path / next(iter(change))
        shutil.copytree(compared_folder / "concat", folder)
        header = json.loads((folder / "config.json").read_text())
        model = {**header["model"], **change.pop("model", {})}
        (folder / "config.json").write_text(json.dumps({**header, "model": model, **change}))
        vouch_for_figures(folder / "config.json")
        with pytest.raises(CheckpointError, match=r"ConcatConfig.*fusion_layers|no compositor 'mrn'"):
            load_compositor(folder)


@pytest.mark.parametrize("name", COMPOSITORS)
def test_targets_and_queries_share_an_encoding(name):
    model = small_compositor(name)
    pictures = batch_regions([random_regions(3, seed=1), random_regions(5, seed=2)], 36)
    words = batch_words([np.array([1, 2]), np.array([3]), np.array([2, 1])])
    rows = torch.tensor([1, 0, 1])
    with torch.inference_mode():
        encoded = model.encode_pictures(pictures)
        together = model.embed_query(encoded.select(rows), words).embedding
        again = batch_regions([random_regions(5, seed=2), random_regions(3, seed=1), random_regions(5, seed=2)], 36)
        assert torch.allclose(together, model.compose_query(again, words).embedding, atol=1e-6)
        assert torch.equal(model.embed_target(encoded), model.encode_target(pictures))


@pytest.mark.parametrize("name", COMPOSITORS)
def test_features_are_standardised_by_what_was_seen(name):
    model = small_compositor(name)
    rng = np.random.default_rng(0)
    seen = rng.normal(3.0, 5.0, (400, model.config.feature_width)).astype(np.float32)
    pictures = batch_regions([random_regions(4, seed=1)], 36)
    mean, spread = torch.from_numpy(seen.mean(0)), torch.from_numpy(seen.std(0) + 1e-2)
    with torch.inference_mode():
        plain = model.encode_pictures(pictures).values
        model.standardise(seen)
        if model.config.reads == "regions":
            shifted = pictures._replace(features=pictures.features * spread + mean)
        else:
            shifted = pictures._replace(feature_map=pictures.feature_map * spread[:, None, None] + mean[:, None, None])
        assert torch.allclose(model.encode_pictures(shifted).values, plain, atol=1e-4), "mean and spread are taken out"
        assert not torch.allclose(model.encode_pictures(pictures).values, plain, atol=1e-2)


@pytest.mark.parametrize("name", COMPOSITORS)
def test_matrices_decay_and_nothing_else_does(name):
    model = small_compositor(name)
    decayed, kept = model.parameter_groups(0.3)
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.3, 0.0)
    layers = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.LSTM)
    own = [(module, *named) for module in model.modules() for named in module.named_parameters(recurse=False)]
    matrices = {id(p) for module, name, p in own if isinstance(module, layers) and name.startswith("weight")}
    matrices |= {id(p) for module, _, p in own if isinstance(module, Compositor) and p.ndim > 1}
    assert {id(p) for p in decayed["params"]} == matrices
    assert {id(p) for p in (*decayed["params"], *kept["params"])} == {id(p) for p in model.parameters()}
    assert len(decayed["params"]) + len(kept["params"]) == len(list(model.parameters()))


def test_a_row_without_a_loss_of_its_own_adds_nothing():
    model = small_compositor("concat")
    pictures, words = batch_regions([random_regions(3)], 36), batch_words([np.array([1, 2])])
    encoded = model.encode_pictures(pictures)
    none = torch.zeros(1, 1, dtype=torch.bool)
    answered = AnsweredQueries(encoded, words, model.embed_query(encoded, words), encoded, none)
    assert model.auxiliary_loss(answered).item() == 0


COUNTS = (3, 7, 1)
SENTENCES = [np.array([1, 6, 8]), np.array([3, 20, 25, 7, 6]), np.array([2])]


def pictures_of(*counts):
    return batch_regions([random_regions(count, seed=count) for count in counts], 36)


@torch.inference_mode()
@pytest.mark.parametrize("name", COMPOSITORS)
def test_an_answer_does_not_depend_on_what_else_is_asked(name):
    model = small_compositor(name)
    queries = model.compose_query(pictures_of(*COUNTS), batch_words(SENTENCES)).embedding
    targets = model.encode_target(pictures_of(*COUNTS))
    for row, (count, sentence) in enumerate(zip(COUNTS, SENTENCES, strict=True)):
        alone = model.compose_query(pictures_of(count), batch_words([sentence])).embedding[0]
        assert torch.allclose(queries[row], alone, atol=1e-5)
        assert torch.allclose(targets[row], model.encode_target(pictures_of(count))[0], atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("name", COMPOSITORS)
def test_what_stands_in_padding_does_not_change_an_answer(name):
    model, pictures, words = small_compositor(name), pictures_of(*COUNTS), batch_words(SENTENCES)
    noisy = pictures._replace(features=torch.where(pictures.mask[..., None], pictures.features, 9.0))
    noisy_words = words._replace(values=torch.where(words.mask, words.values, 5))
    assert torch.equal(model.compose_query(pictures, words).embedding, model.compose_query(noisy, noisy_words).embedding)
    assert torch.equal(model.encode_target(pictures), model.encode_target(noisy))


@torch.inference_mode()
@pytest.mark.parametrize("name", [name for name in COMPOSITORS if name not in ("image-only", "text-only")])
def test_a_query_reads_its_picture_and_its_sentence(name):
    model, pictures, words = small_compositor(name), pictures_of(*COUNTS), batch_words(SENTENCES)
    query = model.compose_query(pictures, words).embedding
    assert not torch.allclose(model.compose_query(pictures_of(4, 6, 2), words).embedding, query, atol=1e-4)
    assert not torch.allclose(model.compose_query(pictures, batch_words(SENTENCES[::-1])).embedding, query, atol=1e-4)
    assert (model.compose_query(pictures, words).word_to_region is not None) == model.attends


@pytest.mark.parametrize("name", READING_MAPS)
def test_pictures_without_a_fitting_map_are_refused(name):
    model, pictures, words = small_compositor(name), pictures_of(*COUNTS), batch_words(SENTENCES)
    with pytest.raises(ValueError, match="some picture has none"):
        model.compose_query(pictures._replace(feature_map=None), words)
    with pytest.raises(ValueError, match="25 cells instead of 36"):
        model.encode_target(pictures._replace(feature_map=pictures.feature_map[..., :5, :5]))


@torch.inference_mode()
@pytest.mark.parametrize("name", COMPOSITORS)
def test_a_checkpoint_answers_as_what_was_saved(name, tmp_path):
    model, pictures, words = small_compositor(name), pictures_of(*COUNTS), batch_words(SENTENCES)
    save_checkpoint(tmp_path, "compositor", model, model.config, {"compositor": name})
    loaded, _ = load_compositor(tmp_path)
    assert loaded.config == model.config
    assert torch.equal(loaded.compose_query(pictures, words).embedding, model.compose_query(pictures, words).embedding)
    assert torch.equal(loaded.encode_target(pictures), model.encode_target(pictures))


@pytest.mark.parametrize("name", READING_MAPS)
def test_a_row_of_usual_size_is_a_small_file(name):
    model = build_compositor(name, COMPOSITORS[name].config_class(CSS_WORDS, feature_width=496))
    assert sum(t.numel() * (2 if t.is_floating_point() else t.element_size()) for t in model.state_dict().values()) < 2 * 2**20


def queries_to_learn() -> QueryBatch:
    """Three queries from two references."""
    false_negatives = torch.zeros(3, 5, dtype=torch.bool)
    sentences = batch_words(SENTENCES)
    return QueryBatch(pictures_of(3, 7), torch.tensor([0, 1, 0]), sentences, pictures_of(2, 5, 4), false_negatives)


@pytest.mark.parametrize("name", COMPOSITORS)
def test_every_row_learns_with_every_weight_that_it_reads(name):
    model = small_compositor(name)
    optimizer = torch.optim.AdamW(model.parameter_groups(0.0), lr=3e-3)
    torch.manual_seed(0)
    losses = [_update(model, optimizer, queries_to_learn(), CompositorTraining(), "cpu") for _ in range(20)]
    assert losses[-1] < 0.9 * losses[0]
    idle = {n.split(".")[0] for n, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    assert idle == ({"word_input", "tep", "pool_words"} if name == "image-only" else set())


@torch.inference_mode()
@pytest.mark.parametrize("name", COMPOSITORS)
def test_a_row_computes_in_half_precision_too(name):
    model, pictures, words = small_compositor(name), pictures_of(*COUNTS), batch_words(SENTENCES)
    query, target = model.compose_query(pictures, words).embedding, model.encode_target(pictures)
    with computing_in(torch.bfloat16, "cpu"):
        rough_query, rough_target = model.compose_query(pictures, words).embedding, model.encode_target(pictures)
    assert (query * rough_query.float()).sum(1).min() > 0.99 and (target * rough_target.float()).sum(1).min() > 0.99
