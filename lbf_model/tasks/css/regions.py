"""Regions of CSS for training and evaluation: extraction, and the table that shows new scenes with seen regions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torchvision.ops import box_iou

from lbf_model.network.batching import RegionBatch
from lbf_model.tasks.css import drawing_2d, rendering_3d
from lbf_model.tasks.css.scenes import COLORS, POSITIONS, SHAPES, SIZES, SPLITS, SceneObject
from lbf_model.tasks.css.storage import RENDERINGS, CssImage, CssQuery, CssSplit
from lbf_model.training.region_store import RegionStore, RegionTable, content_digest, extract_regions, open_decodable
from lbf_model.vision.detectors.base import BoxDescriber, RegionDetector


def css_store(
    split: CssSplit, rendering: str, detector: RegionDetector, root: Path, true_boxes: bool = False, workers: int = 0
) -> RegionStore:
    """The extracted regions of one rendering of a split; extracted first if missing or incomplete.

    Of the 2D drawings only reference images of queries are used, since galleries are 3D; a store's rows follow
    `pictured(split, rendering)`. The row of a picture that cannot be decoded stays empty (see `RegionStore.decoded`).

    Args:
        split: a loaded CSS split.
        rendering: "3d" or "2d".
        detector: whose features to extract.
        root: folder of stores; each has a sub-folder.
        true_boxes: describe the true boxes instead of detected ones, to measure what detection costs.
        workers: processes that open pictures ahead.

    Raises:
        ValueError: true boxes are requested, but the detector cannot describe given boxes.
    """
    if true_boxes and not isinstance(detector, BoxDescriber):
        raise ValueError(
            f"{type(detector).__name__} cannot describe given boxes; leave --true-regions out, or use a detector that can"
        )
    indices = pictured(split, rendering)
    files = [split.picture(i, rendering) for i in indices]

    def draw(rows):
        return open_decodable([files[r] for r in rows])

    def describe(rows, pictures):
        boxes = [split.images[indices[r]].true_boxes(rendering) for r in rows]
        return [detector.describe_boxes(picture, known) for picture, known in zip(pictures, boxes, strict=True)]

    name = f"{split.split}-{rendering}" + ("-true" if true_boxes else "")
    boxes = [split.images[i].true_boxes(rendering).tolist() for i in indices] if true_boxes else None
    content = content_digest(files, boxes)
    return extract_regions(root, name, content, detector, len(indices), draw, describe if true_boxes else None, workers)


def css_stores(
    split: CssSplit, detector: RegionDetector, root: Path, true_boxes: bool = False, workers: int = 0
) -> dict[str, RegionStore]:
    """`css_store` of both renderings, by name."""
    return {rendering: css_store(split, rendering, detector, root, true_boxes, workers) for rendering in RENDERINGS}


def pictured(split: CssSplit, rendering: str) -> list[int]:
    """Image indices whose regions are extracted: all in 3D, those that serve as a reference image in 2D; ascending."""
    return list(range(len(split.images))) if rendering == "3d" else sorted({q.source for q in split.queries})


def object_key(item: SceneObject) -> int:
    """A number for each of the 432 possible objects."""
    color, size = COLORS.index(item.color), SIZES.index(item.size)
    return ((POSITIONS.index(item.position) * len(SHAPES) + SHAPES.index(item.shape)) * len(COLORS) + color) * len(SIZES) + size


class CssRegionTable:
    """All extracted regions of a split; rows are found by picture and, if they match one, by object.

    Attributes:
        table: the rows.
        gallery: (G,) int64, image indices of the 3D pictures that could be decoded, ascending.
        broken: (rendering, image index) of each picture that could not.
    """

    def __init__(
        self, split: CssSplit, stores: dict[str, RegionStore], max_regions: int, left_out: frozenset[int] = frozenset()
    ):
        """Index the stores.

        Args:
            split: the data set split the stores were extracted from.
            stores: rendering -> its store, from `css_store`.
            max_regions: K.
            left_out: image indices whose regions `of_object` must not offer (the validation part).
        """
        self.table = RegionTable(list(stores.values()), max_regions)
        pictures = [(rendering, index) for rendering in stores for index in pictured(split, rendering)]
        self._renderings = tuple(stores)
        self._places = {key: place for place, key in enumerate(pictures) if len(self.table.rows(place))}
        self.broken = [key for key in pictures if key not in self._places]
        self.gallery = np.array([index for rendering, index in self._places if rendering == "3d"], np.int64)
        self._objects: list[SceneObject | None] = [None] * len(self.table.boxes_unit)
        self._of_object = self._match(split, left_out)

    def shown(self, rendering: str, index: int) -> "ShownScene":
        """One picture as detected."""
        place = self._places[rendering, index]
        return ShownScene(self.table.rows(place), place)

    def answerable(self, queries: Iterable[CssQuery]) -> tuple[CssQuery, ...]:
        """The queries whose pictures could all be decoded: every rendering of the reference, and the 3D one of the target.

        Raises:
            ValueError: there is none.
        """
        broken = set(self.broken)
        found = tuple(q for q in queries if not broken & {*((r, q.source) for r in self._renderings), ("3d", q.target)})
        if not found:
            raise ValueError(f"no query is left: {len(broken)} pictures of this data set cannot be decoded; make it again")
        return found

    def of_object(self, rendering: str, key: int) -> np.ndarray:
        """Rows whose box overlaps a true box of such an object with IoU >= 0.5; key EMPTY: pictures without objects.

        There are none if the detector found no such object in any picture.
        """
        return self._of_object.get((rendering, key), _NO_ROWS)

    def objects(self, scene: "ShownScene") -> list[SceneObject | None]:
        """What each region of a scene shows: the object whose true box it overlaps best, None below an IoU of 0.5."""
        return [self._objects[row] for row in scene.rows]

    def cross_colors(self, color: slice, seed: int, each: int = 12) -> None:
        """Combine regions into shape-colour pairs that the train split does not show, for `of_object` to offer.

        Each has the box and features of a region of that shape, size and place, and the colour features of a region of that
        colour, size and place, both from pictures that are not left out. They become further rows of the table that belong to
        no picture; an object for which either is missing gets none. Call it once.

        Args:
            color: the part of a region's feature that tells its colour.
            seed: draws the regions.
            each: how many regions to make of each object.
        """
        rng = np.random.default_rng([seed, 83])
        features, boxes = [self.table.features], [self.table.boxes_unit]
        for rendering, shape, new, position, size in product(self._renderings, SHAPES, COLORS, POSITIONS, SIZES):
            if new in SPLITS["train"][shape]:
                continue
            crossed = SceneObject(position, shape, new, size)
            forms = self._like(rendering, [replace(crossed, color=c) for c in COLORS if c in SPLITS["train"][shape]])
            colors = self._like(rendering, [replace(crossed, shape=s) for s in SHAPES if new in SPLITS["train"][s]])
            if not len(forms) or not len(colors):
                continue
            form, painted = rng.choice(forms, each), rng.choice(colors, each)
            features.append(self.table.features[form])
            features[-1][:, color] = self.table.features[painted][:, color]
            boxes.append(self.table.boxes_unit[form])
            self._of_object[rendering, object_key(crossed)] = np.arange(len(self._objects), len(self._objects) + each)
            self._objects += [crossed] * each
        self.table.features, self.table.boxes_unit = np.concatenate(features), np.concatenate(boxes)

    def _like(self, rendering: str, items: Sequence[SceneObject]) -> np.ndarray:
        """Rows that show one of some objects."""
        return np.concatenate([self.of_object(rendering, object_key(item)) for item in items])

    def gather(self, scenes: Sequence["ShownScene"], reads: str = "regions") -> RegionBatch:
        """Pad scenes to one batch, with what a compositor reads (see `CompositorConfig.reads`).

        Raises:
            ValueError: feature maps are requested for a scene that is not a picture.
        """
        if reads == "regions":
            return self.table.gather([s.rows for s in scenes])
        if any(s.picture is None for s in scenes):
            raise ValueError("a scene put together from regions of several pictures has no feature map")
        return self.table.gather([s.rows for s in scenes], [s.picture for s in scenes])

    def _match(self, split: CssSplit, left_out: frozenset[int]) -> dict[tuple[str, int], np.ndarray]:
        found: dict[tuple[str, int], list[int]] = {}
        for (rendering, index), place in self._places.items():
            image, rows = split.images[index], self.table.rows(place)
            if not image.scene.objects:
                if index not in left_out:
                    found.setdefault((rendering, EMPTY), []).append(rows[0])
                continue
            overlap = _overlap(image, rendering, self.table.boxes_unit[rows])
            for row, item in zip(rows, _best_object(image, overlap), strict=True):
                self._objects[row] = item
            if index in left_out:
                continue
            for item, row in zip(image.scene.objects, overlap, strict=True):
                if row.max() >= 0.5:
                    found.setdefault((rendering, object_key(item)), []).append(rows[row.argmax()])
        return {key: np.array(rows) for key, rows in found.items()}


def objects_shown(image: CssImage, rendering: str, boxes_unit: np.ndarray) -> list[SceneObject | None]:
    """What boxes (R, 4) of one picture show: the object whose true box each overlaps best, None below an IoU of 0.5."""
    return _best_object(image, _overlap(image, rendering, boxes_unit)) if image.scene.objects else [None] * len(boxes_unit)


def _overlap(image: CssImage, rendering: str, boxes_unit: np.ndarray) -> np.ndarray:
    """(objects, R) IoU."""
    truth = torch.from_numpy(image.true_boxes(rendering) / _EXTENT[rendering])
    return box_iou(truth, torch.from_numpy(boxes_unit)).numpy()


def _best_object(image: CssImage, overlap: np.ndarray) -> list[SceneObject | None]:
    best = zip(overlap.argmax(0), overlap.max(0), strict=True)
    return [image.scene.objects[item] if iou >= 0.5 else None for item, iou in best]


class ShownScene(NamedTuple):
    """A scene as it is shown to a compositor.

    Attributes:
        rows: of its regions in the table.
        picture: its index among the table's pictures; None if the regions come from several pictures.
    """

    rows: np.ndarray
    picture: int | None = None


EMPTY = -1
_NO_ROWS = np.empty(0, np.int64)
# What boxes in pixels are divided by.
_EXTENT = {
    "3d": np.array([rendering_3d.WIDTH, rendering_3d.HEIGHT] * 2, np.float32),
    "2d": np.array([drawing_2d.SIZE] * 4, np.float32),
}
