"""A checkpoint rebuilds itself exactly, and refuses anything altered."""

import json

import pytest
import torch

from lbf_model import checkpoint
from lbf_model.checkpoint import CheckpointError, read_config, save_checkpoint
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.vision.detectors.registry import load_detector
from tests.small import small_network, write_small_checkpoints


@pytest.fixture
def folder(tmp_path):
    write_small_checkpoints(tmp_path)
    return tmp_path


def edit(path, **changes):
    header = json.loads(path.read_text())
    header.update(changes)
    path.write_text(json.dumps(header))


def test_it_rebuilds_the_same_weights(folder):
    loaded, _ = load_compositor(folder / "lbf")
    wanted = small_network(feature_width=12).state_dict()
    assert all(torch.equal(wanted[name], tensor) for name, tensor in loaded.state_dict().items())
    assert not loaded.training


def test_detector_and_compositor_come_together(folder):
    retriever = load_retriever(folder / "lbf")
    assert retriever.detector.fingerprint == read_config(folder / "lbf", "compositor")["detector"]


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_altered_byte_in_the_weights_is_refused(folder, place):
    path = folder / "lbf" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="checksum"):
        load_retriever(folder / "lbf")


def test_missing_files_are_named(folder):
    (folder / "lbf" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        load_retriever(folder / "lbf")
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_retriever(folder / "nowhere")


def test_a_config_that_does_not_fit_the_weights_is_refused(folder):
    path = folder / "lbf" / "config.json"
    model = json.loads(path.read_text())["model"]
    edit(path, model={**model, "width": 32})
    with pytest.raises(CheckpointError, match="do not fit"):
        load_retriever(folder / "lbf")
    edit(path, model={**model, "colour": 1})
    with pytest.raises(CheckpointError, match="LbfConfig"):
        load_retriever(folder / "lbf")


@pytest.mark.parametrize("change", [{"format": 99}, {"kind": "poem"}])
def test_another_format_or_kind_is_refused(folder, change):
    edit(folder / "lbf" / "config.json", **change)
    with pytest.raises(CheckpointError):
        load_retriever(folder / "lbf")


def test_broken_json_is_refused(folder):
    (folder / "lbf" / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="not JSON"):
        load_retriever(folder / "lbf")


def test_another_detector_is_refused(folder):
    edit(folder / "lbf" / "config.json", detector="000000000000")
    with pytest.raises(CheckpointError, match="trained with detector 000000000000"):
        load_retriever(folder / "lbf")


def test_a_detector_is_no_compositor(folder):
    with pytest.raises(CheckpointError, match="wanted"):
        load_detector(folder / "lbf")


def test_a_compositor_without_attention_cannot_serve_the_page(folder):
    edit(folder / "lbf" / "config.json", compositor="concat")
    with pytest.raises(CheckpointError):
        load_retriever(folder / "lbf")


def test_a_large_model_is_spread_over_several_files(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "LARGEST_FILE", 20_000)
    network = small_network()
    save_checkpoint(tmp_path, "compositor", network, network.config, {"compositor": "lbf"})
    files = sorted(tmp_path.glob("*.safetensors"), key=lambda f: int(f.stem.partition("-")[2]))
    assert [f.name for f in files] == [f"model-{i}.safetensors" for i in range(1, len(files) + 1)] and len(files) > 2
    loaded, _ = load_compositor(tmp_path)
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in loaded.state_dict().items())

    whole = files[1].read_bytes()
    files[1].write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CheckpointError, match="checksum"):
        load_compositor(tmp_path)
    files[1].unlink()
    with pytest.raises(CheckpointError, match=r"model-2\.safetensors: missing"):
        load_compositor(tmp_path)

    monkeypatch.undo()
    save_checkpoint(tmp_path, "compositor", network, network.config, {"compositor": "lbf"})
    assert [f.name for f in tmp_path.glob("*.safetensors")] == ["model.safetensors"] and load_compositor(tmp_path)


@pytest.mark.parametrize("count", [0, -1, "2", None, 10**9])
def test_a_senseless_number_of_files_is_refused(folder, count):
    edit(folder / "lbf" / "config.json", weights_files=count)
    with pytest.raises(CheckpointError, match="weights_files"):
        load_compositor(folder / "lbf")


def test_saving_again_leaves_files_of_other_names(folder):
    other = folder / "lbf" / "model_of_mine.safetensors"
    other.write_bytes(b"kept")
    write_small_checkpoints(folder)
    assert other.read_bytes() == b"kept"
