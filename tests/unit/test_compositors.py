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

from lbf_model.checkpoint import CheckpointError, read_config, vouch_for_figures
from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import COMPOSITORS, build_compositor, make_config
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval.encoder import load_compositor
from tests.server import ROOT
from tests.small import random_regions, small_compositor, small_config


def test_rows_stand_in_the_papers_order_and_know_their_classes():
    assert list(COMPOSITORS) == ["image-only", "text-only", "sum", "concat", "tirg", "lbf"]
    for name, row in COMPOSITORS.items():
        assert row.name == name and issubclass(row.network_class, Compositor) and issubclass(row.config_class, CompositorConfig)
    assert len({row.config_class for row in COMPOSITORS.values()}) == len({row.title for row in COMPOSITORS.values()}) == 6


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
        assert "{image-only,text-only,sum,concat,tirg,lbf}" in "".join(done.stdout.split())


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
    assert own["lbf"] == {"vep_layers", "fusion_layers"} and own["concat"] == {"vep_layers", "mix_dropout"}
    assert own["tirg"] == {"cells", "cell_width", "gate_start", "residual_start"}
    assert own["sum"] == own["image-only"] == own["text-only"] == {"vep_layers"}


def test_an_unknown_row_is_refused_by_name():
    with pytest.raises(ValueError, match="no compositor 'film'; there are image-only, text-only"):
        build_compositor("film", small_config())


class Wide:
    feature_width, feature_map_channels = 7, 9


def test_a_config_is_as_wide_as_what_the_row_reads():
    assert make_config("concat", Wide(), vocabulary=("a",)).feature_width == 7
    assert make_config("tirg", Wide(), vocabulary=("a",)).feature_width == 9
    with pytest.raises(TypeError, match="fusion_layers"):
        make_config("concat", Wide(), vocabulary=("a",), fusion_layers=2)


@pytest.mark.parametrize("change", [{"mix_dropout": 1.0}, {"mix_dropout": -0.1}, {"dropout": 1.5}, {"vep_layers": 0}])
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
    for change in ({"model": {"fusion_layers": 2}}, {"compositor": "film"}):
        folder = tmp_path / next(iter(change))
        shutil.copytree(compared_folder / "concat", folder)
        header = json.loads((folder / "config.json").read_text())
        model = {**header["model"], **change.pop("model", {})}
        (folder / "config.json").write_text(json.dumps({**header, "model": model, **change}))
        vouch_for_figures(folder / "config.json")
        with pytest.raises(CheckpointError, match=r"ConcatConfig.*fusion_layers|no compositor 'film'"):
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
    names = {id(p): n for n, p in model.named_parameters()}
    assert {names[id(p)] for p in kept["params"]} == {n for n in names.values() if n.endswith(UNDECAYED) or "norm" in n} | {
        n for n in names.values() if n in KEPT.get(name, ())
    }
    assert len(decayed["params"]) + len(kept["params"]) == len(names)


UNDECAYED = ("bias", "place.weight", "position.weight", "word.weight", "temperature")
# Weights of layer norms that stand in a sequence, and so have no name that says it.
KEPT = {
    "concat": ("mix.0.weight", "mix.3.weight"),
    "tirg": ("gate.0.weight", "residual.0.weight", "picture_input.layers.0.weight", "gate_weight", "residual_weight"),
}


def test_a_row_without_a_loss_of_its_own_adds_nothing():
    model = small_compositor("concat")
    pictures, words = batch_regions([random_regions(3)], 36), batch_words([np.array([1, 2])])
    encoded = model.encode_pictures(pictures)
    assert model.auxiliary_loss(encoded, words, model.embed_query(encoded, words), model.embed_target(encoded)).item() == 0
