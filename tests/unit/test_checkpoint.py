"""A checkpoint rebuilds itself exactly, and refuses anything altered."""

import json
import random
from pathlib import Path

import pytest
import torch

from lbf_model import checkpoint
from lbf_model.checkpoint import AlteredError, CheckpointError, read_config, save_checkpoint, vouch_for_figures, write_checksums
from lbf_model.cli.figures import report
from lbf_model.cli.main import main
from lbf_model.cli.paths import GALLERIES
from lbf_model.retrieval.catalog import gallery_titles, shipped_galleries
from lbf_model.retrieval.compare import comparable_folders
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
    vouch_for_figures(path)  # as somebody would who means it


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
    with pytest.raises(CheckpointError, match=r"config\.json: missing; .* such as checkpoints/css-big"):
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
    with pytest.raises(CheckpointError, match="but a detector is needed"):
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


# Checksums


def test_every_altered_byte_of_config_and_figures_is_refused_by_name(folder):
    lbf = folder / "lbf"
    for name in ("metrics.json", "attribution.json"):
        report({"weights": "abc", "R@1": 12.5}, lbf / name)
    whole = load_retriever(lbf)
    rng = random.Random(0)
    for name in ("config.json", "metrics.json", "attribution.json", "checksums.json"):
        content = (lbf / name).read_bytes()
        for _ in range(40):
            place = rng.randrange(len(content))
            (lbf / name).write_bytes(content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :])
            with pytest.raises(AlteredError, match=r"lbf/[\w.]+: (altered|not JSON|does not describe)") as refused:
                load_retriever(lbf)
            assert name in str(refused.value)
        (lbf / name).write_bytes(content)
    assert load_retriever(lbf).fingerprint == whole.fingerprint


def test_figures_put_there_by_hand_are_vouched_for_by_hand(folder):
    (folder / "lbf" / "metrics.json").write_text("{}")
    with pytest.raises(AlteredError, match=r"metrics\.json: altered"):
        load_retriever(folder / "lbf")
    assert main(["write-checksums", str(folder / "lbf"), str(folder / "detector")]) == 0
    assert load_retriever(folder / "lbf")


def test_a_checkpoint_without_checksums_says_what_to_do(folder):
    (folder / "lbf" / "checksums.json").unlink()
    with pytest.raises(AlteredError, match=r"checksums\.json: missing.*write-checksums"):
        load_retriever(folder / "lbf")
    write_checksums(folder / "lbf")
    assert load_retriever(folder / "lbf")


def test_weights_that_do_not_fit_are_not_vouched_for(folder):
    (folder / "lbf" / "model.safetensors").write_bytes(b"other")
    with pytest.raises(CheckpointError, match="the file was altered"):
        write_checksums(folder / "lbf")


def test_an_altered_checkpoint_is_not_passed_over_like_one_of_another_kind(folder, retriever):
    assert comparable_folders([folder / "detector"], retriever) == []
    with (folder / "lbf" / "config.json").open("a") as file:
        file.write(" ")
    with pytest.raises(AlteredError, match=r"config\.json: altered"):
        comparable_folders([folder / "lbf"], retriever)
    with pytest.raises(AlteredError, match=r"config\.json: altered"):
        gallery_titles(shipped_galleries(GALLERIES), [], folder)


def test_a_checkpoint_may_be_where_the_command_runs(folder, monkeypatch):
    monkeypatch.chdir(folder / "lbf")
    retriever = load_retriever(Path())
    assert retriever.encoder.facts.name == "lbf" == checkpoint.checkpoint_name(Path("../lbf"))


def test_facts_that_cannot_be_written_leave_the_old_ones(folder, monkeypatch):
    before = (folder / "lbf" / "config.json").read_bytes()

    def full(path, text):
        path.write_bytes(text.encode()[:100])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            checkpoint.change_facts(folder / "lbf", "compositor", told="more")
    assert (folder / "lbf" / "config.json").read_bytes() == before
    load_retriever(folder / "lbf")
