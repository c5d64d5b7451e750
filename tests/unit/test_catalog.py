"""Which checkpoint answers for which gallery."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, save_checkpoint
from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.gallery.items import GalleryError, GalleryUnavailable
from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.catalog import (
    Catalog,
    default_checkpoint,
    find_checkpoint,
    find_gallery,
    gallery_titles,
    load_catalog,
    shipped_checkpoints,
    shipped_galleries,
)
from lbf_model.retrieval.compare import load_compared, title_of
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.retrieval.retriever import load_retriever


@pytest.fixture(scope="module")
def shelf(checkpoints, tmp_path_factory):
    """Two checkpoints, css-big and fashion, and a gallery made by each, css and fashion; one more that has another name."""
    root = tmp_path_factory.mktemp("shelf")
    shutil.copytree(checkpoints / "detector", root / "checkpoints" / "detector")
    shutil.copytree(checkpoints / "lbf", root / "checkpoints" / "css-big")
    network, header = load_compositor(checkpoints / "lbf")
    torch.manual_seed(1)
    facts = {key: header[key] for key in ("compositor", "detector", "detector_checkpoint")}
    save_checkpoint(root / "checkpoints" / "fashion", "compositor", LbfNetwork(network.config), network.config, facts)
    pictures = root / "pictures"
    pictures.mkdir()
    for i in range(3):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)).save(pictures / f"{i}.png")
    for name, checkpoint, title in (("css", "css-big", "Scenes"), ("fashion", "fashion", ""), ("another", "css-big", "")):
        retriever = load_retriever(root / "checkpoints" / checkpoint)
        build_gallery(retriever, pictures, list_folder(pictures).entries, root / "galleries" / name, title=title)
    return root


def test_the_default_gallery_and_checkpoint_are_fashion_where_it_is(shelf, tmp_path):
    assert list(shipped_galleries(shelf / "galleries")) == ["another", "fashion", "css"], "what somebody added comes first"
    assert default_checkpoint(shelf / "checkpoints").name == "fashion"
    shutil.copytree(shelf / "checkpoints" / "css-big", tmp_path / "css-big")
    assert default_checkpoint(tmp_path).name == "css-big"


def test_each_gallery_has_the_checkpoint_that_made_it(shelf):
    galleries = shipped_galleries(shelf / "galleries")
    loaded = load_catalog(galleries, [], shelf / "checkpoints")
    catalog, own = list(loaded.by_name.values()), loaded.own
    assert gallery_titles(galleries, [], shelf / "checkpoints") == {o.name: o.title for o in catalog}
    assert [(o.name, o.title) for o in catalog] == [("another", "another"), ("fashion", "fashion"), ("css", "Scenes")]
    assert all(o.gallery.facts.compositor == o.retriever.fingerprint for o in catalog)
    assert own is catalog[1].retriever and catalog[0].retriever is catalog[2].retriever is not own


def test_named_checkpoints_come_first_and_the_first_is_for_own_pictures(shelf, tmp_path):
    elsewhere = tmp_path / "runs"
    shutil.copytree(shelf / "checkpoints", elsewhere)
    loaded = load_catalog({"mine": shelf / "galleries" / "css"}, [elsewhere / "css-big"], tmp_path / "none")
    assert loaded.by_name["mine"].retriever is loaded.own
    assert loaded.own.fingerprint == loaded.by_name["mine"].gallery.facts.compositor


def test_a_gallery_without_its_checkpoint_is_an_error_that_names_both(shelf, tmp_path):
    fashion = shelf / "checkpoints" / "fashion"
    with pytest.raises(GalleryError, match=r"galleries/css: made by checkpoint \w+, which is not loaded \(.*fashion is \w+\)"):
        find_checkpoint(shelf / "galleries" / "css", [fashion])
    with pytest.raises(GalleryError, match="there is none"):
        find_checkpoint(shelf / "galleries" / "css", shipped_checkpoints(tmp_path))
    with pytest.raises(GalleryError, match="missing"):
        find_checkpoint(tmp_path, [fashion])
    with pytest.raises(CheckpointError):
        load_catalog({}, [tmp_path / "none"], shelf / "checkpoints")


def test_a_named_checkpoint_that_cannot_be_read_is_an_error_wherever_it_stands(shelf, tmp_path):
    galleries = {"css": shelf / "galleries" / "css"}
    with pytest.raises(CheckpointError, match=str(tmp_path / "slip")):
        load_catalog(galleries, [shelf / "checkpoints" / "css-big", tmp_path / "slip"], shelf / "checkpoints")
    with pytest.raises(CheckpointError, match="this is a 'detector' checkpoint"):
        load_catalog(galleries, [shelf / "checkpoints" / "css-big", shelf / "checkpoints" / "detector"], shelf / "checkpoints")


def test_an_offer_has_the_compared_compositors_whose_checkpoints_are_there(shelf, compared_folder, tmp_path):
    checkpoints = tmp_path / "checkpoints"
    shutil.copytree(shelf / "checkpoints", checkpoints)
    for kind in ("concat", "image-only", "text-only"):
        shutil.copytree(compared_folder / kind, checkpoints / f"css-{kind}")
    retriever = load_retriever(checkpoints / "css-big")
    compared = load_compared([checkpoints / "css-concat", checkpoints / "css-image-only", checkpoints / "fashion"], retriever)
    pictures = shelf / "pictures"
    build_gallery(retriever, pictures, list_folder(pictures).entries, tmp_path / "g", compared=compared)
    galleries = {"g": tmp_path / "g", "css": shelf / "galleries" / "css"}

    loaded = load_catalog(galleries, [checkpoints / "css-big"], checkpoints)
    catalog = loaded.by_name
    assert [title_of(c) for c in catalog["g"].compared] == ["LBF (fashion)", "concat", "image only"]
    assert catalog["css"].compared == ()
    assert all(catalog["g"].gallery.seen_by(b.fingerprint) for b in catalog["g"].compared)
    own, there = ({title_of(c): c for c in compared} for compared in (loaded.own_compared, catalog["g"].compared))
    assert own.keys() == {"concat", "image only", "text only"}
    assert all(own[title] is there[title] for title in ("concat", "image only")), "each is loaded once"

    shutil.rmtree(checkpoints / "css-concat")
    catalog = load_catalog(galleries, [checkpoints / "css-big"], checkpoints).by_name
    assert [b.facts.name for b in catalog["g"].compared] == ["fashion", "css-image-only"]

    catalog = load_catalog(galleries, [checkpoints / "css-big", compared_folder / "concat"], checkpoints).by_name
    assert [b.facts.name for b in catalog["g"].compared] == ["fashion", "concat", "css-image-only"], "named folders count, too"


def test_a_bare_name_is_a_shipped_gallery_and_a_path_is_a_path(shelf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fashion").mkdir()
    shipped = shelf / "galleries"
    assert find_gallery("fashion", shipped) == shipped / "fashion"
    for path in ("./fashion", "fashion/", ".", "..", str(tmp_path / "fashion"), "../fashion"):
        assert find_gallery(path, shipped) == Path(path)
    (tmp_path / "mine").mkdir()
    with pytest.raises(GalleryError, match=r"no shipped gallery 'mine', but another, fashion, css; .*\./mine"):
        find_gallery("mine", shipped)
    for name in ("mine", "fashion"):
        (tmp_path / name / "gallery.json").write_text("{}")
    assert find_gallery("mine", shipped) == Path("mine"), "a gallery's folder needs no ./"
    assert find_gallery("fashion", shipped) == shipped / "fashion"


def test_a_gallery_that_is_away_is_told_to_everyone_anew():
    """An error that is raised again keeps what its earlier callers held in memory."""
    catalog = Catalog({}, None, (), {"shop": GalleryUnavailable("shop: nothing answers")})
    for _ in range(2):
        with pytest.raises(GalleryUnavailable, match="shop: nothing answers"):
            catalog.entry("shop")
    assert catalog.unavailable["shop"].__traceback__ is None
