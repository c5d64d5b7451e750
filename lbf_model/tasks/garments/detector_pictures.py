"""Garment pictures, photographed and drawn, as a detector's training examples.

All parts of a drawn garment are known, and so are those of a photographed one whose parts people set by eye. In the other
photographs they are unknown, so no box within such a garment counts as background. Some photographs are dyed another colour:
photographs of orange things are rare. Some pictures show two garments side by side, and some show none.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, LENGTHS, NECKLINES, PARTS, PATTERNS, SLEEVES
from lbf_model.tasks.garments.augmentation import (
    FramedGarment,
    dye,
    frame_garment,
    ground_beside,
    light,
    paste_side_by_side,
)
from lbf_model.tasks.garments.catalogue.generate import load_catalogue
from lbf_model.tasks.garments.other_pictures import TAUGHT, draw_other
from lbf_model.tasks.garments.photographs import load_photographs
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.training.train_detector import Example
from lbf_model.vision.detectors.detector_config import IGNORED, DetectorConfig
from lbf_model.vision.pictures import PictureError, load_stored

GARMENT_ATTRIBUTES = {
    "pattern": PATTERNS,
    "color": COLORS,
    "kind": CATEGORIES + PARTS,
    "sleeve": SLEEVES,
    "length": LENGTHS,
    "neckline": NECKLINES,
}
GARMENT_DETECTOR = DetectorConfig(
    GARMENT_ATTRIBUTES,
    short_side=256,
    long_side=426,
    anchor_sizes=(28, 60, 120, 212),
    body="lite2",
    frozen_body="lite2",
    from_palette=("color",),
    from_cloth=("pattern",),
    from_frozen=("kind",),
    named=("pattern", "color", "kind"),
    wholes=CATEGORIES,
    foreground=True,
    min_score=0.4,
)
# Frames (width, height) a batch is shown in, and how often; the detector scales each to its own short side.
_FRAMES = ((256, 342), (276, 276), (384, 256))
_FRAME_WEIGHTS = (0.55, 0.2, 0.25)
_SHARE_GROUND = 0.3  # of the pictures without a garment, those that show the ground of a photograph


@dataclass(frozen=True)
class GarmentSource:
    """Records together with the folders that their pictures and masks are in.

    Attributes:
        records: whose pictures can be used.
        pictures: folder that their files are relative to.
        masks: folder that their masks are relative to.
        passed_over: "file: reason" of records that were left out.
    """

    records: list[GarmentPicture]
    pictures: Path
    masks: Path
    passed_over: tuple[str, ...] = ()

    def open(self, record: GarmentPicture) -> tuple[np.ndarray, np.ndarray]:
        """(H, W, 3) uint8 pixels and the (H, W) bool mask of a record; PictureError if one cannot be decoded."""
        pixels = np.asarray(load_stored(self.pictures / record.file))
        return pixels, np.asarray(load_stored(self.masks / record.mask, "L")) > 0

    def keep_decoded(self, together: int = 1) -> "GarmentSource":
        """The source without the records whose picture or mask is missing or cannot be decoded.

        All of them are opened, which takes a few milliseconds each.

        Args:
            together: this many records in a row belong together: if one is left out, so are the others.

        Raises:
            ValueError: none is left.
        """
        with ThreadPoolExecutor() as pool:
            problems = list(pool.map(self._problem, self.records))
        groups = range(0, len(self.records), together)
        kept = [
            place
            for first in groups
            if not any(problems[first : first + together])
            for place in range(first, min(first + together, len(problems)))
        ]
        found = [problem for problem in problems if problem]
        if not kept:
            raise ValueError(f"{self.pictures}: none of {len(problems)} pictures can be used, for example {found[0]}")
        return replace(self, records=[self.records[place] for place in kept], passed_over=(*self.passed_over, *found))

    def _problem(self, record: GarmentPicture) -> str:
        """Why a record cannot be used; "" if it can."""
        try:
            self.open(record)
        except PictureError as error:
            return str(error)
        return ""


def photographs_of(split: str, root: Path, prepared: Path) -> GarmentSource:
    """The photographs of a split: pictures below `root`, records and masks where `prepare-photographs` wrote them.

    What cannot be decoded is skipped; ValueError if nothing is left, or nothing was prepared.
    """
    return GarmentSource(load_photographs(prepared, split), root, prepared).keep_decoded()


def drawings_of(catalogue: Path) -> GarmentSource:
    """The garments of a drawn catalogue, as `photographs_of`; twins are skipped together."""
    return GarmentSource(load_catalogue(catalogue), catalogue, catalogue).keep_decoded(together=2)


@dataclass(frozen=True)
class GarmentPictures:
    """Examples of photographs and drawings.

    Attributes:
        photographs: of a train split.
        drawings: the catalogue.
        share_photographs: share of garments that are photographed.
        share_dyed: share of these whose colour is changed.
        share_pairs: share of pictures in a wide frame that show two garments.
        share_parted: share of photographs that are drawn from those whose parts are known, if there are any.
        share_empty: share of pictures without a garment.
    """

    photographs: GarmentSource
    drawings: GarmentSource
    share_photographs: float = 0.6
    share_dyed: float = 0.45
    share_pairs: float = 0.6
    share_parted: float = 0.35
    share_empty: float = 0.15

    @property
    def facts(self) -> dict:
        """What a checkpoint says about its data."""
        return {
            "data": f"{len(self.photographs.records)} photographs (train split), {len(self.drawings.records)} drawings",
            "share_photographs": self.share_photographs,
            "share_dyed": self.share_dyed,
            "share_pairs": self.share_pairs,
            "share_parted": self.share_parted,
            "share_empty": self.share_empty,
        }

    @cached_property
    def _parted(self) -> list[GarmentPicture]:
        return [record for record in self.photographs.records if record.parts is not None]

    def batch(self, rng: np.random.Generator, count: int) -> list[Example]:
        """Draw `count` pictures and their targets, all in one frame."""
        width, height = _FRAMES[rng.choice(len(_FRAMES), p=_FRAME_WEIGHTS)]
        return [self._draw(rng, width, height) for _ in range(count)]

    def _draw(self, rng, width: int, height: int) -> Example:
        if rng.random() < self.share_empty:
            return self._empty(rng, width, height)
        if width > height and rng.random() < self.share_pairs:
            return self._pair(rng, width, height)
        return self._one(rng, width, height)

    def _empty(self, rng, width: int, height: int) -> Example:
        """A picture without a garment: drawn, or the ground beside a photographed garment."""
        pixels = None
        if rng.random() < _SHARE_GROUND:
            source = self.photographs
            record = source.records[rng.integers(len(source.records))]
            pixels = ground_beside(*source.open(record), (width, height))
        if pixels is None:
            pixels = np.asarray(draw_other(rng, TAUGHT[rng.integers(len(TAUGHT))], (width, height)))
        nothing = np.zeros((0, len(GARMENT_ATTRIBUTES)), np.int64)
        return _example(
            light(pixels, rng), np.zeros((height, width), bool), np.zeros((0, 4), np.float32), np.zeros(0, bool), nothing, False
        )

    def _one(self, rng, width: int, height: int) -> Example:
        garment, labels, partial = self._garment(rng, (width, height))
        return _example(garment.pixels, garment.mask, garment.boxes, garment.visible, labels, partial)

    def _pair(self, rng, width: int, height: int) -> Example:
        (left, labels, partial), (right, more_labels, also) = (self._garment(rng, (width // 2, height)) for _ in range(2))
        return _example(*paste_side_by_side(left, right), np.concatenate([labels, more_labels]), partial or also)

    def _garment(self, rng, frame: tuple[int, int]) -> tuple[FramedGarment, np.ndarray, bool]:
        """A garment in its frame, its labels, and whether it may have parts that are not labelled."""
        photographed = rng.random() < self.share_photographs
        source = self.photographs if photographed else self.drawings
        records = self._parted if photographed and self._parted and rng.random() < self.share_parted else source.records
        record = records[rng.integers(len(records))]
        pixels, mask = source.open(record)
        color = record.color
        if photographed and color != "multicolor" and record.pattern == "solid" and rng.random() < self.share_dyed:
            pixels, color = dye(pixels, mask, rng)
        boxes = np.array([record.box, *(box for _, box in record.parts or ())], np.float32)
        framed = frame_garment(pixels, mask, boxes, color, frame, rng)
        return framed, attribute_labels(record, framed.color), record.parts is None


def attribute_labels(record: GarmentPicture, color: str) -> np.ndarray:
    """(1 + parts, 6) int64 in the order of GARMENT_ATTRIBUTES: the garment, then its parts.

    A part has the garment's pattern and colour, but a print has its own; cut is given only for the whole garment.
    """
    own = [
        _index(PATTERNS, record.pattern),
        COLORS.index(color),
        CATEGORIES.index(record.category),
        _index(SLEEVES, record.sleeve),
        _index(LENGTHS, record.length),
        _index(NECKLINES, record.neckline),
    ]
    rows = [own]
    for name, _ in record.parts or ():
        kind = len(CATEGORIES) + PARTS.index(name)
        look = [IGNORED, IGNORED] if name == "print" else own[:2]
        rows.append([*look, kind, IGNORED, IGNORED, IGNORED])
    return np.array(rows, np.int64)


def _index(values: tuple[str, ...], value: str | None) -> int:
    return IGNORED if value is None else values.index(value)


def _example(pixels, mask, boxes, visible, labels, partial: bool) -> Example:
    target = {
        "boxes": torch.from_numpy(boxes[visible]),
        "labels": torch.ones(int(visible.sum()), dtype=torch.int64),
        "attributes": torch.from_numpy(labels[visible]),
        "masks": torch.from_numpy(mask[None].astype(np.uint8)),
        "partial": torch.tensor(partial),
    }
    return torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255), target
