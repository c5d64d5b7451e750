"""Regions of garment pictures for training and evaluation: photographs, dyed photographs, drawings, pairs side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lbf_model.network.batching import RegionBatch
from lbf_model.tasks.garments.attributes import COLORS, VALUES
from lbf_model.tasks.garments.augmentation import dye
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.training.region_store import RegionStore, RegionTable, content_digest, extract_regions
from lbf_model.vision.detectors.base import RegionDetector

# What a garment is, as six numbers in the order of VALUES; UNKNOWN if it is not known.
UNKNOWN = -1


@dataclass(frozen=True)
class ShownGarment:
    """One garment somewhere in a picture.

    Attributes:
        facts: (6,) int64, indices into the values of VALUES.
        rows: of its regions in a RegionTable.
        left: where its part of the picture begins, in [0, 1].
        right: where it ends.
        picture: its index among the table's pictures; None if it shares a picture with another garment, so that no feature map
            shows it as it is.
    """

    facts: np.ndarray
    rows: np.ndarray
    left: float = 0.0
    right: float = 1.0
    picture: int | None = None


Picture = tuple[ShownGarment, ...]  # the garments that it shows, from left to right


def side_by_side(one: ShownGarment, other: ShownGarment, share: float = 0.5) -> tuple[ShownGarment, ShownGarment]:
    """Two pictures pasted next to each other; the left one takes `share` of the width."""
    return ShownGarment(one.facts, one.rows, 0.0, share), ShownGarment(other.facts, other.rows, share, 1.0)


def compatible(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(...,) bool of (..., 6) facts: whether no fact that is known for both differs."""
    return ((one == other) | (one == UNKNOWN) | (other == UNKNOWN)).all(-1)


def facts_of(record: GarmentPicture, color: str | None = None) -> np.ndarray:
    """(6,) int64 of a record, with another colour if it was dyed."""
    said = {name: getattr(record, name) for name in VALUES} | ({"color": color} if color else {})
    return np.array([UNKNOWN if said[n] is None else values.index(said[n]) for n, values in VALUES.items()])


def gather(table: RegionTable, pictures: Sequence[Sequence[ShownGarment]], with_map: bool = False) -> RegionBatch:
    """Pad the regions of pictures that show one garment or several to one batch; only single garments have feature maps."""
    rows = [np.concatenate([g.rows for g in picture]) for picture in pictures]
    batch = table.gather(rows, [garment.picture for (garment,) in pictures] if with_map else None)
    boxes = batch.boxes_unit.numpy()
    for row, picture in enumerate(pictures):
        first = 0
        for garment in picture:
            place = slice(first, first + len(garment.rows))
            boxes[row, place, ::2] = garment.left + boxes[row, place, ::2] * (garment.right - garment.left)
            first += len(garment.rows)
    return batch._replace(boxes_unit=torch.from_numpy(boxes))


def source_store(source: GarmentSource, title: str, detector: RegionDetector, root: Path, workers: int = 0) -> RegionStore:
    """The extracted regions of a source's pictures, in the order of its records; extracted first if missing or incomplete.

    `workers` is how many processes open pictures ahead.
    """

    def draw(rows):
        return [Image.fromarray(source.open(source.records[r])[0]) for r in rows]

    content = content_digest(picture_files(source))
    return extract_regions(root, title, content, detector, len(source.records), draw, workers=workers)


def dyed_colors(records: Sequence[GarmentPicture], each: int, seed: int) -> list[tuple[int, int, str]]:
    """Which photographs are dyed: (index among the records, draw, resulting colour), with `each` draws per plain garment."""
    found = []
    for place, record in enumerate(records):
        if record.pattern == "solid" and record.color != "multicolor":
            for draw in range(each):
                found.append((place, draw, _dye_color(place, draw, seed)))
    return found


def dyed_store(
    source: GarmentSource,
    dyes: Sequence[tuple[int, int, str]],
    seed: int,
    title: str,
    detector: RegionDetector,
    root: Path,
    workers: int = 0,
) -> RegionStore:
    """The extracted regions of dyed photographs, in the order of `dyes` (from `dyed_colors` with the same seed).

    `workers` is how many processes dye ahead, which takes several times longer than detection on a GPU.
    """

    def draw(rows):
        pictures = []
        for place, draw, _ in (dyes[r] for r in rows):
            pixels, mask = source.open(source.records[place])
            pictures.append(Image.fromarray(dye(pixels, mask, np.random.default_rng([seed, place, draw]))[0]))
        return pictures

    files = [*picture_files(source), *(source.masks / record.mask for record in source.records)]
    content = content_digest(files, list(dyes), seed)
    return extract_regions(root, title, content, detector, len(dyes), draw, workers=workers)


def picture_files(source: GarmentSource) -> list[Path]:
    """The file of each record's picture."""
    return [source.pictures / record.file for record in source.records]


def _dye_color(place: int, draw: int, seed: int) -> str:
    return COLORS[np.random.default_rng([seed, place, draw]).integers(len(COLORS) - 1)]  # as `dye` draws it
