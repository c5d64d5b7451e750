"""A few drawn garments, and what is trained on them, once for all tests of garments."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lbf_model.checkpoint import save_checkpoint
from lbf_model.tasks.garments import pointed_protocol as pointing
from lbf_model.tasks.garments import protocol as measuring
from lbf_model.tasks.garments import training_data as garment_data
from lbf_model.tasks.garments.catalogue.garment import sample_garment, sample_twin
from lbf_model.tasks.garments.photographs import judged_boxes
from lbf_model.tasks.garments.training_data import load_garment_queries
from lbf_model.tasks.garments.training_queries import GarmentSampling
from lbf_model.training.train_compositor import train_compositor
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.registry import load_detector
from tests.small import GARMENTS
from tests.unit.garments.small_garments import CONFIG, SEED, TRAINING, HashedWords, drawn_source, sampled


@pytest.fixture(scope="package")
def photographs(tmp_path_factory):
    """12 of solid colours, then a striped one, one of many colours, and one whose pattern nobody judged."""
    rng = np.random.default_rng(1)
    others = [sample_garment(rng, "skirt", "red", "striped"), sample_garment(rng, "skirt", "multicolor", "solid")]
    garments = [*sampled(8), *sampled(4), *others, sample_garment(rng, "t-shirt", "red", "floral")]
    source = drawn_source(tmp_path_factory.mktemp("train"), garments, photographed=True)
    source.records[-1] = replace(source.records[-1], pattern=None)
    return source


@pytest.fixture(scope="package")
def validation(tmp_path_factory):
    """Garments under the names of photographs whose boxes people judged."""
    return drawn_source(tmp_path_factory.mktemp("validation"), sampled(8), list(judged_boxes()), photographed=True)


@pytest.fixture(scope="package")
def drawings(tmp_path_factory):
    rng = np.random.default_rng(2)
    twins = [twin for garment in sampled(8) for twin in (garment, sample_twin(rng, garment))]
    return drawn_source(tmp_path_factory.mktemp("drawings"), twins)


@pytest.fixture(scope="package")
def detector_folder(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoints") / "detector"
    save_checkpoint(folder, "detector", build_faster_rcnn(GARMENTS), GARMENTS, {})
    return folder


@pytest.fixture(scope="package")
def detector(detector_folder):
    return load_detector(detector_folder)


@pytest.fixture(scope="package", autouse=True)
def words():
    with pytest.MonkeyPatch.context() as patch:
        for module in (garment_data, measuring):
            patch.setattr(module, "load_reader", lambda config: HashedWords())
        patch.setattr(measuring, "PAIRS", 3)
        patch.setattr(pointing, "PAIRS", 3)
        patch.setattr(measuring, "_PER_WORD", 1)
        yield HashedWords()


@pytest.fixture(scope="package")
def queries(photographs, drawings, detector, tmp_path_factory):
    regions = tmp_path_factory.mktemp("regions")
    few = GarmentSampling(sources=3, modifications=2)
    return load_garment_queries(photographs, drawings, detector, "detector", regions, CONFIG, SEED, few, 300, 5)


@pytest.fixture(scope="package")
def trained(queries, detector_folder):
    folder = detector_folder.parent / "garments"
    train_compositor("lbf", CONFIG, TRAINING, queries, folder)
    return folder
