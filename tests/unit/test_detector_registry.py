"""Which detector a name means, what a checkpoint records of it, and where it is looked for."""

import sys
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import app
from lbf_model.checkpoint import CheckpointError
from lbf_model.cli.main import main
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.detectors.base import BoxDescriber
from lbf_model.vision.detectors.registry import (
    DETECTOR_KINDS,
    DetectorKind,
    detector_reference,
    load_detector,
    resolve_detector,
)


def test_a_folder_is_a_checkpoint_of_this_project(checkpoints):
    for spec in (checkpoints / "detector", str(checkpoints / "detector")):
        detector = load_detector(spec)
        assert isinstance(detector, AttributeRcnnDetector) and isinstance(detector, BoxDescriber)


def test_every_record_fits_its_loader():
    for name, kind in DETECTOR_KINDS.items():
        assert kind.name == name and {*kind.paths, *kind.paths_or_names} <= {*kind.arguments}
        signature(kind.loader).bind(*kind.arguments, "cpu", *([torch.float32] if kind.takes_dtype else []))


@pytest.fixture
def add_kind(monkeypatch):
    """What adds a kind of these arguments, named "made", whose detector is what its loader was given."""
    monkeypatch.setitem(sys.modules, "lbf_model.vision.detectors.made", SimpleNamespace(load_made=lambda *given: given))

    def add(*arguments, **settings):
        monkeypatch.setitem(DETECTOR_KINDS, "made", DetectorKind("made", arguments, "made", "load_made", **settings))

    return add


def test_a_kind_may_have_no_arguments(add_kind, tmp_path):
    add_kind()
    assert load_detector("made", "cuda", torch.float16) == ("cuda",)
    assert detector_reference("made") == resolve_detector("made", tmp_path) == "made"
    for spec in ("made:", "made:6"):
        with pytest.raises(ValueError, match=f"{spec}: a detector of this kind is given as made$"):
            load_detector(spec)


def test_an_argument_may_be_a_plain_value(add_kind, tmp_path):
    add_kind("CELLS", "FILE", paths=("FILE",), takes_dtype=True)
    assert load_detector("made:6/2:some/a:b") == ("6/2", Path("some/a:b"), "cpu")
    assert load_detector("made:6:some/a", dtype=torch.float16) == ("6", Path("some/a"), "cpu", torch.float16)
    assert detector_reference("made:6/2:some/a:b") == "made:6/2:a:b"
    assert resolve_detector("made:6/2:a:b", tmp_path) == f"made:6/2:{tmp_path}/a:b"


def test_help_texts_name_every_kind(add_kind, capsys):
    add_kind("CELLS")
    wanted = "checkpoint FOLDER, torchvision-coco:WEIGHTS, detectron2:CONFIG:WEIGHTS or made:CELLS"
    for show_help in (app.main, lambda words: main(["train", *words]), lambda words: main(["search", *words])):
        with pytest.raises(SystemExit):
            show_help(["--help"])
        assert "".join(wanted.split()) in "".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("spec", [
    "torchvision-coco", "torchvision-coco:", "detectron2", "detectron2:", "detectron2:only.yaml", "detectron2::weights.pth",
    "detectron2:config.yaml:",
])  # fmt: skip
def test_a_form_without_its_arguments_is_refused(spec):
    form = "torchvision-coco:WEIGHTS" if spec.startswith("torchvision") else "detectron2:CONFIG:WEIGHTS"
    with pytest.raises(ValueError, match=f"^{spec}: a detector of this kind is given as {form}$"):
        load_detector(spec)


def test_missing_files_are_named():
    with pytest.raises(ValueError, match=r"nowhere\.pth: missing"):
        load_detector("torchvision-coco:nowhere.pth")
    with pytest.raises(CheckpointError, match="missing; name a checkpoint folder, such as checkpoints/css-detector"):
        load_detector("nowhere")


@pytest.mark.parametrize(
    ("spec", "reference"),
    [
        ("some/where/css-detector/", "css-detector"),
        (Path("css-detector"), "css-detector"),
        ("torchvision-coco:/downloads/coco.pth", "torchvision-coco:coco.pth"),
        ("detectron2:COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml:/downloads/w.pth",
         "detectron2:COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml:w.pth"),
    ],
)  # fmt: skip
def test_a_checkpoint_records_names_without_paths(spec, reference):
    assert detector_reference(spec) == reference


def test_a_reference_is_looked_for_beside_the_checkpoint(tmp_path):
    own = tmp_path / "own.yaml"
    own.touch()
    assert detector_reference(f"detectron2:{own}:w.pth") == "detectron2:own.yaml:w.pth"
    assert resolve_detector("css-detector", tmp_path) == str(tmp_path / "css-detector")
    assert resolve_detector("torchvision-coco:coco.pth", tmp_path) == f"torchvision-coco:{tmp_path}/coco.pth"
    assert resolve_detector("detectron2:own.yaml:w.pth", tmp_path) == f"detectron2:{own}:{tmp_path}/w.pth"
    zoo = "COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml"
    assert resolve_detector(f"detectron2:{zoo}:w.pth", tmp_path) == f"detectron2:{zoo}:{tmp_path}/w.pth"


def test_every_picture_comes_with_its_feature_map_whatever_is_found(checkpoints):
    detector = load_detector(checkpoints / "detector")
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 255, (h, w, 3), np.uint8)) for h, w in ((40, 60), (60, 40), (40, 60))]
    together = detector.detect_regions(pictures)
    for picture, found in zip(pictures, together, strict=True):
        assert found.feature_map.shape == (detector.feature_map_channels, 6, 6) and found.feature_map.dtype == np.float16
        (alone,) = detector.detect_regions([picture])
        unsure = detector.detect_regions([picture], min_score=1.1)[0]
        for other in (alone, unsure, detector.describe_boxes(picture, found.boxes), found.top(1)):
            np.testing.assert_allclose(other.feature_map, found.feature_map, rtol=1e-2, atol=1e-5)
        assert unsure.whole_image
    assert not np.allclose(together[0].feature_map, together[2].feature_map, rtol=1e-2, atol=1e-5)
