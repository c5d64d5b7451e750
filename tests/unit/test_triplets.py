"""Triplets of one's own: which lines and pictures count, what is drawn and held out; a command trains, another evaluates."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.cli.main import main
from lbf_model.network.batching import batch_words
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.captioned.protocol import captioned_store
from lbf_model.tasks.captioned.training_queries import hold_out
from lbf_model.tasks.triplets.data import Triplet, TripletPairs, load_triplets
from lbf_model.text.minilm import MiniLm


def line(reference, text, target) -> str:
    return json.dumps({"reference": reference, "text": text, "target": target})


TOO_LONG = "x" * 300  # for a file system
PAIRS = 24  # of the train split, each of two pictures of its own
ODD = {
    "not json": 'not a JSON object with "reference", "text" and "target", or with "picture"',
    '["a", "b", "c"]': 'not a JSON object with "reference", "text" and "target", or with "picture"',
    '{"reference": "0.png", "text": "red"}': 'not a JSON object with "reference", "text" and "target", or with "picture"',
    '{"reference": "0.png", "text": 3, "target": "1.png"}': "its text is neither a sentence nor a list of sentences",
    '{"reference": "0.png", "text": [], "target": "1.png"}': "its text is neither a sentence nor a list of sentences",
    line("0.png", "", "1.png"): "Type what should change, for example: replace grey color to pink.",
    line("0.png", "red " * 33, "1.png"): "The text has 33 words; shorten it to 32 or fewer.",
    '{"reference": "0.png", "text": "red", "target": "./0.png"}': "reference and target are one picture",
    '{"reference": "../0.png", "text": "red", "target": "1.png"}': "'../0.png' is outside the folder",
    '{"picture": "/etc/passwd"}': "'/etc/passwd' is outside the folder",
    '{"picture": 7}': "7 is not the path of a picture",
    "[" * 100_000: 'not a JSON object with "reference", "text" and "target", or with "picture"',
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """No target of the train split is a reference; the test split has two references, a distractor, and what is not there."""
    root = tmp_path_factory.mktemp("triplets")
    rng = np.random.default_rng(0)
    (root / "test").mkdir()
    for path in [*(f"{i}.png" for i in range(2 * PAIRS)), *(f"test/{i}.png" for i in range(6))]:
        Image.fromarray(rng.integers(0, 255, (4, 3, 3), np.uint8)).resize((24, 32)).save(root / path)
    (root / "broken.png").write_bytes(b"no picture")
    train = [line(f"{2 * i}.png", f"make it {('red', 'blue')[i % 2]}", f"{2 * i + 1}.png") for i in range(PAIRS)]
    train += [line("0.png", "make it green", "broken.png"), line("2.png", "make it green", TOO_LONG), "", *ODD]
    (root / "train.jsonl").write_text("\ufeff" + "\r\n".join(train))
    test = [
        line("test/0.png", ["is longer ", " ", "has stripes"], "test/1.png"),
        line("test/0.png", "is red", "test//2.png"),
        line("test/3.png", "is\u2028red", "test/0.png"),
        line("gone.png", "is red", "test/0.png"),
        line("test/0.png", "is red", "gone.png"),
        json.dumps({"picture": "test/4.png"}),
        json.dumps({"picture": "test/5.png"}),
    ]
    (root / "test.jsonl").write_text("\n".join(test), encoding="utf-8")
    return root


def test_queries_and_gallery_are_what_the_lines_say(tree):
    protocol, split = load_triplets(tree, "test")
    assert [p.path for p in split.pictures] == [f"test/{i}.png" for i in range(6)]
    asked = [(split.pictures[q.source].path, q.text, q.target_caption) for q in split.queries]
    assert asked == [
        ("test/0.png", "is longer and has stripes", "test/1.png"),
        ("test/0.png", "is red", "test/2.png"),
        ("test/3.png", "is\u2028red", "test/0.png"),
    ]
    assert split.left_out == 2 and split.passed_over == ("gone.png: missing",)
    assert protocol.hits[""]("test/0.png") == "test/0.png", "a hit is that very picture"


def test_lines_that_cannot_be_used_are_named_and_the_rest_goes_on(tree):
    _, split = load_triplets(tree, "train")
    first = PAIRS + 4  # after the triplets, two more and an empty line
    wanted = [f"train.jsonl, line {number}: {reason}" for number, reason in enumerate(ODD.values(), first)]
    assert split.passed_over == (*wanted, f"{TOO_LONG}: missing")
    assert len(split.pictures) == 2 * PAIRS + 1 and not split.queries and split.left_out == 0


def test_a_folder_without_the_files_is_refused(tree, tmp_path):
    with pytest.raises(ValueError, match=r"test.jsonl: missing; name a folder"):
        load_triplets(tmp_path, "test")
    (tmp_path / "test.jsonl").write_text(line("a.png", "red", "b.png"))
    with pytest.raises(ValueError, match=r"none of the 2 pictures that test.jsonl names exists"):
        load_triplets(tmp_path, "test")
    with pytest.raises(ValueError, match="not 'validation'"):
        load_triplets(tree, "validation")


def test_a_target_is_used_though_no_text_leads_from_it():
    triplets = [Triplet("a", "red", "b"), Triplet("a", "blue", "d"), Triplet("c", "red", "e"), Triplet("a", "far", "elsewhere")]
    pairs, rng = TripletPairs(["a", "b", "c", "d", "x", "y"], triplets), np.random.default_rng(0)
    assert (pairs.sources.tolist(), pairs.used.tolist()) == ([0], [0, 1, 3])
    assert {pairs.draw(rng, 0) for _ in range(40)} == {(1, "red"), (3, "blue")}


def test_what_triplets_connect_is_held_out_together_unless_that_is_too_much(tree, tmp_path):
    _, split = load_triplets(tree, "train")
    group = {p.path: p.group for p in split.pictures}
    assert group["0.png"] == group["1.png"] == group["broken.png"] != group["2.png"] == group["3.png"]
    assert len(set(group.values())) == PAIRS
    for place in range(8):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{place}.png")
    chain = [line(f"{place}.png", "red", f"{place + 1}.png") for place in range(7)]
    (tmp_path / "train.jsonl").write_text("\n".join(chain))
    _, chained = load_triplets(tmp_path, "train")
    assert len({p.group for p in chained.pictures}) == 8 and hold_out([p.group for p in chained.pictures], 5000, 0).sum() == 2


def test_a_changed_file_is_other_data(tree):
    train, test = (load_triplets(tree, split)[1].data for split in ("train", "test"))
    assert train.keys() == {"name", "train.jsonl"} and test.keys() == {"name", "test.jsonl"}
    assert len(train["train.jsonl"]) == 12 and train["train.jsonl"] != test["test.jsonl"]


@pytest.fixture(scope="module")
def trained(tree, checkpoints, regions, tmp_path_factory):
    """A checkpoint trained for two updates, by the command line."""
    out = tmp_path_factory.mktemp("trained") / "lbf"
    data = ["--dataset", "triplets", "--root", str(tree), "--regions", str(regions)]
    assert main(["train", *data, "--detector", str(checkpoints / "detector"), "--out", str(out), "--updates", "2"]) == 0
    return out


def test_one_command_trains_on_references_and_targets(trained):
    model, header = load_compositor(trained)
    facts = header["training"]
    assert model.config.words == "minilm" and facts["data"].startswith("triplets, ")
    assert facts["pictures"] + facts["judged_pictures"] == 2 * PAIRS, "the broken picture is passed over"
    assert facts["judged_queries"] == facts["judged_pictures"] // 2 > 0 and "validation R@10" in facts["validation"]


@torch.inference_mode()
def test_another_evaluates(tree, trained, detector, regions, checkpoints, tmp_path):
    table, data = tmp_path / "table.json", ["--dataset", "triplets", "--root", str(tree), "--regions", str(regions)]
    flags = ["--detector", str(checkpoints / "detector"), "--json", str(table)]
    assert main(["evaluate", str(trained), *data, *flags]) == 0
    figures = json.loads(table.read_text())
    assert (figures["queries"], figures["queries left out"], figures["gallery"], figures["passed over"]) == (3, 2, 6, 1)
    model, _ = load_compositor(trained)
    model.eval()
    store = captioned_store("triplets", tree, load_triplets(tree, "test")[1].pictures, detector, regions)
    gallery, words, ranks = [model.encode_target(store.gather([i], 36))[0] for i in range(6)], MiniLm(), []
    for source, text, target in ((0, "is longer and has stripes", 1), (0, "is red", 2), (3, "is red", 0)):
        query = model.compose_query(store.gather([source], 36), batch_words([words.tokenize_text(text).values])).embedding[0]
        ranks.append(sorted(set(range(6)) - {source}, key=lambda i: -float(query @ gallery[i])).index(target))
    assert (
        figures["rows"][0] | {f"R@{k}": round(100 * sum(r < k for r in ranks) / 3, 2) for k in (1, 5, 10, 50)}
        == figures["rows"][0]
    )


def test_a_test_line_that_cannot_be_read_is_a_query_left_out(tmp_path):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    (tmp_path / "test.jsonl").write_text("\n".join([line("a.png", "is red", "b.png"), line("a.png", "!?", "b.png"), "{"]))
    _, split = load_triplets(tmp_path, "test")
    assert len(split.queries) == 1 and split.left_out == 2 == len(split.passed_over)
