"""Regions of CSS are kept as the detector told them, and found by picture and by object."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.tasks.css.regions import EMPTY, CssRegionTable, ShownScene, css_store, object_key, pictured
from lbf_model.tasks.css.scenes import Scene
from lbf_model.training.region_store import RegionStore


def test_a_store_keeps_what_the_detector_said(tiny_split, stores, detector):
    from lbf_model.training.region_store import open_pictures

    picture = open_pictures([tiny_split.picture(7, "3d")])[0]
    wanted = detector.describe_boxes(picture, tiny_split.images[7].boxes["3d"])
    table = CssRegionTable(tiny_split, stores, 36)
    rows = table.shown("3d", 7).rows
    assert table.table.features[rows] == pytest.approx(wanted.features, rel=1e-2, abs=1e-3)
    assert table.table.boxes_unit[rows] == pytest.approx(wanted.boxes_unit, abs=1e-4)
    assert len(stores["2d"]) == len(pictured(tiny_split, "2d")) < len(stores["3d"])


def test_extraction_resumes(tiny_split, stores, detector, regions):
    (folder,) = regions.glob("train-3d-true-*")
    counts = np.load(folder / "counts.npy")
    holes = counts.copy()
    holes[10:20] = 0
    np.save(folder / "counts.npy", holes)
    with pytest.raises(ValueError, match="not extracted yet"):
        RegionStore(folder)
    css_store(tiny_split, "3d", detector, regions, true_boxes=True)
    assert np.array_equal(np.load(folder / "counts.npy"), counts)


def test_regions_are_known_by_object_and_validation_is_left_out(tiny_split, stores):
    everything = CssRegionTable(tiny_split, stores, 36)
    left_out = frozenset(range(0, len(tiny_split.images), 2))
    rest = CssRegionTable(tiny_split, stores, 36, left_out)
    item = tiny_split.images[1].scene.objects[0]
    rows = set(everything.of_object("3d", object_key(item)).tolist())
    kept = set(rest.of_object("3d", object_key(item)).tolist())
    hidden = {row for i in left_out for row in everything.shown("3d", i).rows.tolist()}
    assert kept and kept == rows - hidden


def test_objects_that_no_picture_shows_have_no_rows(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36, frozenset(range(len(tiny_split.images))))
    assert len(table.of_object("2d", 310)) == 0 == len(table.of_object("3d", EMPTY))


def test_an_empty_scene_has_its_own_rows(tiny_split, stores):
    images = list(tiny_split.images)
    images[5] = replace(images[5], scene=Scene(()))
    table = CssRegionTable(replace(tiny_split, images=tuple(images)), stores, 36)
    assert table.of_object("3d", EMPTY).tolist() == [table.shown("3d", 5).rows[0]]


def test_each_picture_of_a_batch_has_its_own_feature_map(tiny_split, stores):
    table = CssRegionTable(tiny_split, stores, 36)
    scenes = [("3d", 5), ("2d", tiny_split.queries[0].source), ("3d", 7)]
    batch = table.gather([table.shown(*scene) for scene in scenes], "feature_map")
    rows = [5, pictured(tiny_split, "2d").index(scenes[1][1]), 7]
    wanted = [stores[rendering].feature_maps[row] for (rendering, _), row in zip(scenes, rows, strict=True)]
    np.testing.assert_array_equal(batch.feature_map.numpy(), np.stack(wanted).astype(np.float32))
    with pytest.raises(ValueError, match="no feature map"):
        table.gather([ShownScene(np.array([0, 1]))], "feature_map")
