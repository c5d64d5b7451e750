"""Garment pictures, photographed and drawn, as a detector's training examples.

A drawn garment knows its parts; a photographed one knows itself only, so no box within it counts as background there. Part of
the photographs are dyed anew: photographs of orange things are rare. Some pictures show two garments side by side.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, LENGTHS, NECKLINES, PARTS, PATTERNS, SLEEVES
from lbf_model.tasks.garments.augmentation import FramedGarment, dye, frame_garment, paste_side_by_side
from lbf_model.tasks.garments.catalogue.generate import load_catalogue
from lbf_model.tasks.garments.photographs import load_photographs
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.training.train_detector import Example
from lbf_model.vision.detectors.attribute_rcnn_network import IGNORED, DetectorConfig

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
    short_side=192,
    long_side=320,
    anchor_sizes=(20, 44, 88, 160),
    from_pixels=("color",),
    from_cloth=("pattern",),
    named=("pattern", "color", "kind"),
    wholes=CATEGORIES,
    foreground=True,
    min_score=0.4,
)
# Frames (width, height) a batch is shown in, and how often; the detector scales each to its own short side.
_FRAMES = ((192, 256), (208, 208), (288, 192))
_FRAME_WEIGHTS = (0.55, 0.2, 0.25)


@dataclass(frozen=True)
class GarmentSource:
    """Records together with the folders their pictures and masks lie in."""

    records: list[GarmentPicture]
    pictures: Path
    masks: Path

    def open(self, record: GarmentPicture) -> tuple[np.ndarray, np.ndarray]:
        """(H, W, 3) uint8 pixels and the (H, W) bool mask of a record."""
        with Image.open(self.pictures / record.file) as file:
            pixels = np.asarray(file.convert("RGB"))
        with Image.open(self.masks / record.mask) as file:
            return pixels, np.asarray(file) > 0


def photographs_of(split: str, root: Path, prepared: Path) -> GarmentSource:
    """The photographs of a split: pictures below `root`, records and masks where `prepare-photographs` wrote them."""
    return GarmentSource(load_photographs(prepared, split), root, prepared)


def drawings_of(catalogue: Path) -> GarmentSource:
    """The garments of a drawn catalogue."""
    return GarmentSource(load_catalogue(catalogue), catalogue, catalogue)


@dataclass(frozen=True)
class GarmentPictures:
    """Examples of photographs and drawings.

    Attributes:
        photographs: of a train split.
        drawings: the catalogue.
        share_photographs: share of garments that are photographed.
        share_dyed: share of these whose colour is changed.
        share_pairs: share of pictures in a wide frame that show two garments.
    """

    photographs: GarmentSource
    drawings: GarmentSource
    share_photographs: float = 0.6
    share_dyed: float = 0.45
    share_pairs: float = 0.6

    @property
    def facts(self) -> dict:
        """What a checkpoint says of its data."""
        return {
            "data": f"{len(self.photographs.records)} photographs (train split), {len(self.drawings.records)} drawings",
            "share_photographs": self.share_photographs,
            "share_dyed": self.share_dyed,
            "share_pairs": self.share_pairs,
        }

    def batch(self, rng: np.random.Generator, count: int) -> list[Example]:
        """Draw `count` pictures and their targets, all in one frame."""
        width, height = _FRAMES[rng.choice(len(_FRAMES), p=_FRAME_WEIGHTS)]
        return [
            self._pair(rng, width, height)
            if width > height and rng.random() < self.share_pairs
            else self._one(rng, width, height)
            for _ in range(count)
        ]

    def _one(self, rng, width: int, height: int) -> Example:
        record, framed = self._garment(rng, (width, height))
        return _example(
            framed.pixels,
            framed.mask,
            framed.boxes,
            framed.visible,
            attribute_labels(record, framed.color),
            record.parts is None,
        )

    def _pair(self, rng, width: int, height: int) -> Example:
        (one, left), (other, right) = (self._garment(rng, (width // 2, height)) for _ in range(2))
        labels = np.concatenate([attribute_labels(one, left.color), attribute_labels(other, right.color)])
        return _example(*paste_side_by_side(left, right), labels, one.parts is None or other.parts is None)

    def _garment(self, rng, frame: tuple[int, int]) -> tuple[GarmentPicture, FramedGarment]:
        photographed = rng.random() < self.share_photographs
        source = self.photographs if photographed else self.drawings
        record = source.records[rng.integers(len(source.records))]
        pixels, mask = source.open(record)
        color = record.color
        if photographed and color != "multicolor" and record.pattern == "solid" and rng.random() < self.share_dyed:
            pixels, color = dye(pixels, mask, rng)
        boxes = np.array([record.box, *(box for _, box in record.parts or ())], np.float32)
        return record, frame_garment(pixels, mask, boxes, color, frame, rng)


def attribute_labels(record: GarmentPicture, color: str) -> np.ndarray:
    """(1 + parts, 6) int64 in the order of GARMENT_ATTRIBUTES: the garment, then its parts.

    A part has the garment's pattern and colour, but a print has its own; cut is told of the whole garment only.
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
