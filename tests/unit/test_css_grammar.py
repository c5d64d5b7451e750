"""The modification language: its sentences, their inverse, and what they do to a scene."""

from dataclasses import asdict

import numpy as np
import pytest

from lbf_model.tasks.css.grammar import (
    KINDS,
    Modification,
    apply_modification,
    fits,
    parse_modification,
    sample_modification,
)
from lbf_model.tasks.css.scenes import Scene, SceneObject, obeys_split, sample_scene

CUBE = SceneObject("top-left", "cube", "gray", "small")
BLUE = SceneObject("middle-center", "cube", "blue", "small")
SPHERE = SceneObject("bottom-center", "sphere", "red", "large")
SCENE = Scene((CUBE, BLUE, SPHERE))


def samples(kind, count=400, **options):
    rng = np.random.default_rng(0)
    return [sample_modification(rng, kind, **options) for _ in range(count)]


def apply(text, scene=SCENE, split="train", rng=None):
    return apply_modification(parse_modification(text), scene, split, rng)


@pytest.mark.parametrize("kind", KINDS)
def test_parsing_is_the_inverse_of_the_text(kind):
    for modification in samples(kind):
        assert parse_modification(modification.text) == modification


@pytest.mark.parametrize(
    "text, slots",
    [
        (
            "make bottom-center small purple circle blue",  # of TIRG's file
            {"position": "bottom-center", "size": "small", "color": "purple", "shape": "sphere", "new_color": "blue"},
        ),
        ("make bottom-left small brown object large", {"position": "bottom-left", "color": "brown", "new_size": "large"}),
        ("add object", {"shape_word": "object", "shape": None, "position": None}),
        ("add large cyan rectangle to middle-left", {"position": "middle-left", "size": "large", "shape": "cube"}),
        ("remove top-right triangle", {"position": "top-right", "shape": "cylinder", "shape_word": "triangle"}),
        ("make red object red", {"color": "red", "new_color": "red"}),
    ],
)
def test_sentences_and_their_slots(text, slots):
    modification = parse_modification(text)
    assert modification.text == text and modification.kind == text.split()[0]
    assert {k: v for k, v in asdict(modification).items() if k in slots} == slots


def test_case_and_spacing_do_not_matter():
    assert parse_modification("  Add RED\tcube  to Top-Left\n") == parse_modification("add red cube to top-left")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "add",
        "cube",
        "red cube",
        "paint the cube red",
        "add red",
        "add red small cube",  # size comes first
        "add cube to",
        "add cube top-left",
        "add to top-left",
        "add top-left cube",
        "add cube to top-left please",
        "add cube red",
        "remove cube to top-left",
        "remove cube top-left",
        "remove small",
        "remove red cube blue",
        "make cube",
        "make red blue",
        "make cube red large",
        "make cube sphere",
        "make cube to top-left",
        "add pink cube",
        "add a cube",
    ],
)
def test_other_sentences_are_refused(text):
    with pytest.raises(ValueError, match=r"does not follow the grammar"):
        parse_modification(text)


def test_a_refusal_says_where():
    with pytest.raises(ValueError, match=r"'remove red cube blue' .*from 'blue' on"):
        parse_modification("remove red cube blue")
    with pytest.raises(ValueError, match=r"ends too early"):
        parse_modification("make red cube")
    with pytest.raises(ValueError, match=r"none of add, remove, make"):
        parse_modification("paint it red")


@pytest.mark.parametrize(
    "slots",
    [
        {"kind": "swap"},
        {"kind": "make"},
        {"kind": "make", "new_color": "red", "new_size": "large"},
        {"kind": "add", "new_color": "red"},
        {"kind": "add", "new_color": "red", "new_size": "large"},
        {"kind": "remove", "new_size": "large"},
    ],
)
def test_contradictory_slots_are_refused(slots):
    with pytest.raises(ValueError):
        Modification(**slots)


