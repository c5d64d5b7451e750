"""MIT-States on a small tree in the true layout: folders, queries, every compositor, and figures worked out apart."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.cli.main import main
from lbf_model.compositors.registry import COMPOSITORS, make_config
from lbf_model.network.batching import batch_words
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.captioned.protocol import captioned_store
from lbf_model.tasks.captioned.training_queries import CaptionedQueries, CaptionedSampling
from lbf_model.tasks.mit_states.data import PROTOCOL, TEST_NOUNS, NounPairs, load_mit_states
from lbf_model.text.minilm import MiniLm
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import train_compositor

TRAIN_NOUNS, TRAIN_ADJECTIVES = ("apple", "bear", "car", "cat", "door", "lake", "shirt", "tree"), ("big", "old", "wet")
TEST = ("old armor", "broken armor", "shiny armor", "old castle", "ruined castle", "hot tea")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """48 train pictures of 8 nouns, 18 test pictures of 3 nouns, all different; one more of each is broken; and odd things."""
    root = tmp_path_factory.mktemp("release_dataset")
    rng = np.random.default_rng(0)
    train = [f"{adjective} {noun}" for noun in TRAIN_NOUNS for adjective in TRAIN_ADJECTIVES]
    for captions, each in ((train, 2), (TEST, 3), (("adj armor", "adj apple"), 1)):
        for caption in captions:
            (root / "images" / caption).mkdir(parents=True)
            for turn in range(each):
                coarse = rng.integers(0, 255, (4, 3, 3), np.uint8)
                Image.fromarray(coarse).resize((24, 32)).save(root / "images" / caption / f"img_{turn}.jpg")
    (root / "images" / "old tea").mkdir()  # no picture in it, so nobody is asked for it
    (root / "images" / "castle").mkdir()
    (root / "images" / "very old castle").mkdir()
    (root / "images" / ".DS_Store").write_bytes(b"")
    (root / "images" / "hot tea" / "Thumbs.db").write_bytes(b"")
    (root / "images" / "hot tea" / "._img_0.jpg").write_bytes(b"")
    (root / "images" / "hot tea" / "img_2.jpg").rename(root / "images" / "hot tea" / "img_2.JPEG")
    (root / "images" / "hot tea" / "gone.jpg").symlink_to("nowhere.jpg")
    for caption, broken in (("old castle", 3), ("wet car", 2)):
        (root / "images" / caption / f"img_{broken}.jpg").write_bytes(b"no picture")
    return root


def captions_of_files():
    """The caption of each test picture, in the order of paths; the fourth old castle is broken."""
    return [caption for caption in sorted(TEST) for _ in range(4 if caption == "old castle" else 3)]


@pytest.fixture(scope="module")
def trained(tree, detector, regions, tmp_path_factory):
    """A folder with a checkpoint of every compositor, trained for two updates."""
    folder, words = tmp_path_factory.mktemp("trained"), MiniLm()
    split = load_mit_states(tree, "train")
    store = captioned_store("mit-states", tree, split.pictures, detector, regions)
    sampling = CaptionedSampling(sources=4, modifications=2)
    for name in COMPOSITORS:
        config = make_config(name, detector, vocabulary=(), words="minilm", width=16, heads=2, embedding_width=24)
        queries = CaptionedQueries(PROTOCOL, split, store, config, words, sampling, 0, "detector")
        train_compositor(name, config, CompositorTraining(updates=2, warmup=1), queries, folder / name)
    return folder


def test_the_nouns_part_the_splits(tree):
    train, test = load_mit_states(tree, "train"), load_mit_states(tree, "test")
    assert len(set(TEST_NOUNS)) == 49 and not set(TEST_NOUNS) & set(TRAIN_NOUNS)
    assert len(train.pictures) == 49 and {p.group for p in train.pictures} == set(TRAIN_NOUNS) and not train.queries
    assert [p.caption for p in test.pictures] == captions_of_files()
    assert test.pictures[0].path == "images/broken armor/img_0.jpg"
    assert test.pictures[5].path == "images/hot tea/img_2.JPEG"


def test_every_picture_is_asked_for_every_other_adjective_of_its_noun(tree):
    split = load_mit_states(tree, "test")
    asked = [(split.pictures[q.source].caption, q.text, q.target_caption) for q in split.queries]
    wanted = [
        (source, target.split()[0], target)
        for source in captions_of_files()
        for target in sorted(TEST)
        if target != source and target.split()[1] == source.split()[1]
    ]
    assert asked == wanted and len(asked) == 9 * 2 + 7 * 1


def test_a_text_holds_nothing_of_the_target_but_its_adjective(tree):
    for query in load_mit_states(tree, "test").queries:
        assert set(query.text.split()) == {query.target_caption.split()[0]}


def test_what_is_not_as_it_should_be_is_named(tree):
    odd = [f"images/{name}: not a folder named ADJECTIVE NOUN" for name in (".DS_Store", "castle", "very old castle")]
    files = [f"images/hot tea/{name}: not a JPEG file" for name in ("._img_0.jpg", "Thumbs.db", "gone.jpg")]
    assert set(load_mit_states(tree, "train").passed_over) == set(odd)
    assert sorted(load_mit_states(tree, "test").passed_over) == sorted(odd + files)


def test_other_folders_are_refused(tree, tmp_path):
    with pytest.raises(ValueError, match="images: no such folder"):
        load_mit_states(tmp_path, "test")
    shutil.copytree(tree / "images" / "big apple", tmp_path / "images" / "big apple")
    with pytest.raises(ValueError, match="no picture of the test split"):
        load_mit_states(tmp_path, "test")
    with pytest.raises(ValueError, match="not 'validation'"):
        load_mit_states(tree, "validation")


def test_a_training_pair_shares_the_noun_alone():
    captions = ["old car", "new car", "old bus", "red car", "new car"]
    pairs, rng = NounPairs(captions), np.random.default_rng(0)
    assert pairs.sources.tolist() == [0, 1, 3, 4], "there is one bus only"
    assert {pairs.draw(rng, 0) for _ in range(40)} == {(1, "new"), (4, "new"), (3, "red")}
    assert {pairs.draw(rng, 4) for _ in range(40)} == {(0, "old"), (3, "red")}


@torch.inference_mode()
def recall_worked_out_apart(checkpoint, store, words):
    """R@K in percent, picture by picture and query by query, from what the tree was made of."""
    model, _ = load_compositor(checkpoint)
    model.eval()
    captions = captions_of_files()
    places = [i for i in range(len(captions)) if captions[i : i + 2] != ["old castle", "ruined castle"]]  # the last is broken
    shown = {i: store.gather([i], 36, model.config.reads == "feature_map") for i in places}
    gallery = {i: model.encode_target(shown[i])[0] for i in places}
    hits = {}
    for source in places:
        noun = captions[source].split()[1]
        for new in [c.split()[0] for c in TEST if c.endswith(noun) and c != captions[source]]:
            sentence = batch_words([words.tokenize_text(new).values])
            query = model.compose_query(shown[source], sentence).embedding[0]
            nearest = sorted(set(places) - {source}, key=lambda i: -float(query @ gallery[i]))
            for k in (1, 5, 10):
                found = [captions[i].split() for i in nearest[:k]]
                hits.setdefault(f"R@{k}", []).append([new, noun] in found)
                hits.setdefault(f"adjective R@{k}", []).append(new in [f[0] for f in found])
                hits.setdefault(f"noun R@{k}", []).append(noun in [f[1] for f in found])
    return {name: round(100 * sum(found) / len(found), 2) for name, found in hits.items()}


def test_every_compositor_is_trained_and_evaluated(tree, detector, regions, trained, checkpoints, tmp_path):
    table, data = tmp_path / "table.json", ["--root", str(tree), "--regions", str(regions)]
    rows = [str(trained / name) for name in COMPOSITORS]
    detector_flag = ["--detector", str(checkpoints / "detector")]
    assert main(["evaluate", *rows, "--dataset", "mit-states", *data, *detector_flag, "--json", str(table)]) == 0
    figures = json.loads(table.read_text())
    assert (figures["queries"], figures["queries left out"], figures["gallery"]) == (24, 1, 18)
    assert (
        figures["passed over"] == 7 and "images/old castle/img_3.jpg: cannot be decoded" in figures["passed over, for example"]
    )
    store = captioned_store("mit-states", tree, load_mit_states(tree, "test").pictures, detector, regions)
    words = MiniLm()
    for name, row in zip(COMPOSITORS, figures["rows"], strict=True):
        wanted = recall_worked_out_apart(trained / name, store, words)
        assert {key: row[key] for key in wanted} == wanted and row["compositor"] == name
    assert len({row["R@5"] for row in figures["rows"]}) > 1, "the figures tell rows apart"


def test_one_command_trains(tree, checkpoints, regions, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("lbf_model.tasks.captioned.training_queries._BLOCK", 2)
    data = ["--dataset", "mit-states", "--root", str(tree), "--regions", str(regions)]
    detector = ["--detector", str(checkpoints / "detector")]
    assert main(["train", *data, *detector, "--out", str(tmp_path / "lbf"), "--updates", "2", "--loss", "soft-triplet"]) == 0
    said = capsys.readouterr().err
    assert "passed over 4, for example:" in said and "images/wet car/img_2.jpg: cannot be decoded" in said
    model, header = load_compositor(tmp_path / "lbf")
    facts = header["training"]
    assert model.config.words == "minilm" and facts["data"] == "mit-states, train split" and facts["passed_over"] == 4
    assert (facts["pictures"], facts["judged_pictures"]) == (36, 12), "two nouns of eight are held out"
    assert {"validation R@1", "validation R@10", "validation adjective R@5", "validation noun R@1"} < set(facts["validation"])
