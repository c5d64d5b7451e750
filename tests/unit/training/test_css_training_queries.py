"""Training queries of CSS: the paper's settings, the held-out part, other data that are watched, and feature maps."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lbf_model.checkpoint import read_config
from lbf_model.cli.main import main
from lbf_model.compositors.registry import build_compositor
from lbf_model.compositors.tirg import TirgConfig
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.css.training_queries import CssQueries, css_config, held_out_sources, validation_seed_of
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.training.train_compositor import train_compositor
from lbf_model.vision.detectors.efficientnet_lite import pyramid_channels
from tests.small import random_regions
from tests.unit.training.small_training import CONFIG, SAMPLING, TRAINING, run


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


def test_other_data_can_be_watched(tiny_split, stores, tmp_path):
    curve = run(tiny_split, stores, tmp_path, watched={"seen": (tiny_split, stores)})
    assert [p["updates"] for p in curve] == [3, 6]
    assert all(0 <= p[f"{n} R@1 {r}"] <= 100 for p in curve for n in ("validation", "seen") for r in ("3d", "2d"))


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
