"""CSS on disk: what is saved is loaded, and every kind of damage is an error that names the file."""

import json

import numpy as np
import pytest
from PIL import Image

from lbf_model.tasks.css.grammar import parse_modification
from lbf_model.tasks.css.scenes import Scene, SceneObject
from lbf_model.tasks.css.storage import (
    FORMAT,
    CssImage,
    CssQuery,
    begin_data_set,
    load_css,
    number_scenes,
    picture_path,
    save_picture,
    save_queries,
    save_records,
    shard_path,
)

CUBE = SceneObject("top-left", "cube", "gray", "small")
SPHERE = SceneObject("bottom-center", "sphere", "red", "large")
SCENES = [Scene((CUBE, SPHERE)), Scene((CUBE,)), Scene(()), Scene((CUBE,))]
TEXTS = [(0, 1, "remove red sphere"), (1, 2, "remove object"), (1, 0, "add large sphere to bottom-center")]
ORACLE = {"all": 90.0, "add": 70.0, "remove": 100.0}


def boxes_of(scene, rendering):
    return np.array([[i, 1.5, i + 10, 20 + (rendering == "2d")] for i in range(len(scene.objects))], np.float32).reshape(-1, 4)


def written(root, renderings=("3d", "2d")):
    numbers = number_scenes(SCENES)
    images = [CssImage(i, numbers[i], s, {r: boxes_of(s, r) for r in renderings}) for i, s in enumerate(SCENES)]
    queries = []
    for source, target, text in TEXTS:
        queries.append(CssQuery(source, target, text, parse_modification(text)))
    save_queries(root, "train", queries)
    shard_path(root, "train", 0).mkdir()
    for image in images:
        save_picture(Image.new("RGB", (180, 120), "gray"), root, "train", image.index, "3d")
        save_picture(Image.new("RGB", (64, 64), "white"), root, "train", image.index, "2d")
    save_records(root, "train", images)
    facts = {"images": len(images), "queries": len(queries), "oracle_recall_at_1": ORACLE}
    (root / "dataset.json").write_text(json.dumps({"format": FORMAT, "splits": {"train": facts}}))
    return images, queries


def edit(path, change):
    """Apply a change to the first record of a JSON lines file, or to a JSON file."""
    first, *rest = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    record = json.loads(first)
    change(record)
    path.write_text("\n".join([json.dumps(record), *rest]) + "\n")


def test_what_is_saved_is_loaded(tmp_path):
    images, queries = written(tmp_path)
    assert not list(tmp_path.rglob("*.part"))
    split = load_css(tmp_path, "train")
    assert split.queries == tuple(queries) and split.oracle_recall_at_1 == ORACLE
    for image, expected in zip(split.images, images, strict=True):
        assert (image.index, image.scene_id, image.scene) == (expected.index, expected.scene_id, expected.scene)
        for rendering in ("3d", "2d"):
            assert image.boxes[rendering].dtype == np.float32
            assert np.array_equal(image.boxes[rendering], expected.boxes[rendering])
    assert load_css(str(tmp_path), "train").scene_ids.tolist() == [0, 1, 2, 1]
    assert split.scene_ids.dtype == np.int64


def test_pictures_lie_where_the_split_says(tmp_path):
    written(tmp_path)
    split = load_css(tmp_path, "train")
    assert split.picture(3, "3d") == tmp_path / "train" / "shard-000" / "000003.3d.webp"
    with Image.open(split.picture(3, "2d")) as picture:
        assert picture.size == (64, 64)
    assert picture_path(tmp_path, "test", 1251, "2d") == tmp_path / "test" / "shard-005" / "001251.2d.png"


@pytest.mark.parametrize("known", [("3d",), ("2d",), ()])
def test_boxes_that_nobody_knows_are_left_out(tmp_path, known):
    written(tmp_path, known)
    assert ("box_3d" in (tmp_path / "train" / "shard-000" / "images.jsonl").read_text()) == ("3d" in known)
    images = load_css(tmp_path, "train").images
    assert tuple(images[0].boxes) == known
    assert {r: b.shape for r, b in images[2].boxes.items()} == {"3d": (0, 4), "2d": (0, 4)}  # no object, no unknown box


def test_scenes_are_numbered_by_their_first_image():
    assert number_scenes([]) == [] and number_scenes(SCENES) == [0, 1, 2, 1]


