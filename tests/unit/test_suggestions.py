"""Suggested changes: of what is there, to what the gallery holds."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import CATEGORIES
from lbf_model.tasks.garments.catalogue.garment import VARIES
from lbf_model.tasks.suggestions import suggest_changes
from lbf_model.types import Regions


def seen(*labels):
    count = len(labels)
    boxes = np.array([[10 * i, 0, 10 * i + 9, 9] for i in range(count)], np.float32)
    return Regions(boxes, np.ones(count, np.float32), labels, np.zeros((count, 2), np.float32), (100, 100))


def gallery(*labels):
    return SimpleNamespace(labels=lambda: Counter(labels))


def test_a_garment_is_changed_to_what_the_gallery_holds():
    there = gallery("solid pink dress", "solid pink dress", "solid blue dress", "striped gray dress", "solid red shirt")
    found = suggest_changes(seen("solid gray dress", "solid gray sleeve"), there)
    assert found == ("replace gray color to pink", "with stripes", "make it longer", "same but in blue")
    assert suggest_changes(seen("solid gray dress"), there, 1) == found[:1]


def test_many_colours_are_not_called_one():
    found = suggest_changes(seen("solid multicolor dress"), gallery("solid white dress"))
    assert found == ("make it white", "make it longer")
    found = suggest_changes(seen("solid white dress"), gallery(*["solid multicolor dress"] * 2, "solid pink dress"))
    assert found == ("replace white color to pink", "make it longer")


def test_nothing_is_suggested_that_the_gallery_lacks():
    assert suggest_changes(seen("solid gray shirt"), gallery("solid gray dress")) == ()
    assert suggest_changes(seen("whole image"), gallery("solid gray dress")) == ()
    assert suggest_changes(seen("person", "dog"), gallery("dog")) == ()


@pytest.mark.parametrize("category", CATEGORIES)
def test_only_what_is_sold_short_and_long_is_made_longer(category):
    there = gallery(*(f"solid {color} {category}" for color in ("pink", "blue")))
    found = suggest_changes(seen(f"solid gray {category}"), there)
    assert ("make it longer" in found) == (len(VARIES[category].get("length", ())) > 1)


def test_of_two_garments_it_is_said_which_one():
    found = suggest_changes(seen("solid gray shirt", "solid red dress"), gallery("solid pink shirt", "solid blue dress"))
    assert found == ("make the left one pink", "make the right one blue")


def test_of_two_garments_frequent_colours_come_first():
    there = gallery("solid pink shirt", "solid black dress", *["solid blue dress"] * 3, *["solid green dress"] * 2)
    found = suggest_changes(seen("solid gray shirt", "solid red dress"), there)
    assert found[1:] == ("make the right one blue", "make the right one green", "make the right one black")


def test_of_a_scene_only_objects_that_one_description_picks_out():
    there = gallery("large red cube", "small blue cube", "large green cube")
    scene = seen("small red cube", "large blue sphere", "large blue sphere")
    found = suggest_changes(scene, there)
    assert found == ("make small red cube large", "make small red cube blue", "remove small red cube", "add large green cube")
