"""A detector that does not lie beside its compositor is named by a flag: search, index and the page take it."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import app
from lbf_model.cli.main import main
from lbf_model.retrieval.catalog import load_catalog


@pytest.fixture
def alone(checkpoints, tmp_path):
    """A compositor's checkpoint without its detector beside it."""
    shutil.copytree(checkpoints / "lbf", tmp_path / "lbf")
    return tmp_path / "lbf"


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)).save(folder / f"{i}.png")
    return folder


def test_index_and_search_take_a_detector_from_elsewhere(alone, checkpoints, pictures, tmp_path, capsys):
    known = ["--checkpoint", str(alone)]
    named = [*known, "--detector", str(checkpoints / "detector")]
    index = ["index", str(pictures), "--out", str(tmp_path / "gallery")]
    assert main([*index, *known]) == 2 and "detector" in capsys.readouterr().err
    assert main([*index, *named, "--batch", "2", "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 3
    search = [
        "search",
        "--image",
        str(pictures / "0.png"),
        "--text",
        "make red cube large",
        "--gallery",
        str(tmp_path / "gallery"),
    ]
    assert main([*search, *known]) == 2 and "detector" in capsys.readouterr().err
    assert main([*search, *named, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["matches"]) == 2, "the reference itself is left out"


def test_a_detector_of_another_kind_or_that_is_not_there_is_refused(alone, pictures, tmp_path, capsys):
    index = ["index", str(pictures), "--out", str(tmp_path / "gallery"), "--checkpoint", str(alone)]
    for spec, said in (
        ("torchvision-coco:none.pth", "none.pth: missing"),
        ("torchvision-coco", "given as torchvision-coco:WEIGHTS"),
        ("detectron2:only-one", "given as detectron2:CONFIG:WEIGHTS"),
    ):
        assert main([*index, "--detector", spec]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb, flag", [("train", "--updates"), ("train-detector", "--steps"), ("train-detector", "--batch-size")]
)
def test_a_training_has_at_least_one_step(tmp_path, capsys, verb, flag):
    with pytest.raises(SystemExit) as refusal:
        main([verb, "--out", str(tmp_path), flag, "0"])
    assert refusal.value.code == 2 and f"{flag}: '0': give a whole number from 1" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--workers", "--batch"])
@pytest.mark.parametrize("value", ["0", "-1", "two"])
def test_numbers_of_workers_and_pictures_start_at_1(pictures, tmp_path, capsys, flag, value):
    with pytest.raises(SystemExit) as refusal:
        main(["index", str(pictures), "--out", str(tmp_path / "gallery"), flag, value])
    assert refusal.value.code == 2 and "whole number from 1" in capsys.readouterr().err


def test_the_page_takes_a_detector_for_the_first_checkpoint(alone, checkpoints, tmp_path):
    catalog = load_catalog({}, [alone], tmp_path / "nothing", detector=str(checkpoints / "detector"))
    assert catalog.own.detector.fingerprint == json.loads((alone / "config.json").read_text())["detector"]


def test_a_detector_without_a_checkpoint_is_refused(capsys):
    with pytest.raises(SystemExit) as refusal:
        app.main(["--detector", "somewhere"])
    assert refusal.value.code == 2 and "belongs to a --checkpoint" in capsys.readouterr().err


def test_two_galleries_of_one_name_are_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        app.main(["--gallery", "mine=one", "--gallery", "other=two", "--gallery", "mine=three"])
    assert "two galleries are named 'mine'" in capsys.readouterr().err
