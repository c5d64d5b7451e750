"""TIRG's on-disk form, made small here: what is read from it, what is written, and what is refused without being run."""

import io
import json
import pickle
import random
import shutil
import struct
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from lbf_model.tasks.css.drawing_2d import draw_flat
from lbf_model.tasks.css.generate import write_css
from lbf_model.tasks.css.scenes import POSITIONS, SHAPE_SYNONYMS, Scene, SceneObject
from lbf_model.tasks.css.storage import load_css
from lbf_model.tasks.css.tirg_format import convert_tirg

GRAY_CUBE = SceneObject("top-left", "cube", "gray", "small")
RED_SPHERE = SceneObject("bottom-center", "sphere", "red", "large")
BLUE_SPHERE = SceneObject("middle-right", "sphere", "blue", "large")
PURPLE_SPHERE = SceneObject("middle-right", "sphere", "purple", "large")

# Two base scenes, then the targets. The first add has two right answers in the gallery, images 2 and 6; image 5 is empty.
SCENES = [
    Scene((GRAY_CUBE, RED_SPHERE)),
    Scene((RED_SPHERE,)),
    Scene((GRAY_CUBE, RED_SPHERE, BLUE_SPHERE)),
    Scene((GRAY_CUBE, SceneObject("bottom-center", "sphere", "red", "small"))),
    Scene((SceneObject("bottom-center", "sphere", "red", "small"),)),
    Scene(()),
    Scene((GRAY_CUBE, RED_SPHERE, PURPLE_SPHERE)),
]
# The same with what the test split may show instead of the gray cube.
TEST_SCENES = [Scene(tuple(replace(o, shape="cylinder") if o == GRAY_CUBE else o for o in s.objects)) for s in SCENES]
MODS = [
    {"from": [0], "to": [2], "to_str": "add large circle to middle-right", "type": "add"},
    {"from": [0, 1], "to": [3, 4], "to_str": "make bottom-center sphere small", "make_new_size": "small"},
    {"from": [1], "to": [5], "to_str": "remove red object", "str": ["remove"]},
]


def as_rows(scene, pos):
    return [{"shape": SHAPE_SYNONYMS[o.shape], "color": o.color, "size": o.size, "pos": pos(o)} for o in scene.objects]


def as_columns(scene, pos):
    rows = as_rows(scene, pos)
    return {key: [row[key] for row in rows] for key in ("shape", "color", "size", "pos")} | {"note": ["else"]}


def cell(item):
    return divmod(POSITIONS.index(item.position), 3)


def fraction(item):
    return [(index + 0.5) / 3 for index in cell(item)]


def number(item):
    return POSITIONS.index(item.position)


def content(layout=as_rows, pos=fraction, scenes=SCENES, mods=MODS):
    return {"mods": mods, "objects_img": [layout(s, pos) for s in scenes], "labels": list(range(len(scenes)))}


def saved(folder, data, **options):
    np.save(folder / "css.npy", data, allow_pickle=True, **options)
    return folder / "css.npy"


@pytest.fixture
def images(tmp_path):
    """Pictures of both splits: nothing like a CSS scene, but each has a colour of its own."""
    folder = tmp_path / "images"
    folder.mkdir()
    for split in ("train", "test"):
        for index in range(len(SCENES)):
            Image.new("RGB", (180, 120), (30 * index, 100, 200)).save(folder / f"css_{split}_{index:06d}.png")
    return folder


def convert(tmp_path, images, data, rendering="3d"):
    return convert_tirg(saved(tmp_path, data), images, tmp_path / "out", rendering, progress=False)


def test_scenes_queries_and_counts(tmp_path, images):
    summary = convert(tmp_path, images, {"train": content(), "test": content(scenes=TEST_SCENES)})
    assert summary == json.loads((tmp_path / "out" / "dataset.json").read_text())
    for name, scenes in (("train", SCENES), ("test", TEST_SCENES)):
        split = load_css(tmp_path / "out", name)
        assert [i.scene for i in split.images] == scenes
        assert [(q.source, q.target, q.text) for q in split.queries] == [
            (0, 2, "add large circle to middle-right"),
            (0, 3, "make bottom-center sphere small"),
            (1, 4, "make bottom-center sphere small"),
            (1, 5, "remove red object"),
        ]
        assert all(q.modification.text == q.text for q in split.queries)
        facts = summary["splits"][name]
        assert (facts["images"], facts["queries"], facts["empty_scenes"], facts["off_grammar"]) == (7, 4, 1, 0)
        assert split.oracle_recall_at_1 == {"all": 87.5, "add": 50, "remove": 100, "make": 100}


