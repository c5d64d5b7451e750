"""Training and measuring on Fashion-200k: batches, interrupted runs, and the command line from end to end."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, read_config
from lbf_model.cli.main import main
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.compositors.registry import build_compositor
from lbf_model.compositors.tirg import TirgConfig
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.tasks.captioned.protocol import captioned_store, evaluate_captioned
from lbf_model.tasks.captioned.training_queries import CaptionedQueries, CaptionedSampling
from lbf_model.tasks.fashion200k.data import differing_words, fashion200k_protocol, load_fashion200k, replace_with
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import train_compositor
from lbf_model.vision.detectors import torchvision_coco
from tests.unit.fashion200k.small_tree import RED, copied


def test_a_store_gathers_what_was_extracted(tree, detector, train_store):
    split = load_fashion200k(tree, "train")
    with Image.open(tree / split.pictures[5].path) as picture:
        wanted = detector.detect_regions([picture.convert("RGB")])[0]
    batch = train_store.gather([0, 5, 31], 4)
    count = int(batch.mask[1].sum())
    assert count == min(len(wanted), 4) and batch.features.dtype == torch.float32
    assert batch.features[1, :count].numpy() == pytest.approx(wanted.features[:4], rel=1e-2, abs=1e-3)
    assert batch.boxes_unit[1, :count].numpy() == pytest.approx(wanted.boxes_unit[:4], abs=1e-4)
    assert not batch.features[~batch.mask].any() and not batch.boxes_unit[~batch.mask].any()


def test_other_pictures_under_the_same_paths_get_a_store_of_their_own(tree, detector, train_store, regions, tmp_path):
    split = load_fashion200k(tree, "train")
    other = copied(tree, tmp_path / "other")
    (other / "women").unlink()
    shutil.copytree(tree / "women", other / "women")
    same = captioned_store("fashion200k", other, split.pictures, detector, regions)
    assert same.about == train_store.about, "a copy of the pictures is the same content"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 24, 3), np.uint8)).save(other / split.pictures[3].path)
    changed = captioned_store("fashion200k", other, split.pictures, detector, regions)
    assert changed.about["content"] != train_store.about["content"]
    assert not np.array_equal(changed.feature_maps[3], train_store.feature_maps[3])
    again = captioned_store("fashion200k", tree, split.pictures, detector, regions)
    assert np.array_equal(again.feature_maps[3], train_store.feature_maps[3])


CONFIG = {"width": 16, "heads": 2, "embedding_width": 24, "vep_layers": 1, "tep_layers": 1, "fusion_layers": 1}
SAMPLING = CaptionedSampling(sources=3, modifications=2)


def queries_of(tree, store, detector, words):
    config = LbfConfig((), detector.feature_width, words="minilm", dropout=0.1, **CONFIG)
    split = load_fashion200k(tree, "train")
    return config, CaptionedQueries(fashion200k_protocol(), split, store, config, words, SAMPLING, 0, "detector")


def test_a_batch_fits_together_and_depends_on_seed_and_step_alone(tree, train_store, detector, words):
    _, queries = queries_of(tree, train_store, detector, words)
    one, other, again = queries.batch(4), queries.batch(70), queries.batch(4)  # 70 lies in another block of sentences
    assert one.source.tolist() == [0, 0, 1, 1, 2, 2] and one.false_negatives.shape == (6, 9)
    assert not one.false_negatives.diagonal().any()
    assert torch.equal(one.words.values, again.words.values) and torch.equal(one.targets.features, again.targets.features)
    assert torch.equal(one.false_negatives, again.false_negatives)
    assert queries._draw(4)[2] != queries._draw(70)[2] and other.source.tolist() == one.source.tolist()
    references, targets, texts = queries._draw(4)
    captions = np.array([p.caption for p in load_fashion200k(tree, "train").pictures])[queries._rows]
    for row, (source, target) in enumerate(zip(np.repeat(references, 2), targets, strict=True)):
        assert texts[row] == replace_with(*differing_words(captions[source], captions[target]))
        same = captions[np.concatenate([targets, references])] == captions[target]
        same[row] = False
        assert np.array_equal(one.false_negatives[row].numpy(), same)
    assert not set(queries._rows) & set(queries._judged_rows)


def test_a_row_that_reads_feature_maps_is_given_them(tree, train_store, detector, words):
    config = TirgConfig((), detector.feature_map_channels, words="minilm", width=16, heads=2, embedding_width=24, cell_width=8)
    split = load_fashion200k(tree, "train")
    queries = CaptionedQueries(fashion200k_protocol(), split, train_store, config, words, SAMPLING, 0, "detector")
    batch = queries.batch(0)
    rows = queries._rows[queries._draw(0)[0]]
    np.testing.assert_array_equal(batch.references.feature_map.numpy(), train_store.feature_maps[rows].astype(np.float32))
    assert len(batch.targets.feature_map) == 6 and queries.features.shape[1] == detector.feature_map_channels
    score, _ = queries.judge(build_compositor("tirg", config))
    assert 0 <= score <= 100


def test_an_interrupted_training_ends_with_the_same_weights(tree, train_store, detector, words, tmp_path, monkeypatch):
    training = CompositorTraining(updates=4, warmup=1, validate_every=2)

    def run(name):
        config, queries = queries_of(tree, train_store, detector, words)
        train_compositor("lbf", config, training, queries, tmp_path / name)
        return json.loads((tmp_path / name / "curve.json").read_text())

    whole = run("whole")
    original = CaptionedQueries.batch

    def interrupted(self, step):
        if step == 3:
            raise KeyboardInterrupt
        return original(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(CaptionedQueries, "batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run("parts")
    assert run("parts") == whole and [p["updates"] for p in whole] == [2, 4]
    states = [torch.load(tmp_path / n / "training.pt", weights_only=True)["model"] for n in ("whole", "parts")]
    assert all(torch.equal(states[0][k], states[1][k]) for k in states[0])


def test_the_command_line_trains_and_evaluates(tree, checkpoints, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("lbf_model.tasks.captioned.training_queries._BLOCK", 4)
    data = ["--dataset", "fashion200k", "--root", str(tree), "--regions", str(tmp_path / "regions")]
    detector = ["--detector", str(checkpoints / "detector")]
    assert main(["train", *data, *detector, "--out", str(tmp_path / "lbf"), "--updates", "4"]) == 0
    model, header = load_compositor(tmp_path / "lbf")
    assert model.config.words == "minilm" and header["detector_checkpoint"] == "detector"
    facts = header["training"]
    assert (
        facts["data"] == "fashion200k, crops, replace-with, train split" and facts["pictures"] + facts["judged_pictures"] == 28
    )
    assert set(facts["validation"]) == {"updates", "loss", "validation R@1", "validation R@10", "validation R@50"}
    capsys.readouterr()
    table = tmp_path / "table.json"
    assert main(["evaluate", str(tmp_path / "lbf"), *data, *detector, "--json", str(table)]) == 0
    figures = json.loads(table.read_text())
    assert (figures["queries"], figures["gallery"], figures["passed over"]) == (4, 6, 0)
    row = figures["rows"][0]
    assert row["checkpoint"] == "lbf" and row["R@1"] in (0, 25, 50, 75, 100) and row["R@10"] == row["R@50"] == 100
    flags = [
        *data,
        *detector,
        "--out",
        str(tmp_path / "other"),
        "--updates",
        "4",
        "--loss",
        "soft-triplet",
        "--wording",
        "color-to",
    ]
    assert main(["train", *flags]) == 0
    _, other = load_compositor(tmp_path / "other")
    assert (facts["loss"], other["training"]["loss"]) == ("batch-classification", "soft-triplet")
    assert other["training"]["data"] == "fashion200k, crops, color-to, train split"
    capsys.readouterr()
    assert main(["train", *data[:2], "--regions", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert "--root FOLDER" in capsys.readouterr().err


class Published:
    """Stands in for somebody else's detector: known by the bytes of its weights file, and describes no given boxes."""

    def __init__(self, detector, weights):
        self.fingerprint = hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
        self.feature_width, self.feature_map_channels = detector.feature_width, detector.feature_map_channels
        self.detect_regions = detector.detect_regions


