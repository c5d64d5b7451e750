"""What scenes are made of, and what the two splits may show."""

import numpy as np
import pytest

from lbf_model.tasks.css.scenes import (
    COLOR_RGB,
    COLORS,
    POSITIONS,
    SHAPE_SYNONYMS,
    SHAPES,
    SIZES,
    SPLITS,
    Scene,
    SceneObject,
    allowed_pairs,
    obeys_split,
    sample_object,
    sample_scene,
)

CUBE = SceneObject("top-left", "cube", "gray", "small")
SPHERE = SceneObject("bottom-right", "sphere", "red", "large")


def sampled(split, count=200, seed=0):
    rng = np.random.default_rng(seed)
    return [sample_scene(rng, split) for _ in range(count)]


def test_the_world_is_three_by_three_with_eight_colours():
    assert len(POSITIONS) == len(set(POSITIONS)) == 9
    assert POSITIONS[0] == "top-left" and POSITIONS[4] == "middle-center" and POSITIONS[8] == "bottom-right"
    assert set(COLOR_RGB) == set(COLORS) and len(set(COLOR_RGB.values())) == 8
    assert set(SHAPE_SYNONYMS) == set(SHAPES)


@pytest.mark.parametrize("shape", ["cube", "cylinder"])
def test_the_splits_share_no_colour_of_a_cube_or_cylinder(shape):
    train, test = SPLITS["train"][shape], SPLITS["test"][shape]
    assert not train & test and train | test == set(COLORS)


def test_spheres_take_every_colour_in_both_splits():
    assert SPLITS["train"]["sphere"] == SPLITS["test"]["sphere"] == set(COLORS)


@pytest.mark.parametrize("split", SPLITS)
def test_allowed_pairs_are_what_obeys(split):
    pairs = {(s, c) for s in SHAPES for c in COLORS if obeys_split(Scene((SceneObject("top-left", s, c, "small"),)), split)}
    assert set(allowed_pairs(split)) == pairs and len(pairs) == (24 if split == "all" else 16)


@pytest.mark.parametrize("split", SPLITS)
def test_sampled_scenes_obey_their_split(split):
    scenes = sampled(split)
    assert all(obeys_split(s, split) for s in scenes)
    assert {len(s.objects) for s in scenes} == {2, 3, 4, 5, 6}
    objects = [o for s in scenes for o in s.objects]
    assert {(o.shape, o.color) for o in objects} == set(allowed_pairs(split))
    assert {o.position for o in objects} == set(POSITIONS) and {o.size for o in objects} == set(SIZES)


def test_same_seed_same_scenes():
    assert sampled("train") == sampled("train") != sampled("train", seed=1)


def test_a_scene_is_its_objects_in_any_order():
    assert Scene((CUBE, SPHERE)) == Scene((SPHERE, CUBE)) != Scene((CUBE,))
    assert len({Scene((CUBE, SPHERE)), Scene((SPHERE, CUBE))}) == 1


def test_objects_are_sorted_by_name_of_position():
    scene = Scene((CUBE, SPHERE))
    assert scene.objects == (SPHERE, CUBE) and str(scene) == "bottom-right large red sphere, top-left small gray cube"


def test_free_positions_are_the_rest():
    assert Scene((CUBE, SPHERE)).free_positions == POSITIONS[1:8]
    assert Scene(()).free_positions == POSITIONS and str(Scene(())) == "empty scene"


def test_one_object_a_cell():
    with pytest.raises(ValueError, match=r"share a grid cell"):
        Scene((CUBE, SceneObject("top-left", "sphere", "red", "large")))


@pytest.mark.parametrize("place, value", list(enumerate(["middle", "rectangle", "pink", "huge"])))
def test_unknown_attributes_are_refused(place, value):
    attributes = ["top-left", "cube", "gray", "small"]
    attributes[place] = value
    with pytest.raises(ValueError, match=f"'{value}' is none of"):
        SceneObject(*attributes)


def test_sampled_objects_keep_what_is_given():
    rng = np.random.default_rng(0)
    for _ in range(50):
        item = sample_object(rng, "train", "top-left", color="gray", size="large")
        assert (item.position, item.color, item.size) == ("top-left", "gray", "large")
        assert item.shape in ("cube", "sphere")  # gray cylinders are for the test split


def test_pairs_of_the_other_split_are_refused():
    rng = np.random.default_rng(0)
    assert sample_object(rng, "test", "top-left", "cylinder", "gray").color == "gray"
    with pytest.raises(ValueError, match=r"the train split has no gray cylinder"):
        sample_object(rng, "train", "top-left", "cylinder", "gray")
