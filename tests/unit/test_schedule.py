"""The learning rate's course, and going on from a saved state, here with the detector's training."""

import json

import pytest
import torch

from lbf_model.checkpoint import save_checkpoint
from lbf_model.tasks.css.detector_pictures import CSS_ATTRIBUTES, CssPictures
from lbf_model.tasks.css.storage import load_css
from lbf_model.training.schedule import warmup_cosine
from lbf_model.training.settings import DetectorTraining
from lbf_model.training.train_detector import train_detector
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.detector_config import DetectorConfig
from lbf_model.vision.detectors.registry import load_detector

CONFIG = DetectorConfig(
    CSS_ATTRIBUTES,
    short_side=64,
    long_side=96,
    pyramid_channels=16,
    hidden=16,
    attribute_width=4,
    from_pixels=("color",),
)


def test_the_rate_rises_then_falls_to_its_floor():
    rates = [warmup_cosine(step, 10, 100, 0.02) for step in range(101)]
    assert rates[0] == 0.1 and rates[9] == rates[10] == 1
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0.02) and warmup_cosine(1000, 10, 100) == 0


def test_a_detector_training_goes_on_from_its_state(tiny_css, tmp_path):
    torch.manual_seed(0)
    save_checkpoint(tmp_path / "start", "detector", build_faster_rcnn(CONFIG), CONFIG, {"training": {"note": "random"}})
    for steps in (2, 3):
        training = DetectorTraining(steps=steps, batch_size=2, warmup=1)
        train_detector(
            CssPictures(load_css(tiny_css, "train")), tmp_path / "out", CONFIG, training, start_from=tmp_path / "start"
        )
        facts = json.loads((tmp_path / "out" / "config.json").read_text())["training"]
        assert facts["steps"] == steps and facts["start"] == {"note": "random"}
        assert torch.load(tmp_path / "out" / "training.pt", weights_only=True)["step"] == steps
    assert load_detector(tmp_path / "out").feature_width == 12
