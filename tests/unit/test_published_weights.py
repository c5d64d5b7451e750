import os

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from lbf_model.vision.detectors.published_weights import fit_weights, gather_regions, read_weights


class Runs:
    """A pickle of it makes a folder when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Scaled(nn.Linear):
    def __init__(self):
        super().__init__(2, 2)
        self.register_buffer("pixel_mean", torch.tensor([3.0, 4.0]), persistent=False)


def test_both_forms_and_detectron2s_are_read(tmp_path):
    state = nn.Linear(2, 3).state_dict()
    torch.save(state, tmp_path / "a.pth")
    torch.save({"model": state, "iteration": 9}, tmp_path / "b.pth")
    save_file(state, tmp_path / "c.safetensors")
    marks = set()
    for name in ("a.pth", "b.pth", "c.safetensors"):
        read, mark = read_weights(tmp_path / name)
        assert all(torch.equal(read[key], state[key]) for key in state) and len(read) == len(state)
        marks.add(mark)
    assert len(marks) == 3 and all(len(mark) == 12 for mark in marks)


def test_a_missing_file_and_other_kinds_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"a\.pth: missing"):
        read_weights(tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a\.pkl: a weights file ends in"):
        read_weights(tmp_path / "a.pkl")


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04", bytes(range(256))])
def test_a_damaged_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}: damaged"):
        read_weights(tmp_path / name)


@pytest.mark.parametrize("rest", [0.1, 0.5, 0.99])
def test_a_torn_file_is_named(tmp_path, rest):
    path = tmp_path / "a.pth"
    torch.save(nn.Linear(20, 30).state_dict(), path)
    path.write_bytes(path.read_bytes()[: int(rest * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"a\.pth: damaged"):
        read_weights(path)


def test_nothing_in_a_file_is_run(tmp_path):
    torch.save({"model": Runs(tmp_path / "ran")}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match="not plain weights"):
        read_weights(tmp_path / "a.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [[1], {"a": 1}, {"model": {"a": 1}}])
def test_other_content_is_named(tmp_path, content):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ValueError, match="something other than named tensors"):
        read_weights(tmp_path / "a.pth")


def test_weights_fit_strictly():
    source, target = nn.Linear(2, 2), nn.Linear(2, 2)
    fit_weights(target, source.state_dict(), "a.pth", "linear")
    assert torch.equal(source.weight, target.weight)
    with pytest.raises(ValueError, match=r"a\.pth: not the weights of linear; .* 1 missing \(such as bias\)"):
        fit_weights(target, {"weight": source.weight}, "a.pth", "linear")
    with pytest.raises(ValueError, match=r"1 unknown \(such as extra\)"):
        fit_weights(target, {**source.state_dict(), "extra": torch.zeros(1)}, "a.pth", "linear")
    with pytest.raises(ValueError, match=r"1 of another shape \(such as bias\)"):
        fit_weights(target, {**source.state_dict(), "bias": torch.zeros(3)}, "a.pth", "linear")


def test_constants_may_stand_in_the_file_when_equal():
    model = Scaled()
    fit_weights(model, {**model.state_dict(), "pixel_mean": torch.tensor([3.0, 4.0])}, "a.pth", "it")
    for other in (torch.tensor([3.0, 5.0]), torch.tensor([[3.0], [4.0]])):
        with pytest.raises(ValueError, match=r"different from the configuration \(such as pixel_mean\)"):
            fit_weights(model, {**model.state_dict(), "pixel_mean": other}, "a.pth", "it")


MAP = torch.arange(8.0).reshape(1, 2, 2, 2)


def test_boxes_are_scaled_back_and_stay_inside():
    boxes = torch.tensor([[1.0, 2.0, 50.0001, 20.0001]])
    regions = gather_regions(Image.new("RGB", (100, 80)), (50, 20), boxes, torch.tensor([0.5]), ["hat"], lambda b: b * 2, MAP)
    np.testing.assert_allclose(regions.boxes, [[2, 8, 100, 80]])
    assert regions.boxes[0, 2] <= 100 and regions.boxes[0, 3] <= 80
    np.testing.assert_array_equal(regions.features, boxes * 2)
    assert regions.labels == ("hat",) and not regions.whole_image
    assert regions.feature_map.dtype == np.float16 and regions.feature_map.tolist() == MAP[0].tolist()


def test_nothing_found_describes_the_whole_picture():
    regions = gather_regions(Image.new("RGB", (100, 80)), (50, 40), torch.zeros(0, 4), torch.zeros(0), [], lambda b: b, MAP)
    assert regions.whole_image and regions.labels == ("whole image",) and regions.scores.tolist() == [1]
    assert regions.boxes.tolist() == [[0, 0, 100, 80]] and regions.features.tolist() == [[0, 0, 50, 40]]