def test_equal_objects_are_equal_scenes_whatever_the_labels(tmp_path, images):
    scenes = [*SCENES[:6], SCENES[0]]
    convert(tmp_path, images, {"train": content(scenes=scenes)})
    assert load_css(tmp_path / "out", "train").scene_ids.tolist() == [0, 1, 2, 3, 4, 5, 0]


def test_given_pictures_have_no_boxes_and_drawn_ones_have(tmp_path, images):
    convert(tmp_path, images, {"train": content()})
    split = load_css(tmp_path / "out", "train")
    for image in split.images[:5]:
        picture, boxes = draw_flat(image.scene)
        assert list(image.boxes) == ["2d"] and np.array_equal(image.boxes["2d"], boxes)
        with Image.open(split.picture(image.index, "2d")) as drawn:
            assert drawn.tobytes() == picture.tobytes()
        with Image.open(split.picture(image.index, "3d")) as given:
            assert given.size == (180, 120) and given.format == "WEBP"
            assert np.abs(np.subtract(given.convert("RGB").getpixel((90, 60)), (30 * image.index, 100, 200))).max() < 5
    assert split.images[5].boxes["3d"].shape == (0, 4)  # of no object, all boxes are known


def test_flat_originals_get_a_3d_rendering(tmp_path, images):
    convert(tmp_path, images, {"test": content(scenes=TEST_SCENES)}, rendering="2d")
    split = load_css(tmp_path / "out", "test")
    assert list(split.images[0].boxes) == ["3d"] and split.images[0].boxes["3d"].shape == (2, 4)
    with Image.open(split.picture(3, "2d")) as given, Image.open(split.picture(3, "3d")) as drawn:
        assert given.getpixel((0, 0)) == (90, 100, 200) and drawn.size == (180, 120)


@pytest.mark.parametrize("layout", [as_rows, as_columns])
@pytest.mark.parametrize("pos", [fraction, cell, number, lambda o: np.array(fraction(o)), lambda o: np.int64(number(o))])
def test_every_layout_gives_the_same_scenes(tmp_path, images, layout, pos):
    convert(tmp_path, images, {"train": content(layout, pos)})
    assert [i.scene for i in load_css(tmp_path / "out", "train").images] == SCENES


def test_project_names_of_shapes_and_object_arrays_are_read(tmp_path, images):
    entries = np.empty(len(SCENES), object)
    for index, scene in enumerate(SCENES):
        entries[index] = [{"shape": o.shape, "color": np.str_(o.color), "size": o.size, "pos": cell(o)} for o in scene.objects]
    mods = np.array([{**mod, "from": np.array(mod["from"]), "to": tuple(mod["to"])} for mod in MODS], object)
    convert(tmp_path, images, {"train": {"mods": mods, "objects_img": entries}})
    assert [i.scene for i in load_css(tmp_path / "out", "train").images] == SCENES


def test_square_object_arrays_stay_lists_of_objects(tmp_path, images):
    pair = np.array([as_rows(SCENES[0], cell), as_rows(SCENES[3], cell)], object)  # (2 images, 2 objects)
    mods = [{"from": [0], "to": [1], "to_str": "make red object small"}]
    convert(tmp_path, images, {"train": {"mods": mods, "objects_img": pair}})
    assert [i.scene for i in load_css(tmp_path / "out", "train").images] == [SCENES[0], SCENES[3]]


class Python2Pickler(pickle._Pickler):
    """Protocol 2 as Python 2 wrote it: text and bytes are one kind of string."""

    def save_string(self, value):
        raw = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(raw)) + raw)
        self.memoize(value)

    dispatch: ClassVar = {**pickle._Pickler.dispatch, str: save_string, bytes: save_string}