@pytest.mark.parametrize("kind", KINDS)
def test_slots_are_filled_as_often_as_asked(kind):
    for modification in samples(kind, 50, slot_probability=0):
        assert (modification.position, modification.size, modification.color, modification.shape) == (None,) * 4
        assert modification.shape_word == "object"
    for modification in samples(kind, 50, slot_probability=1):
        assert None not in (modification.position, modification.size, modification.color, modification.shape)
    filled = np.mean([m.color is not None for m in samples(kind, 2000, slot_probability=0.3)])
    assert 0.26 < filled < 0.34


def test_make_never_asks_for_what_it_names():
    for modification in samples("make"):
        assert modification.new_color is None or modification.new_color != modification.color
        assert modification.new_size is None or modification.new_size != modification.size


def test_same_seed_same_sentences():
    assert samples("make") == samples("make")


def test_an_open_slot_matches_anything():
    assert all(parse_modification("remove object").matches(o) for o in SCENE.objects)
    assert [o for o in SCENE.objects if parse_modification("remove small cube").matches(o)] == [BLUE, CUBE]
    assert [o for o in SCENE.objects if parse_modification("remove bottom-center object").matches(o)] == [SPHERE]


def test_remove_takes_every_match():
    assert apply("remove cube") == Scene((SPHERE,))
    assert apply("remove top-left object") == Scene((BLUE, SPHERE))
    assert apply("remove object") == Scene(())
    assert apply("remove cylinder") is None and apply("remove top-left sphere") is None


def test_make_changes_every_match():
    large = [SceneObject(o.position, o.shape, o.color, "large") for o in (CUBE, BLUE)]
    assert apply("make small rectangle large") == Scene((*large, SPHERE))
    assert apply("make sphere cyan") == Scene((CUBE, BLUE, SceneObject("bottom-center", "sphere", "cyan", "large")))


def test_make_that_changes_nothing_makes_no_sense():
    assert apply("make sphere red") is None and apply("make cube small") is None and apply("make cylinder large") is None


def test_make_keeps_to_the_split():
    assert apply("make gray cube yellow") is not None
    assert apply("make gray cube red") is None  # a red cube is for the test split
    assert apply("make object red") is None


def test_add_fills_a_free_cell():
    rng = np.random.default_rng(0)
    for _ in range(50):
        target = apply("add green object", rng=rng)
        (extra,) = set(target.objects) - set(SCENE.objects)
        assert extra.color == "green" and extra.position in SCENE.free_positions and extra.shape != "cube"
    (extra,) = set(apply("add small blue circle to top-right", rng=rng).objects) - set(SCENE.objects)
    assert extra == SceneObject("top-right", "sphere", "blue", "small")


def test_add_makes_no_sense_in_a_taken_cell_a_full_scene_or_the_other_split():
    rng = np.random.default_rng(0)
    assert apply("add cube to top-left", rng=rng) is None
    assert apply("add red cube", rng=rng) is None and apply("add red cube", Scene(()), "test", rng) is not None
    full = Scene(tuple(SceneObject(p, "sphere", "red", "small") for p in Scene(()).free_positions))
    assert apply("add object", full, rng=rng) is None


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_target_fits_and_obeys_its_split(kind, split):
    rng = np.random.default_rng(0)
    found = 0
    for modification in samples(kind, 600):
        source = sample_scene(rng, split)
        target = apply_modification(modification, source, split, rng)
        if target is not None:
            found += 1
            assert fits(modification, source, target, split) and obeys_split(target, split) and target != source
            assert not fits(modification, source, source, split)
    assert found > 50


def test_what_does_not_fit():
    modification = parse_modification("add large sphere to top-right")
    right = SceneObject("top-right", "sphere", "cyan", "large")
    assert fits(modification, SCENE, Scene((*SCENE.objects, right)), "train")
    for wrong in (
        SCENE,
        Scene((CUBE, BLUE, right)),
        Scene((*SCENE.objects, SceneObject("top-right", "sphere", "cyan", "small"))),
        Scene((*SCENE.objects, SceneObject("top-center", "sphere", "cyan", "large"))),
        Scene((*SCENE.objects, right, SceneObject("top-center", "sphere", "cyan", "large"))),
    ):
        assert not fits(modification, SCENE, wrong, "train")
    assert not fits(parse_modification("remove cube"), SCENE, Scene((CUBE, SPHERE)), "train")
