"""Fashion-200k on a small tree in the true layout: labels, pairs, the protocol's ranks, training and evaluation."""

import hashlib
import json
import shutil
from argparse import Namespace

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
from lbf_model.tasks.captioned.records import CaptionedQuery
from lbf_model.tasks.captioned.training_queries import CaptionedQueries, CaptionedSampling
from lbf_model.tasks.fashion200k.benchmark import _load
from lbf_model.tasks.fashion200k.data import (
    WORDINGS,
    OneWordPairs,
    differing_words,
    fashion200k_protocol,
    load_fashion200k,
    normalize_caption,
    replace_color_to,
    replace_with,
)
from lbf_model.text.minilm import MiniLm
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import train_compositor
from lbf_model.vision.detectors import torchvision_coco

RED, BLUE, WHITE = (200, 20, 20), (20, 20, 200), (250, 250, 250)
DRESSES = [("red cotton dress", RED), ("blue cotton dress", BLUE), ("white cotton dress", WHITE), ("blue silk dress", BLUE)]
SKIRTS = [("red cotton skirt", RED), ("blue cotton skirt", BLUE), ("v. beckham a&b top*", WHITE), ("white cotton skirt", WHITE)]
KINDS = {"dress": "dresses/casual_and_day_dresses", "skirt": "skirts/knee_length_skirts"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """32 train pictures of 16 products and 6 test pictures; the label files, kinds and file names are Fashion-200k's."""
    root = tmp_path_factory.mktemp("Fashion200k")
    write_split(root, "train", {"dress": DRESSES * 2, "skirt": SKIRTS * 2}, first=100, each=2)
    red, blue, white, silk, skirt, _ = write_split(root, "test", {"dress": DRESSES, "skirt": SKIRTS[:2]}, first=900, each=1)
    lines = [f"{red} {blue}", f"{blue} {white}", f"{blue} {silk}", f"{skirt}\t{red}"]
    (root / "test_queries.txt").write_text("\n".join(lines) + "\n")
    return root


def write_split(root, split, garments, first, each):
    """`each` pictures a garment; returns their paths."""
    (root / "labels").mkdir(exist_ok=True)
    paths = []
    for kind, captions in garments.items():
        lines = []
        for caption, color in captions:
            product = first + len(paths) // each
            for turn in range(each):
                path = f"women/{KINDS[kind]}/{product}/{product}_{turn}.jpeg"
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (24, 32), color).save(root / path)
                lines.append(f"{path}\t-1.{turn}\t{caption}\n")
                paths.append(path)
        (root / "labels" / f"{kind}_{split}_detect_all.txt").write_text("".join(lines), encoding="utf-8")
    return paths


def copied(tree, folder):
    """The tree again, to be spoilt: its text files; pictures are there by link."""
    (folder / "labels").mkdir(parents=True)
    for file in [*tree.glob("labels/*.txt"), tree / "test_queries.txt"]:
        (folder / file.relative_to(tree)).write_bytes(file.read_bytes())
    (folder / "women").symlink_to(tree / "women")
    return folder


@pytest.fixture(scope="module")
def words():
    return MiniLm()


@pytest.fixture(scope="module")
def train_store(tree, detector, regions):
    split = load_fashion200k(tree, "train")
    return captioned_store("fashion200k", tree, split.pictures, detector, regions)


def test_labels_and_queries_are_read(tree):
    train, test = load_fashion200k(tree, "train"), load_fashion200k(tree, "test")
    assert len(train.pictures) == 32 and not train.queries and not train.passed_over
    assert train.pictures[0].path == "women/dresses/casual_and_day_dresses/100/100_0.jpeg"
    assert train.pictures[0].group == train.pictures[1].group != train.pictures[2].group
    assert train.pictures[20].caption == "vdotmark beckham aandmarkb topstarmark"
    assert test.queries == (
        CaptionedQuery(0, "blue cotton dress", "replace red with blue"),
        CaptionedQuery(1, "white cotton dress", "replace blue with white"),
        CaptionedQuery(1, "blue silk dress", "replace cotton with silk"),
        CaptionedQuery(4, "red cotton dress", "replace skirt with dress"),
    )


def test_queries_may_lie_beside_the_root(tree, tmp_path):
    root = copied(tree, tmp_path / "root")
    (root / "test_queries.txt").rename(tmp_path / "test_queries.txt")
    assert load_fashion200k(root, "test").queries == load_fashion200k(tree, "test").queries


def test_text_files_may_come_from_other_systems(tree, tmp_path):
    root = copied(tree, tmp_path / "root")
    for file in [*root.glob("labels/*.txt"), root / "test_queries.txt"]:
        lines = file.read_text().splitlines()
        file.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(["", *lines, " "]).encode())
    (root / "labels" / "._dress_test_detect_all.txt").write_bytes(b"\x00\x05\x16\x07")
    for split in ("train", "test"):
        one, other = load_fashion200k(root, split), load_fashion200k(tree, split)
        assert (one.pictures, one.queries) == (other.pictures, other.queries)


def test_captions_keep_their_case_and_say_their_signs():
    assert normalize_caption(" Red v-neck T.shirt & more?*\n") == "Red v-neck Tdotmarkshirt andmark morequestionmarkstarmark"


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("long red dress", "long blue dress", "replace red with blue"),
        ("red long dress", "long dress blue", "replace red with blue"),
        ("green lace top", "blue silk top", "replace green with blue"),
        ("black dress", "black black dress", "replace dress with dress"),
    ],
)
def test_a_text_names_the_first_words_that_differ(source, target, text):
    assert replace_with(*differing_words(source, target)) == text