def test_a_begun_data_set_takes_the_same_settings_only(tmp_path):
    folder = tmp_path / "new" / "css"
    begin_data_set(folder, {"seed": 0})
    begin_data_set(folder, {"seed": 0})
    with pytest.raises(ValueError, match=r"css was begun with other settings .*settings.json"):
        begin_data_set(folder, {"seed": 1})
    (folder / "settings.json").write_text("{")
    with pytest.raises(ValueError, match=r"settings.json: not JSON"):
        begin_data_set(folder, {"seed": 0})


def test_a_missing_split_is_named(tmp_path):
    written(tmp_path)
    with pytest.raises(ValueError, match=r"dataset.json: no split 'test'; it has train"):
        load_css(tmp_path, "test")


@pytest.mark.parametrize("name", ["dataset.json", "train/queries.jsonl", "train/shard-000/images.jsonl"])
def test_missing_files_are_named(tmp_path, name):
    written(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=f"{name}: missing"):
        load_css(tmp_path, "train")


@pytest.mark.parametrize("name", ["dataset.json", "train/queries.jsonl", "train/shard-000/images.jsonl"])
@pytest.mark.parametrize("content", [b"{", b"hello\n", b"\xff\xfe\x00", b"[1, 2]\n", b"7\n"])
def test_files_that_are_something_else_are_named(tmp_path, name, content):
    written(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        load_css(tmp_path, "train")


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_other_formats_are_refused(tmp_path, version):
    written(tmp_path)
    edit(tmp_path / "dataset.json", lambda r: r.update(format=version))
    with pytest.raises(ValueError, match=f"dataset.json: format {version} is not 1"):
        load_css(tmp_path, "train")


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("splits"),
        lambda r: r.update(splits=[]),
        lambda r: r["splits"].update(train=None),
        lambda r: r["splits"]["train"].pop("images"),
        lambda r: r["splits"]["train"].pop("oracle_recall_at_1"),
        lambda r: r["splits"]["train"].update(images="many"),
    ],
)
def test_an_incomplete_header_is_named(tmp_path, change):
    written(tmp_path)
    edit(tmp_path / "dataset.json", change)
    with pytest.raises(ValueError, match=r"dataset.json: "):
        load_css(tmp_path, "train")


@pytest.mark.parametrize("what", ["images", "queries"])
@pytest.mark.parametrize("difference", [-1, 1])
def test_other_counts_are_refused(tmp_path, what, difference):
    written(tmp_path)
    edit(tmp_path / "dataset.json", lambda r: r["splits"]["train"].update({what: r["splits"]["train"][what] + difference}))
    with pytest.raises(ValueError, match=f"train: . {what} instead of"):
        load_css(tmp_path, "train")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda r: r.pop("scene"), "broken record"),
        (lambda r: r["objects"].reverse(), "not in order"),
        (lambda r: r["objects"][0].update(color="pink"), "'pink' is none of"),
        (lambda r: r["objects"][0].pop("shape"), "broken record"),
        (lambda r: r["objects"][0].update(position="top-left"), "share a grid cell|order"),
        (lambda r: r["objects"][1].pop("box_3d"), "box_3d is given for 1 of 2"),
        (lambda r: r["objects"][1].update(box_2d=[1, 2, 3]), "broken record"),
        (lambda r: r["objects"][1].update(box_2d="wide"), "broken record"),
    ],
)
def test_broken_image_records_are_named(tmp_path, change, message):
    written(tmp_path)
    edit(tmp_path / "train/shard-000/images.jsonl", change)
    with pytest.raises(ValueError, match=f"images.jsonl, line 1: .*({message})"):
        load_css(tmp_path, "train")


def test_an_image_in_the_wrong_place_is_refused(tmp_path):
    written(tmp_path)
    edit(tmp_path / "train/shard-000/images.jsonl", lambda r: r.update(index=1))
    with pytest.raises(ValueError, match=r"shard-000: image 1 is where image 0 should be"):
        load_css(tmp_path, "train")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda r: r.pop("target"), "line 1: broken record"),
        (lambda r: r.update(target=4), "line 1: there are only 4 images"),
        (lambda r: r.update(source=-1), "line 1: there are only 4 images"),
        (lambda r: r.update(source="0"), "line 1"),
        (lambda r: r["modification"].update(kind="swap"), "line 1: broken record .'swap'"),
        (lambda r: r["modification"].update(novelty=1), "line 1: broken record"),
    ],
)
def test_broken_queries_are_named(tmp_path, change, message):
    written(tmp_path)
    edit(tmp_path / "train/queries.jsonl", change)
    with pytest.raises(ValueError, match=f"queries.jsonl, {message}"):
        load_css(tmp_path, "train")
