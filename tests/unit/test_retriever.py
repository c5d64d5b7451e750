"""Retriever and indexing, with random weights: self-retrieval, resuming, bad pictures."""

import numpy as np
import pytest
from PIL import Image

from lbf_model.gallery.items import GalleryError
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.tasks.css.demo import css_entries
from lbf_model.text.vocabulary import TextError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty pictures in two sub-folders, a broken one and a text."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "sub").mkdir()
    rng = np.random.default_rng(0)
    for i in range(20):
        path = root / ("sub" if i % 2 else "") / f"{i:02d}.png"
        Image.fromarray(rng.integers(0, 255, (40, 60, 3), np.uint8)).save(path)
    (root / "broken.jpg").write_bytes(b"no picture")
    (root / "notes.txt").write_text("no picture either")
    return root


@pytest.fixture(scope="module")
def built(retriever, folder, tmp_path_factory):
    return build_gallery(retriever, folder, list_folder(folder).entries, tmp_path_factory.mktemp("gallery"))


def embed(retriever, *pictures):
    """(N, E): where pictures stand in a gallery."""
    return retriever.encoder.encode_targets(retriever.detect_regions(pictures))


def test_every_readable_picture_is_indexed_and_the_broken_one_named(built, folder):
    gallery, changes = built
    assert len(gallery) == 20
    assert [s["path"] for s in changes.skipped] == ["broken.jpg"] and changes.skipped[0]["reason"]
    assert (changes.added, changes.changed, changes.removed, changes.kept) == (20, 0, 0, 0)
    assert gallery.skipped == changes.skipped
    assert all(gallery.picture(item).is_file() for item in gallery.items)
    assert all(item.regions and item.caption for item in gallery.items)


def test_a_picture_finds_itself_by_its_target_embedding(built, retriever):
    gallery, _ = built
    for item in gallery.items[:5]:
        with Image.open(gallery.picture(item)) as picture:
            embedding = embed(retriever, picture.convert("RGB"))
        assert gallery.search(embedding[0], 1)[0].id == item.id


def test_a_search_holds_everything_about_itself(built, retriever):
    gallery, _ = built
    with Image.open(gallery.picture(gallery.items[0])) as file:
        picture = file.convert("RGB")
    result = retriever.search(picture, "make red cube mauve large", gallery, 7)
    assert result.left_out == (gallery.items[0].id,)
    assert [m.rank for m in result.matches] == list(range(1, 8))
    assert all(-1 <= m.score <= 1 for m in result.matches)
    assert result.tokens.unknown == ("mauve",)
    layers, heads = retriever.encoder.config.fusion_layers, retriever.encoder.config.heads
    assert result.explanation.word_to_region.shape == (layers, heads, 4, len(result.regions))
    assert result.explanation.region_to_word.shape == (layers, heads, len(result.regions), 4)
    assert set(result.timings_ms) == {"detect", "compose", "search"}
    again = retriever.search(picture, "make red cube mauve large", gallery, 7)
    assert again.matches == result.matches
    everything = retriever.search(picture, "make red cube large", gallery, 50)
    assert gallery.items[0].id not in {m.id for m in everything.matches} and len(everything.matches) == 19


def test_a_composed_query_is_a_search_without_matches(built, retriever):
    gallery, _ = built
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
    text = "make small red cube large"
    composed, searched = retriever.compose_query(picture, text), retriever.search(picture, text, gallery, 3)
    assert composed.matches == () and set(composed.timings_ms) == {"detect", "compose"}
    assert np.array_equal(composed.embedding, searched.embedding) and len(searched.matches) == 3
    assert retriever.encoder.encode_queries([composed.regions], [composed.tokens])[0] == pytest.approx(
        composed.embedding, abs=1e-6
    )
    assert [t.words for t in retriever.encoder.reader.tokenize_texts([text, "red"])] == [composed.tokens.words, ("red",)]
    for what in (lambda: retriever.compose_query(picture, ""), lambda: retriever.encoder.reader.tokenize_texts(["elephant"])):
        with pytest.raises(TextError):
            what()


def test_bad_text_is_refused(built, retriever):
    with pytest.raises(TextError):
        retriever.search(Image.new("RGB", (20, 20)), "", built[0])


def test_a_css_split_is_indexed_with_scenes_as_captions(tiny_css, tiny_split):
    entries = css_entries(tiny_css, "train")
    assert len(entries) == len(tiny_split.images)
    assert entries[5].caption == str(tiny_split.images[5].scene) and (tiny_css / entries[5].path).is_file()


def test_folders_without_pictures_are_clear_errors(tmp_path):
    with pytest.raises(GalleryError, match="no picture"):
        list_folder(tmp_path)
    with pytest.raises(GalleryError, match="no such folder"):
        list_folder(tmp_path / "nowhere")