def test_a_published_detector_trains_evaluates_and_searches(tree, detector, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("lbf_model.tasks.captioned.training_queries._BLOCK", 4)
    monkeypatch.setattr(torchvision_coco, "load_torchvision_coco", lambda weights, device: Published(detector, weights))
    weights = tmp_path / "coco.pth"
    weights.write_bytes(b"weights")
    data = ["--dataset", "fashion200k", "--root", str(tree), "--regions", str(tmp_path / "regions")]
    spec = ["--detector", f"torchvision-coco:{weights}"]
    assert main(["train", *data, *spec, "--out", str(tmp_path / "lbf"), "--updates", "2"]) == 0
    header = read_config(tmp_path / "lbf", "compositor")
    assert header["detector_checkpoint"] == "torchvision-coco:coco.pth", "a name, not a path of this machine"
    assert header["detector"] == hashlib.sha256(b"weights").hexdigest()[:12]
    assert main(["evaluate", str(tmp_path / "lbf"), *data, *spec]) == 0
    picture = Image.new("RGB", (24, 32), RED)
    asked = "replace red with blue"
    beside = load_retriever(tmp_path / "lbf").compose_query(picture, asked)
    weights.rename(tmp_path / "elsewhere.pth")
    named = load_retriever(tmp_path / "lbf", detector=f"torchvision-coco:{tmp_path / 'elsewhere.pth'}")
    assert np.array_equal(named.compose_query(picture, asked).embedding, beside.embedding)
    (tmp_path / "coco.pth").write_bytes(b"other weights")
    with pytest.raises(CheckpointError, match=r"trained with detector \w+, but torchvision-coco:coco\.pth is \w+"):
        load_retriever(tmp_path / "lbf")


def test_foreign_checkpoints_are_refused(tree, checkpoints, tmp_path):
    with pytest.raises(ValueError, match="reads learned words"):
        evaluate_captioned(
            fashion200k_protocol(), load_fashion200k(tree, "test"), [checkpoints / "lbf"], checkpoints / "detector", tmp_path
        )
