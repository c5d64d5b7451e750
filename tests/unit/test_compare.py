"""Columns of compositors: each answers as by itself, nothing is detected again, the known target has its rank."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, save_checkpoint
from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.gallery.items import GalleryError
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval import encoder as encoding
from lbf_model.retrieval.compare import comparable_folders, compare, load_compared, title_of
from lbf_model.retrieval.encoder import QueryEncoder, load_compositor
from tests.small import OTHERS, random_regions, small_network, write_small_compared

TEXT = "make red cube large"


@pytest.fixture(scope="module")
def gallery(retriever, compared, tmp_path_factory):
    """Sixteen pictures; the last is the first once more."""
    root = tmp_path_factory.mktemp("pictures")
    for i in range(15):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)).save(root / f"{i:02d}.png")
    shutil.copyfile(root / "00.png", root / "15.png")
    return build_gallery(retriever, root, list_folder(root).entries, tmp_path_factory.mktemp("gallery"), compared=compared)[0]


@pytest.fixture(scope="module")
def picture():
    return Image.fromarray(np.random.default_rng(99).integers(0, 255, (40, 60, 3), np.uint8))


@pytest.fixture(scope="module")
def result(retriever, gallery, picture):
    return retriever.search(picture, TEXT, gallery, 5)


def test_the_first_column_is_the_search_itself(retriever, result, gallery, compared):
    columns = compare(retriever, result, gallery, compared, 5)
    assert [c.title for c in columns] == ["LBF", *(COMPOSITORS[kind].title for kind in OTHERS)]
    assert [c.compositor for c in columns] == ["lbf", *OTHERS]
    assert columns[0].matches == result.matches
    assert all(len(c.matches) == 5 and c.rank_of_target is None and c.problem == "" for c in columns)


def test_each_column_is_what_its_compositor_finds_by_itself(retriever, gallery, picture, compared_folder, compared):
    result = retriever.search(picture, TEXT, gallery, 5)
    result = replace(result, left_out=(gallery.items[3].id,))
    for column, other in zip(compare(retriever, result, gallery, compared, 20)[1:], compared, strict=True):
        network, _ = load_compositor(compared_folder / column.compositor)
        tokens = retriever.encoder.reader.tokenize_text(TEXT)
        regions = retriever.detector.detect_regions([picture])[0]
        with torch.inference_mode():
            query = network.compose_query(batch_regions([regions], 36), batch_words([tokens.values])).embedding[0].numpy()
        scores = gallery.seen_by(other.fingerprint).vectors() @ query
        order = [row for row in np.argsort(-scores, kind="stable") if row not in (3, 15)]  # 15 is 00 once more
        assert [m.id for m in column.matches] == [gallery.items[row].id for row in order]
        assert [m.score for m in column.matches] == pytest.approx(scores[order], abs=1e-5)
        assert {m.id: m.duplicates for m in column.matches}["00.png"] == ("15.png",)


def test_image_only_does_not_read_the_text_and_text_only_does_not_see_the_picture(retriever, gallery, picture, compared):
    def columns(shown, text):
        found = compare(retriever, retriever.search(shown, text, gallery, 5), gallery, compared, 16)
        return {c.compositor: c.matches for c in found}

    asked = columns(picture, TEXT)
    other_text = columns(picture, "remove small blue sphere")
    other_picture = columns(picture.rotate(90, expand=True).resize((90, 70)), TEXT)
    assert asked["image-only"] == other_text["image-only"] and asked["text-only"] == other_picture["text-only"]
    for kind in ("lbf", "concat", "sum"):
        assert asked[kind] not in (other_text[kind], other_picture[kind])
    assert asked["text-only"] != other_text["text-only"] and asked["image-only"] != other_picture["image-only"]


def test_nothing_is_detected_or_encoded_anew(result, gallery, compared, retriever, monkeypatch):
    def never(*_):
        raise AssertionError("this was done already")

    monkeypatch.setattr(retriever.detector, "detect_regions", never)
    monkeypatch.setattr(retriever.encoder.reader, "tokenize_text", never)
    assert len(compare(retriever, result, gallery, compared, 5)) == 1 + len(compared)


def test_a_known_target_has_its_rank_in_each_column_even_beyond_what_is_shown(retriever, result, gallery, compared):
    everything = compare(retriever, result, gallery, compared, 16)
    for target in ("07.png", "00.png", "15.png"):
        for few, whole in zip(compare(retriever, result, gallery, compared, 2, target=target), everything, strict=True):
            (rank,) = [m.rank for m in whole.matches if target in (m.id, *m.duplicates)]
            assert few.rank_of_target == rank and len(few.matches) == 2
    assert any(c.rank_of_target > 2 for c in compare(retriever, result, gallery, compared, 2, target="07.png"))
    with pytest.raises(GalleryError, match="no picture 'elsewhere'"):
        compare(retriever, result, gallery, compared, 2, target="elsewhere")


def test_a_gallery_without_vectors_of_a_compositor_is_an_error(retriever, gallery, result, compared, tmp_path):
    root = gallery.place / gallery.facts.root
    plain, _ = build_gallery(retriever, root, list_folder(root).entries, tmp_path, compared=compared[1:])
    assert len(compare(retriever, result, plain, compared[1:], 3)) == len(compared)
    assert len(compare(retriever, result, plain, [], 3)) == 1
    with pytest.raises(GalleryError, match=f"no vectors of compositor {compared[0].fingerprint}"):
        compare(retriever, result, plain, compared, 3)


def test_a_compositor_with_words_of_its_own_reads_the_text_by_itself(retriever, result, checkpoints, tmp_path, gallery):
    words = ("make", "large", "elephant")
    write_small_compared(tmp_path, checkpoints, ("concat", "sum"), vocabulary=words, aliases={})
    others = load_compared([tmp_path / "concat", tmp_path / "sum"], retriever)
    assert others[0].reader is others[1].reader and others[0].reader.words == words
    root = gallery.place / gallery.facts.root
    compared, _ = build_gallery(retriever, root, list_folder(root).entries, tmp_path / "g", compared=others)
    columns = compare(retriever, result, compared, others, 3)
    assert [len(c.matches) for c in columns] == [3, 3, 3]
    unread = replace(result, text="remove red cube")
    _, concat, image_and_text = compare(retriever, unread, compared, others, 3, target="07.png")
    assert concat.matches == image_and_text.matches == () and concat.rank_of_target is None
    assert "None of these words is known: remove, red, cube" in concat.problem


def test_an_lbf_that_reads_fewer_regions_says_where_it_cannot_be_pointed_at_one(retriever, gallery, result):
    known = retriever.encoder
    network = LbfNetwork(replace(known.config, max_regions=1)).eval()
    smaller = QueryEncoder(network, replace(known.facts, name="lbf-small"), known.reader, known.device)
    regions = random_regions(3, width=known.config.feature_width)
    pointed = replace(result, regions=regions, pointed_at=(3,))
    column = compare(retriever, pointed, gallery, [smaller], 3)[1]
    assert column.matches == () and "fewer regions" in column.problem
    assert compare(retriever, replace(pointed, pointed_at=(1, 3)), gallery, [smaller], 3)[1].matches


def test_those_that_read_as_the_retriever_does_load_no_encoder(retriever, compared_folder, monkeypatch):
    monkeypatch.setattr(encoding, "load_reader", lambda *_: pytest.fail("an encoder was loaded"))
    assert all(b.reader is retriever.encoder.reader for b in load_compared(sorted(compared_folder.iterdir()), retriever))


def test_columns_stand_in_one_order_whatever_the_order_of_folders(retriever, compared_folder, compared):
    names = [b.facts.name for b in compared]
    folders = sorted(compared_folder.iterdir(), reverse=True)
    assert names == list(OTHERS)
    assert [b.facts.name for b in load_compared([*folders, folders[0]], retriever)] == names, "and each once"


def test_the_checkpoints_that_fit_are_found_and_others_passed_over(retriever, checkpoints, compared_folder, compared, tmp_path):
    folders = [*checkpoints.iterdir(), *sorted(compared_folder.iterdir()), tmp_path / "none"]
    assert {f.name for f in comparable_folders(folders, retriever)} == set(OTHERS)
    one = compared[0].fingerprint
    assert comparable_folders(folders, retriever, {one, retriever.fingerprint, "gone"}) == [compared_folder / OTHERS[0]]
    assert comparable_folders(folders, retriever, set()) == []
    write_small_compared(tmp_path, checkpoints, ("sum",), max_regions=50)
    assert comparable_folders([tmp_path / "sum"], retriever) == [], "more regions than the retriever keeps"


def test_checkpoints_that_do_not_fit_are_refused_by_name(retriever, checkpoints, tmp_path):
    def write(name, detector, **changes):
        network = small_network(feature_width=retriever.encoder.config.feature_width, **changes)
        facts = {"compositor": "lbf", "detector": detector, "detector_checkpoint": "detector"}
        save_checkpoint(tmp_path / name, "compositor", network, network.config, facts)
        return tmp_path / name

    with pytest.raises(CheckpointError, match="the gallery's own checkpoint"):
        load_compared([checkpoints / "lbf"], retriever)
    with pytest.raises(CheckpointError, match=r"stranger: trained with detector other, but the gallery's is \w+"):
        load_compared([write("stranger", "other", width=24)], retriever)
    with pytest.raises(CheckpointError, match="reads 50 regions, but the gallery's checkpoint keeps 36"):
        load_compared([write("more", retriever.detector.fingerprint, width=24, max_regions=50)], retriever)
    with pytest.raises(CheckpointError, match="missing"):
        load_compared([tmp_path / "none"], retriever)
    (fewer,) = load_compared([write("fewer", retriever.detector.fingerprint, width=24, max_regions=2)], retriever)
    assert isinstance(fewer, QueryEncoder) and title_of(fewer) == "LBF (fewer)"
    assert not fewer.network.training and fewer.encode_targets(retriever.detect_regions([Image.new("RGB", (60, 40))])).any()