def saved_body(folder, body):
    """An np.save file of one object, with a pickle of our making."""
    path = folder / "css.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
        file.write(body)
    return path


def test_a_file_that_python_2_wrote_is_read(tmp_path, images):
    array = np.empty((), object)
    array[()] = {"train": content(pos=lambda o: np.array(fraction(o))), "labels": [np.float64(0.5)]}
    buffer = io.BytesIO()
    Python2Pickler(buffer, protocol=2).dump(array)
    body = buffer.getvalue().replace(b"numpy._core", b"numpy.core")
    assert b"_codecs" not in body and b"numpy.core.multiarray\nscalar" in body
    convert_tirg(saved_body(tmp_path, body), images, tmp_path / "out", progress=False)
    assert [i.scene for i in load_css(tmp_path / "out", "train").images] == SCENES


class Runs:
    """Pickled, it is a call."""

    def __reduce__(self):
        return print, ("harm",)


def test_a_pickle_that_names_functions_is_refused_and_not_run(tmp_path, images, capsys):
    with pytest.raises(ValueError, match=r"css.npy: .* names .*none of it was run"):
        convert(tmp_path, images, {"train": content(), "extra": Runs()})
    assert not (tmp_path / "out").exists() and capsys.readouterr().out == ""


def test_damaged_files_raise_nothing_else(tmp_path, images):
    whole = saved(tmp_path, {"train": content(pos=lambda o: np.array(fraction(o)))}).read_bytes()
    rng = random.Random(0)
    for _ in range(300):
        data = bytearray(whole[: rng.randrange(len(whole)) if rng.random() < 0.3 else None])
        for _ in range(rng.choice((1, 3))):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        (tmp_path / "css.npy").write_bytes(data)
        with pytest.raises(ValueError):  # the pictures are missing, so what is read well is refused too
            convert_tirg(tmp_path / "css.npy", tmp_path / "none", tmp_path / "out", progress=False)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)


@pytest.mark.parametrize("array", [np.arange(3), np.array([{"train": {}}], object), np.array("text"), np.array(None)])
def test_other_arrays_are_refused(tmp_path, images, array):
    with pytest.raises(ValueError, match=r"css.npy: not a dict"):
        convert(tmp_path, images, array)


def test_other_files_are_refused(tmp_path, images):
    (tmp_path / "css.npy").write_bytes(b"hello")
    with pytest.raises(ValueError, match=r"css.npy: not a dict saved by NumPy"):
        convert_tirg(tmp_path / "css.npy", images, tmp_path / "out")
    with pytest.raises(ValueError, match=r"none.npy: can't be read"):
        convert_tirg(tmp_path / "none.npy", images, tmp_path / "out")
    with pytest.raises(ValueError, match=r"neither train nor test"):
        convert(tmp_path, images, {"validation": content()})
    with pytest.raises(ValueError, match=r"not a dict of splits"):
        convert(tmp_path, images, {"train": [1, 2]})


def test_missing_and_broken_pictures_are_named(tmp_path, images):
    (images / "css_train_000003.png").write_bytes(b"hello")
    with pytest.raises(ValueError, match=r"css_train_000003.png: not a picture"):
        convert(tmp_path, images, {"train": content()})
    (images / "css_train_000003.png").unlink()
    with pytest.raises(ValueError, match=r"css_train_000003.png: no such file"):
        convert(tmp_path, images, {"train": content()})
    with pytest.raises(ValueError, match=r"dataset.json: missing"):  # what was begun doesn't pass for a data set
        load_css(tmp_path / "out", "train")


def test_a_conversion_that_broke_off_can_be_repeated(tmp_path, images):
    picture = images / "css_train_000006.png"
    kept = picture.read_bytes()
    picture.unlink()
    with pytest.raises(ValueError):
        convert(tmp_path, images, {"train": content()})
    picture.write_bytes(kept)
    convert(tmp_path, images, {"train": content()})
    assert len(load_css(tmp_path / "out", "train").images) == 7


