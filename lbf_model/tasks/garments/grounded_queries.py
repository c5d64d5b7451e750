"""Queries about garments for which it is known where the words should look, to measure attention.

On photographs, words that name a part ("sleeves") should look at the boxes that people set by eye. On drawn garments side by
side, words should look at the garment that they describe, and the sentence is about the side that it names.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torchvision.ops import box_iou

from lbf_model.tasks.garments.attributes import COLORS, PARTS
from lbf_model.tasks.garments.detector_pictures import drawings_of
from lbf_model.tasks.garments.grounding import Meaning, word_meanings
from lbf_model.tasks.garments.pasting import paste_in_a_row, scale_to_height
from lbf_model.tasks.garments.photographs import judged_parts
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.training.evaluate_grounding import Ground, GroundedQuery
from lbf_model.types import Regions
from lbf_model.vision.pictures import PictureError, load_stored

_MET = 0.4  # IoU from which a region shows a part whose box was set by eye; thin bands such as hems are hard to hit
_SAID = {"sleeve": "make the sleeves longer", "collar": "change the collar", "hem": "change the hem"}


def garment_grounded_queries(photographs: Path, catalogue: Path, count: int, seed: int) -> tuple[list[GroundedQuery], dict]:
    """Part words on photographs, and one of two drawn garments.

    Args:
        photographs: folder of the photographs; those of the validation part whose parts were set by eye are used.
        catalogue: a folder that `make-catalogue` wrote, with a seed other than training's.
        count: how many pairs of drawings.
        seed: draws them.

    Returns:
        The queries, and what the figures say about them.
    """
    parts, passed_over = {}, []
    for file, boxes in sorted(judged_parts().items()):
        try:
            load_stored(photographs / file)
            parts[file] = boxes
        except PictureError as error:
            passed_over.append(str(error))
    queries = [
        GroundedQuery(photographs / file, _SAID[part], "photograph", partial(_ground_part, part, boxes[part]))
        for file, boxes in parts.items()
        for part in _SAID
        if part in boxes
    ]
    drawings, rng = drawings_of(catalogue), np.random.default_rng(seed)
    queries += [_pair_query(catalogue, drawings.records, rng) for _ in range(count)]
    about = {"photographs": len(parts), "pairs": count, "queries drawn with seed": seed}
    about |= passed_over_figures([*passed_over, *drawings.passed_over])
    return queries, {"name": "validation photographs with parts set by eye, and drawn garments side by side", **about}


def _ground_part(part: str, boxes: np.ndarray, regions: Regions, words: Sequence[str]) -> Ground:
    """A word that names the part fits the regions that overlap one of its boxes; nothing else is known."""
    overlap = box_iou(torch.from_numpy(regions.boxes_unit), torch.from_numpy(boxes)).numpy().max(1)
    named = [meaning == Meaning("part", PARTS.index(part)) for meaning in word_meanings(words)]
    fits = np.array(named)[:, None] & (overlap >= _MET)
    return Ground([f"{part}, photographs" if is_named else "" for is_named in named], fits, np.zeros(len(regions), bool))


def _pair_query(catalogue: Path, records: Sequence[GarmentPicture], rng: np.random.Generator) -> GroundedQuery:
    """ "Make the left gray dress red" on two drawings of different colours and categories, of one height."""
    while True:
        left, right = (records[int(i)] for i in rng.integers(len(records), size=2))
        if left.color != right.color and left.category != right.category:
            break
    side = int(rng.integers(2))
    meant = (left, right)[side]
    new = str(rng.choice([color for color in COLORS if color not in (left.color, right.color)]))
    pictures = [load_stored(catalogue / record.file) for record in (left, right)]
    scaled = scale_to_height(pictures, min(picture.height for picture in pictures))
    together = paste_in_a_row(scaled)
    text = f"make the {SIDES[side]} {meant.color} one {new}"
    share = scaled[0].width / together.width
    return GroundedQuery(together, text, "one of two", partial(_ground_pair, (left, right), share, side))


def _ground_pair(
    records: tuple[GarmentPicture, GarmentPicture], share: float, side: int, regions: Regions, words: Sequence[str]
) -> Ground:
    """Sides and the colours that the garments have fit the regions on their side; the sentence is about one side."""
    on_right = regions.boxes_unit[:, ::2].mean(1) > share
    kinds, fits = [], []
    for meaning in word_meanings(words):
        if meaning is not None and meaning.of == "side":
            kinds.append("left or right")
            fits.append(on_right == bool(meaning.index))
        elif meaning is not None and meaning.of == "color" and COLORS[meaning.index] in (r.color for r in records):
            kinds.append("color, one of two")
            fits.append(on_right == (COLORS[meaning.index] == records[1].color))
        else:
            kinds.append("")
            fits.append(np.zeros(len(regions), bool))
    return Ground(kinds, np.stack(fits), on_right == bool(side))