def test_changes_of_colour_may_be_told_as_people_tell_them(tree):
    assert replace_color_to("Red", "navy") == "replace Red color to navy"
    assert replace_color_to("cotton", "red") == "replace cotton with red"
    protocol, split = _load(Namespace(root=tree, wording="color-to", originals=None), "test")
    assert [q.text for q in split.queries] == [
        "replace red color to blue",
        "replace blue color to white",
        "replace cotton with silk",
        "replace skirt with dress",
    ]
    pairs = protocol.pairs(["red dress", "blue dress"])
    assert pairs.draw(np.random.default_rng(0), 0) == (1, "replace red color to blue")


@pytest.mark.parametrize("wording", WORDINGS)
def test_a_text_holds_one_word_of_the_target_and_one_of_the_source(tree, wording):
    """Never the target's caption, which some published rows were given."""
    train, test = load_fashion200k(tree, "train"), load_fashion200k(tree, "test", wording)
    told = [(test.pictures[q.source].caption, q.target_caption, q.text) for q in test.queries]
    captions, rng = [p.caption for p in train.pictures], np.random.default_rng(0)
    pairs = fashion200k_protocol(wording).pairs(captions)
    for place in pairs.modifiable.tolist():
        target, text = pairs.draw(rng, place)
        told.append((captions[place], captions[target], text))
    for source, target, text in told:
        old, new = set(source.split()) - set(target.split()), set(target.split()) - set(source.split())
        assert len(old) == len(new) == 1 and len(target.split()) == 3
        assert set(text.split()) - {"replace", "with", "color", "to"} == old | new


def test_original_pictures_may_stand_in_for_crops(tree, tmp_path):
    crops = load_fashion200k(tree, "test")
    lost, *kept = (p.path for p in crops.pictures)
    for path in kept:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (48, 64)).save(tmp_path / path)
    split = load_fashion200k(tree, "test", originals=tmp_path)
    assert split.root == tmp_path and [p.path for p in split.pictures] == kept and split.passed_over == (f"{lost}: missing",)
    assert (crops.data["pictures"], split.data["pictures"]) == ("crops", "originals")


def test_missing_pictures_are_counted_and_named(tree, tmp_path):
    root = copied(tree, tmp_path / "root")
    lost = load_fashion200k(root, "test").pictures[1].path
    labels = root / "labels" / "dress_test_detect_all.txt"
    labels.write_text(labels.read_text().replace(lost, lost + ".gone"))
    queries = root / "test_queries.txt"
    queries.write_text(queries.read_text().replace(lost, lost + ".gone"))
    split = load_fashion200k(root, "test")
    assert split.passed_over == (f"{lost}.gone: missing",) and len(split.pictures) == 5
    assert split.left_out == 2 and [q.source for q in split.queries] == [0, 3]
    assert split.queries[0].target_caption == "blue cotton dress", "the label is known, though its picture is not there"


def test_bad_trees_are_refused(tree, tmp_path):
    with pytest.raises(ValueError, match=r"labels: no .*train"):
        load_fashion200k(tmp_path, "train")
    with pytest.raises(ValueError, match="not 'validation'"):
        load_fashion200k(tree, "validation")

    root = copied(tree, tmp_path / "a")
    with (root / "labels" / "skirt_train_detect_all.txt").open("a") as file:
        file.write("women/skirts/x.jpeg 0.5 red skirt\n")
    with pytest.raises(ValueError, match=r"skirt_train_detect_all.txt, line 17: .*tabs"):
        load_fashion200k(root, "train")
    (root / "labels" / "skirt_train_detect_all.txt").write_bytes(b"\xff\xfe\tx\ty")
    with pytest.raises(ValueError, match=r"skirt_train_detect_all.txt: not UTF-8"):
        load_fashion200k(root, "train")
    (root / "women").unlink()
    with pytest.raises(ValueError, match="none of the 6 labelled pictures"):
        load_fashion200k(root, "test")

    root = copied(tree, tmp_path / "b")
    (root / "test_queries.txt").write_text("one two three\n")
    with pytest.raises(ValueError, match=r"test_queries.txt, line 1: not a source path and a target path"):
        load_fashion200k(root, "test")
    (root / "test_queries.txt").write_text("\nwomen/unknown.jpeg women/other.jpeg\n")
    with pytest.raises(ValueError, match=r"line 2: .*women/unknown.jpeg"):
        load_fashion200k(root, "test")
    (root / "test_queries.txt").unlink()
    with pytest.raises(ValueError, match=r"test_queries.txt: missing"):
        load_fashion200k(root, "test")


def test_pairs_share_all_but_one_word():
    captions = [
        "red long dress",
        "long blue dress",
        "dress long red",
        "shredded long jean",
        "black black dress",
        "red long dress",
    ]
    pairs = OneWordPairs(captions)
    assert pairs.modifiable.tolist() == [0, 1, 5]
    rng = np.random.default_rng(0)
    assert {pairs.draw(rng, 1) for _ in range(30)} == {(0, "replace blue with red"), (5, "replace blue with red")}
    assert pairs.draw(rng, 0) == pairs.draw(rng, 5) == (1, "replace red with blue")
    assert not len(OneWordPairs(["red dress", "blue skirt", ""]).modifiable)


def test_a_drawn_text_is_the_protocols(tree):
    captions = [p.caption for p in load_fashion200k(tree, "train").pictures]
    pairs, rng = OneWordPairs(captions), np.random.default_rng(0)
    assert len(pairs.modifiable) == 28, "nothing is like the top"
    for place in pairs.modifiable.tolist() * 3:
        target, text = pairs.draw(rng, place)
        assert text == replace_with(*differing_words(captions[place], captions[target]))


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
