"""Galleries of one's own that go to a Space."""

import shutil
from argparse import ArgumentParser
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder
from lbf_model.retrieval.catalog import load_catalog
from lbf_model.vision.pictures import load_picture
from scripts.space_files import added_problems
from scripts.space_galleries import OwnGallery, add_galleries, add_gallery


@pytest.fixture
def own(retriever, tmp_path):
    """A gallery of three pictures in two folders, which lie outside the gallery's folder."""
    for index, name in enumerate(("one.png", "more/two.png", "more/three.png")):
        picture = tmp_path / "pictures" / name
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(index).integers(0, 255, (40, 60, 3), np.uint8)).save(picture)
    listing = list_folder(tmp_path / "pictures")
    build_gallery(retriever, tmp_path / "pictures", listing.entries, tmp_path / "my-gallery", title="Shop")
    return OwnGallery("shop", tmp_path / "my-gallery")


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "repository" / "checkpoints").mkdir(parents=True)
    return tmp_path / "repository"


def test_a_gallery_is_whole_where_it_arrives_and_needs_nothing_from_here(own, checkpoints, repository, tmp_path):
    here = tmp_path / "here"
    shutil.copytree(checkpoints, here)
    added = add_gallery(own, tmp_path / "out", [here / "lbf"], repository)
    assert {f"assets/galleries/shop/pictures/{name}" for name in ("one.png", "more/two.png", "more/three.png")} <= set(added)
    assert {f"checkpoints/{name}/config.json" for name in ("lbf", "detector")} <= set(added)
    assert all((tmp_path / "out" / name).is_file() for name in added) and added_problems(tmp_path / "out", added) == []
    for gone in (here, own.folder, tmp_path / "pictures"):
        shutil.rmtree(gone)
    galleries = {"shop": tmp_path / "out" / "assets" / "galleries" / "shop"}
    entry = load_catalog(galleries, [tmp_path / "out" / "checkpoints" / "lbf"], tmp_path / "none").by_name["shop"]
    assert entry.title == "Shop" and len(entry.gallery) == 3
    picture = load_picture(galleries["shop"] / "pictures" / "one.png")
    matches = entry.retriever.search(picture, "make red cube large", entry.gallery, 3).matches
    assert matches and all(str(tmp_path / "out") in match.path for match in matches)


def test_a_checkpoint_that_the_space_has_anyway_is_not_copied(own, checkpoints, repository, tmp_path):
    shutil.copytree(checkpoints, repository / "checkpoints", dirs_exist_ok=True)
    added = add_gallery(own, tmp_path / "out", root=repository)
    assert added and not any(name.startswith("checkpoints/") for name in added)


def test_two_galleries_of_one_checkpoint_bring_it_along_once(own, checkpoints, repository, tmp_path):
    added = add_gallery(own, tmp_path / "out", [checkpoints / "lbf"], repository)
    also = add_gallery(replace(own, name="also"), tmp_path / "out", [checkpoints / "lbf"], repository)
    brought = {name for name in added if name.startswith("checkpoints/")}
    assert brought and brought == {name for name in also if name.startswith("checkpoints/")}


def test_what_cannot_be_taken_along_is_named(own, checkpoints, repository, tmp_path):
    def refused(told):
        with pytest.raises(ValueError, match=told):
            add_gallery(own, tmp_path / "out", [checkpoints / "lbf"], repository)

    (tmp_path / "out" / "assets" / "galleries" / "shop").mkdir(parents=True)
    refused("shop: a gallery with this name")
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out" / "checkpoints" / "lbf").mkdir(parents=True)
    (tmp_path / "out" / "checkpoints" / "lbf" / "config.json").write_text("{}")
    refused("lbf: a checkpoint with this name")
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "pictures" / "one.png").unlink()
    refused("one.png: missing")
    (own.folder / "gallery.json").write_text("{}")
    refused("gallery.json")


def test_more_than_a_space_takes_is_told(tmp_path, monkeypatch):
    (tmp_path / "one").write_bytes(b"12")
    assert added_problems(tmp_path, ["one"]) == []
    monkeypatch.setattr("scripts.space_files.MAX_ADDED", 1)
    monkeypatch.setattr("scripts.space_files.MAX_IN_FOLDER", 0)
    assert [said.split(",")[0] for said in added_problems(tmp_path, ["one"])] == [
        "0 MiB of galleries",
        ".: 1 files in one folder; put them into several",
    ]


@pytest.mark.parametrize("text", ["my-gallery", "=my-gallery", "shop=", "a/b=c", "..=c", "my-pictures=c", "é=c"])
def test_a_gallery_is_named_as_programs_and_folders_can_be(text, capsys):
    parser = ArgumentParser()
    add_galleries(parser)
    assert [own.name for own in parser.parse_args(["--gallery", "shop=my=gallery"]).gallery] == ["shop"]
    with pytest.raises(SystemExit):
        parser.parse_args(["--gallery", text])
    assert "write NAME=DIR" in capsys.readouterr().err