def test_a_folder_with_another_data_set_is_refused(tmp_path, images):
    convert(tmp_path, images, {"train": content()})
    with pytest.raises(ValueError, match=r"other settings"):
        convert(tmp_path, images, {"train": content()}, rendering="2d")
    with pytest.raises(ValueError, match=r"other settings"):
        convert(tmp_path, images, {"train": content(mods=MODS[:2])})
    with pytest.raises(ValueError, match=r"other settings"):
        write_css(tmp_path / "out", base_scenes=6, modifications=3, workers=1, progress=False)


def test_texts_off_the_grammar_are_named(tmp_path, images):
    mods = [*MODS, {"from": [0], "to": [1], "to_str": "paint it red"}]
    with pytest.raises(ValueError, match=r"css.npy, train query 3 .*'paint it red' does not follow the grammar"):
        convert(tmp_path, images, {"train": content(mods=mods)})


def test_targets_off_the_grammar_are_counted(tmp_path, images):
    mods = [*MODS, {"from": [1], "to": [2], "to_str": "remove red object"}]
    facts = convert(tmp_path, images, {"train": content(mods=mods)})["splits"]["train"]
    assert (facts["queries"], facts["off_grammar"], facts["oracle_recall_at_1"]["all"]) == (5, 1, 87.5)


def test_a_misread_layout_is_noticed(tmp_path, images):
    mods = [{"from": [0], "to": [2], "to_str": "add circle to bottom-center"}]
    with pytest.raises(ValueError, match=r"css.npy, train: no target is what its source and text say.*row first"):
        convert(tmp_path, images, {"train": content(mods=mods)})


@pytest.mark.parametrize(
    "mod, message",
    [
        ({"from": [0], "to": [7], "to_str": "remove red object"}, "query 0 .*there are 7"),
        ({"from": [-1], "to": [1], "to_str": "remove red object"}, "query 0 .*there are 7"),
        ({"from": ["0"], "to": [1], "to_str": "remove red object"}, "query 0 .*there are 7"),
        ({"from": [0, 1], "to": [5], "to_str": "remove red object"}, "query 0 .*shorter"),
        ({"from": [0], "to_str": "remove red object"}, "query 0 .*no entry 'to'"),
        ({"from": [0], "to": [1]}, "train: no entry 'to_str'"),
        ({"from": [0], "to": [1], "to_str": 5}, "query 0"),
        ("remove red object", "train: "),
    ],
)
def test_broken_queries_are_named(tmp_path, images, mod, message):
    with pytest.raises(ValueError, match=f"css.npy, .*{message}"):
        convert(tmp_path, images, {"train": content(mods=[mod])})


@pytest.mark.parametrize(
    "change, message",
    [
        ({"shape": "star"}, "shape 'star' is none of cube, rectangle"),
        ({"color": "pink"}, "'pink' is none of gray"),
        ({"size": "huge"}, "'huge' is none of small"),
        ({"pos": 9}, "pos 9 is not a cell number"),
        ({"pos": (1, 3)}, "pos 3 is neither"),
        ({"pos": (-0.1, 0.5)}, "pos -0.1 is neither"),
        ({"pos": (float("nan"), 0.5)}, "pos nan is neither"),
        ({"pos": (0.5,)}, "unpack"),
        ({"pos": None}, "NoneType"),
        ({"pos": (2, 1)}, "share a grid cell"),
    ],
)
def test_broken_objects_are_named(tmp_path, images, change, message):
    data = content(pos=cell)
    data["objects_img"][3][1] |= {"pos": (2, 1)}
    data["objects_img"][3][0] |= change
    with pytest.raises(ValueError, match=f"css.npy, train image 3: .*{message}"):
        convert(tmp_path, images, {"train": data})


def test_missing_keys_are_named(tmp_path, images):
    data = content()
    del data["objects_img"][2][0]["size"]
    with pytest.raises(ValueError, match=r"train image 2: no entry 'size'"):
        convert(tmp_path, images, {"train": data})
    with pytest.raises(ValueError, match=r"train: no entry 'mods'"):
        convert(tmp_path, images, {"train": {"objects_img": []}})


def test_an_unknown_rendering_is_refused(tmp_path, images):
    with pytest.raises(ValueError, match=r"'4d' is none of 3d, 2d"):
        convert(tmp_path, images, {"train": content()}, rendering="4d")
