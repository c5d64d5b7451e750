"""Half precision inside, float32 outside."""

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.precision import PRECISIONS, computing_in, usual_dtype
from lbf_model.retrieval.retriever import load_retriever

HALVES = [name for name in PRECISIONS if name != "float32"]


@pytest.fixture(scope="module")
def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8))


def test_a_cpu_computes_in_float32_and_a_gpu_in_half():
    assert usual_dtype("cpu") == torch.float32
    assert usual_dtype("cuda") == torch.float16


def test_float32_changes_nothing():
    with computing_in(torch.float32, "cpu"):
        assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("name", HALVES)
def test_products_are_computed_in_what_was_asked_for(name):
    a = torch.ones(2, 2)
    with computing_in(PRECISIONS[name], "cpu"):
        assert (a @ a).dtype == PRECISIONS[name]
    assert (a @ a).dtype == torch.float32


@pytest.mark.parametrize("name", HALVES)
def test_what_leaves_a_retriever_is_float32_and_near(checkpoints, retriever, picture, name):
    half = load_retriever(checkpoints / "lbf", dtype=PRECISIONS[name])
    assert half.detector.model.backbone.dtype == PRECISIONS[name] and half.fingerprint == retriever.fingerprint
    (regions,) = half.detect_regions([picture])
    (embedding,) = half.encoder.encode_targets([regions])
    (exact,) = retriever.encoder.encode_targets(retriever.detect_regions([picture]))
    assert {regions.boxes.dtype, regions.scores.dtype, regions.features.dtype, embedding.dtype} == {np.dtype("float32")}
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    assert embedding @ exact > 0.99


@pytest.mark.parametrize("name", HALVES)
def test_a_query_in_half_precision_is_near(checkpoints, retriever, picture, name):
    half = load_retriever(checkpoints / "lbf", dtype=PRECISIONS[name])
    one, other = (r.compose_query(picture, "make red cube large") for r in (retriever, half))
    assert other.embedding.dtype == np.float32
    assert np.linalg.norm(other.embedding) == pytest.approx(1, abs=1e-5)
    assert one.embedding @ other.embedding > 0.99
    weights = other.explanation.word_to_region
    assert weights.dtype == np.float32 and weights.sum(-1) == pytest.approx(1, abs=2e-2)


def test_maps_leave_the_pyramid_in_float32(checkpoints):
    half = load_retriever(checkpoints / "lbf", dtype=torch.bfloat16)
    maps = half.detector.model.backbone(torch.rand(1, 3, 64, 64))
    assert {values.dtype for values in maps.values()} == {torch.float32} and "pixels" in maps
