"""Labels, queries and texts of Fashion-200k are read as its authors wrote them, and broken trees are told."""

from argparse import Namespace

import numpy as np
import pytest
from PIL import Image

from lbf_model.tasks.captioned.records import CaptionedQuery
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
from tests.unit.fashion200k.small_tree import copied


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
    for place in pairs.sources.tolist():
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

    root = copied(tree, tmp_path / "root")
    labels = root / "labels" / "skirt_train_detect_all.txt"
    for file in root.glob("labels/*train*.txt"):
        file.write_text("\n \n")
    with pytest.raises(ValueError, match="all are blank"):
        load_fashion200k(root, "train")
    labels.write_bytes("women/1.jpeg\t0.5\tred skirt\n".encode("utf-16"))
    with pytest.raises(ValueError, match=r"skirt_train_detect_all.txt, line 1: not UTF-8"):
        load_fashion200k(root, "train")
    (root / "women").unlink()
    with pytest.raises(ValueError, match="none of the 6 labelled pictures"):
        load_fashion200k(root, "test")
    (root / "women").symlink_to(tree / "women")
    (root / "test_queries.txt").unlink()
    with pytest.raises(ValueError, match=r"test_queries.txt: missing"):
        load_fashion200k(root, "test")


def test_a_line_that_cannot_be_read_is_named_and_passed_over(tree, tmp_path):
    root, whole = copied(tree, tmp_path / "root"), load_fashion200k(tree, "test")
    labels, queries = root / "labels" / "skirt_test_detect_all.txt", root / "test_queries.txt"
    too_long = "x" * 300
    added = f"women/skirts/x.jpeg 0.5 red skirt\n{too_long}\t0.5\tred skirt\n".encode() + b"women/\xff.jpeg\t0.5\tskirt\n"
    labels.write_bytes(added + labels.read_bytes())
    queries.write_text("one two three\n" + queries.read_text() + "women/unknown.jpeg women/other.jpeg\n")
    split = load_fashion200k(root, "test")
    assert (split.pictures, split.queries) == (whole.pictures, whole.queries)
    assert split.passed_over == (
        "skirt_test_detect_all.txt, line 1: not path, score and caption with tabs between: 'women/skirts/x.jpeg 0.5 red skirt'",
        "skirt_test_detect_all.txt, line 3: not UTF-8 text (invalid start byte)",
        f"{too_long}: missing",
        "test_queries.txt, line 1: not a source path and a target path: 'one two three'",
        "test_queries.txt, line 6: no label file of the test split gives women/unknown.jpeg a caption",
    )
    assert split.left_out == 2


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
    assert pairs.sources.tolist() == [0, 1, 5]
    rng = np.random.default_rng(0)
    assert {pairs.draw(rng, 1) for _ in range(30)} == {(0, "replace blue with red"), (5, "replace blue with red")}
    assert pairs.draw(rng, 0) == pairs.draw(rng, 5) == (1, "replace red with blue")
    assert not len(OneWordPairs(["red dress", "blue skirt", ""]).sources)


def test_a_drawn_text_is_the_protocols(tree):
    captions = [p.caption for p in load_fashion200k(tree, "train").pictures]
    pairs, rng = OneWordPairs(captions), np.random.default_rng(0)
    assert len(pairs.sources) == 28, "nothing is like the top"
    for place in pairs.sources.tolist() * 3:
        target, text = pairs.draw(rng, place)
        assert text == replace_with(*differing_words(captions[place], captions[target]))
