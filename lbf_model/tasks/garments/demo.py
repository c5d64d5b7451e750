"""The demo's garments: a drawn gallery, since the photographs may not be shipped, and examples from other drawings."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from lbf_model.gallery.items import GalleryItem
from lbf_model.indexing.build import build_gallery
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever
from lbf_model.tasks.examples import replace_examples
from lbf_model.tasks.garments.attributes import COLORS, LENGTHS
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import Garment, change
from lbf_model.tasks.garments.catalogue.generate import catalogue_garment
from lbf_model.tasks.garments.pasting import paste_in_a_row, scale_to_height
from lbf_model.vision.pictures import load_picture

GALLERY, TITLE = "fashion", "Garments (drawn)"
_SINGLES, _PAIRS = 1380, 40  # a pair gives three pictures
_TRIED = 60  # references that are tried for an example
_QUALITY = 80


@dataclass(frozen=True)
class _Example:
    """An example: which reference, what to ask, what the first result must be."""

    text: str
    fits: Callable[[Garment], bool]
    right: Callable[[Garment, Garment], bool]


def _like(one: Garment, other: Garment, *names: str) -> bool:
    return all(getattr(one, n) == getattr(other, n) for n in names)


_EXAMPLES = (
    _Example(
        "replace grey color to pink",
        lambda g: g.color == "gray" and g.category in ("longsleeve", "shirt", "t-shirt"),
        lambda g, r: r.color == "pink" and _like(g, r, "category", "pattern"),
    ),
    _Example(
        "same but in navy",
        lambda g: g.color == "orange" and g.pattern == "solid" and g.category == "dress",
        lambda g, r: r.color == "blue" and _like(g, r, "category", "pattern"),
    ),
    _Example(
        "stripes instead of dots",
        lambda g: g.pattern == "dotted" and g.category in ("shirt", "skirt", "dress"),
        lambda g, r: r.pattern == "striped" and _like(g, r, "category", "color"),
    ),
    _Example(
        "make it longer",
        lambda g: g.category in ("dress", "skirt") and g.length == "short",
        lambda g, r: _like(g, r, "category", "color") and LENGTHS.index(r.length) > LENGTHS.index(g.length),
    ),
    _Example(
        "I'd like these in crimson please",
        lambda g: g.category == "shoes" and g.color == "black",
        lambda g, r: r.color == "red" and _like(g, r, "category"),
    ),
)


def make_garment_demo(retriever: Retriever, assets: Path, seed: int, compared: Sequence[QueryEncoder] = ()) -> dict:
    """Write assets/galleries/fashion, and its examples into assets/examples.

    References of examples are drawn from another seed than the gallery. An example is the first reference, in the order of its
    seed, whose first result is right.

    Args:
        retriever: of the shipped checkpoint.
        assets: the project's assets folder.
        seed: of the gallery; training and measuring use others.
        compared: compositors to compare with.

    Returns:
        {"pictures", "examples", "tried"}.

    Raises:
        ValueError: the checkpoint does not read free text.
    """
    if retriever.encoder.config.words != "minilm":
        raise ValueError("the garments' examples are free text; give a checkpoint that reads it, such as checkpoints/fashion")
    folder, shown = assets / "galleries" / GALLERY, assets / "examples"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    shown.mkdir(exist_ok=True)
    garments: dict[str, tuple[Garment, ...]] = {}
    for number in range(_SINGLES):
        garments[f"garment_{number:04d}"] = (catalogue_garment(seed, number),)
    for number in range(_PAIRS):
        for version, pair in enumerate(_pair(seed, number)[1:]):
            garments[f"pair_{number:02d}_{version}"] = pair
    entries = []
    for name, pictured in tqdm(garments.items(), desc="draw", unit="picture"):
        _drawn(pictured).save(folder / "pictures" / f"{name}.webp", quality=_QUALITY, method=6)
        entries.append(GalleryItem(name, f"{name}.webp", " and ".join(_caption(g) for g in pictured)))
    facts = {"root_name": "pictures", "title": TITLE}
    gallery, _ = build_gallery(retriever, folder / "pictures", entries, folder, **facts, compared=compared)

    examples, tried = [], 0
    for number, example in enumerate(_EXAMPLES, start=1):
        fitting = (g for i in range(0, 200_000, 2) if example.fits(g := catalogue_garment(seed + 1, i)))
        for garment in islice(fitting, _TRIED):
            tried += 1
            name = f"garments_{number}.webp"
            _drawn((garment,)).save(shown / name, quality=90)
            best = retriever.search(load_picture(shown / name), example.text, gallery, 1).matches[0]
            if len(garments[best.id]) == 1 and example.right(garment, garments[best.id][0]):
                examples.append({"picture": name, "text": example.text, "answer": best.id})
                break
    for number in range(_PAIRS):
        (left, right), (redder, _), *_ = _pair(seed, number)
        tried += 1
        name = f"garments_{len(_EXAMPLES) + 1}.webp"
        _drawn((left, right)).save(shown / name, quality=90)
        text = f"make the left one {redder.color}"
        best = retriever.search(load_picture(shown / name), text, gallery, 1).matches[0]
        if best.id == f"pair_{number:02d}_0":
            examples.append({"picture": name, "text": text, "answer": best.id})
            break
    replace_examples(shown, GALLERY, examples)
    return {"pictures": len(gallery), "examples": len(examples), "tried": tried}


def _pair(seed: int, number: int) -> list[tuple[Garment, Garment]]:
    """Two garments side by side: the reference, then three gallery pictures of the same garments.

    In these the left one, the right one or neither is recoloured.
    """
    rng = np.random.default_rng([seed, number, 2])
    left, right = (catalogue_garment(seed + 2, int(i)) for i in 2 * rng.choice(1000, 2, replace=False))
    poses = rng.integers(2**31, size=6).tolist()
    color = next(c for c in rng.permutation(COLORS[:-1]).tolist() if c not in (left.color, right.color))

    def again(garment: Garment, pose: int, **changes: str) -> Garment:
        return change(Garment(**{**vars(garment), "pose": pose}), **changes)

    return [
        (left, right),
        (again(left, poses[0], color=color), again(right, poses[1])),
        (again(left, poses[2]), again(right, poses[3], color=color)),
        (again(left, poses[4]), again(right, poses[5])),
    ]


def _drawn(garments: tuple[Garment, ...]) -> Image.Image:
    """One garment, or two side by side, both scaled to the height of the lower picture."""
    pictures = [draw(g).picture for g in garments]
    return paste_in_a_row(scale_to_height(pictures, min(p.height for p in pictures)))


def _caption(garment: Garment) -> str:
    """As `GarmentPicture.caption`, with the cut if it can vary."""
    cut = [garment.length if garment.category in ("dress", "skirt", "outwear") else None]
    cut.append(garment.sleeve if garment.category in ("dress", "shirt", "t-shirt") else None)
    pattern = garment.pattern if garment.pattern != "solid" else None
    return " ".join(w for w in (garment.color, pattern, *cut, garment.category) if w)
