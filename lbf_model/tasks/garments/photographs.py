"""Photographs in category folders -> records: the garment found, its colour named, and what people judged by eye.

Source of the photographs: the clothing dataset of Alexey Grigorev and contributors (CC0), ROOT/{train,validation}/CATEGORY/.
Its folders name the category. Colours of the train part were derived by `color_names`, then checked by eye on contact sheets,
where a third was corrected and the patterns were added: `judged/train.json` holds the outcome. The validation part was judged
by eye from the start, without seeing derived labels: `judged/validation.json`, and `judged/validation_boxes.json` for the
boxes of some. A photograph that was not judged keeps its derived colour and has no pattern. `judged/train_parts.json` and
`judged/validation_parts.json` hold the boxes of sleeves, collars, hems, legs and pockets of a few hundred, set by eye.

ROOT/more/CATEGORY/ may hold further photographs of that collection, including seven further kinds. Their folders are often
wrong, so everything about them was judged by eye, including the category: `judged/more.json`, which also says which of them are
for training and which (the split "further") only for measuring. Those that were not judged are left out.
"""

import json
from collections import Counter
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from lbf_model.tasks.garments.attributes import CATEGORIES, PATTERNS
from lbf_model.tasks.garments.color_names import name_garment
from lbf_model.tasks.garments.garment_masks import bounding_box, find_garment
from lbf_model.tasks.garments.records import GarmentPicture, read_records, write_records
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.vision.pictures import PictureError, load_stored
from lbf_model.vision.system_files import is_system_entry

SPLITS = ("train", "validation", "further")
_JUDGED = Path(__file__).parent / "judged"
_SHAPES = {  # what a category almost always is
    "longsleeve": {"sleeve": "long-sleeved"},
    "t-shirt": {"sleeve": "short-sleeved"},
    "pants": {"length": "long"},
    "shorts": {"length": "short"},
}


def prepare_photographs(root: Path, out: Path, workers: int | None = None) -> dict:
    """Write out/{split}.jsonl and out/masks; resumable, since an existing mask is not made again.

    Args:
        root: folder of the photographs, with train/CATEGORY/*.jpg and validation/CATEGORY/*.jpg, and maybe more/CATEGORY/*.jpg.
        out: work folder.
        workers: processes; None takes one per core.

    Returns:
        For each split {"photographs": how many that can be decoded, "judged": how many of them by eye, "agreement": share in
        percent of these whose derived colour is the judged one, "agreement_with_second_name": the same if either of two names
        counts}; only "photographs" if none was judged. Then "passed over", how many photographs cannot be decoded, and some of
        them by name.

    Raises:
        ValueError: there are no such photographs.
    """
    summary, passed_over = {}, []
    found = {split: _files(root / split, *CATEGORIES) for split in ("train", "validation")}
    for split, files in found.items():
        if not files:
            raise ValueError(f"{root}/{split}: holds no CATEGORY/*.jpg of {', '.join(CATEGORIES)}")
    more, judged = _files(root / "more", "*"), _read_judged("more")
    part = {file: judged.get(file.relative_to(root).as_posix(), {}).get("split") for file in more}
    found["train"] += [file for file in more if part[file] == "train"]
    found["further"] = [file for file in more if part[file] == "validation"]
    masks = _mask_names(root, [file for files in found.values() for file in files])
    for name in masks.values():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
    for split, files in found.items():
        with get_context("spawn").Pool(workers) as pool:
            made = pool.imap(partial(_look, root, out), [(file, masks[file]) for file in files], chunksize=16)
            looked_at = list(tqdm(made, total=len(files), desc=f"photographs {split}", unit="picture"))
        derived = [facts for facts in looked_at if isinstance(facts, dict)]
        passed_over += [problem for problem in looked_at if isinstance(problem, str)]
        judged = {**_read_judged("more"), **(_read_judged(split) if split != "further" else {})}
        write_records(out / f"{split}.jsonl", [_record(facts, judged.get(facts["file"], {})) for facts in derived])
        summary[split] = {"photographs": len(derived), **_agreement(derived, judged)}
    return summary | passed_over_figures(passed_over)


def load_photographs(prepared: Path, split: str) -> list[GarmentPicture]:
    """The records that `prepare_photographs` wrote; ValueError if it did not."""
    return read_records(prepared / f"{split}.jsonl", "prepare-photographs")


def judged_boxes() -> dict[str, np.ndarray]:
    """File -> (4,) float32 xyxy in [0, 1], the garment's box as set by eye, of some validation photographs."""
    return {f: np.array(box, np.float32) for f, box in _read_judged("validation_boxes").items()}


def judged_parts() -> dict[str, dict[str, np.ndarray]]:
    """File -> part -> (N, 4) float32 xyxy in [0, 1], boxes of visible parts as set by eye, of some validation photographs."""
    return _judged_parts("validation")


def second_colors() -> dict[str, str]:
    """File -> another colour name that a reasonable person might say, for those photographs to measure with that have one."""
    judged = {**_read_judged("validation"), **_read_judged("more")}
    return {f: facts["also"] for f, facts in judged.items() if facts.get("also") and facts.get("split") != "train"}


@cache
def _judged_parts(split: str) -> dict[str, dict[str, np.ndarray]]:
    judged = _read_judged(f"{split}_parts")
    return {f: {part: np.array(boxes, np.float32) for part, boxes in found.items()} for f, found in judged.items()}


def _files(folder: Path, *categories: str) -> list[Path]:
    return sorted(p for c in categories for p in folder.glob(f"{c}/*.jpg") if not is_system_entry(p.name))


@cache
def _read_judged(name: str) -> dict[str, dict]:
    return json.loads((_JUDGED / f"{name}.json").read_text())


def _mask_names(root: Path, files: list[Path]) -> dict[Path, str]:
    """Where each mask lies below the work folder; files that share a name, upper or lower case, get one each."""
    times = Counter(file.stem.casefold() for file in files)
    own = {f: f.stem if times[f.stem.casefold()] == 1 else f.relative_to(root).with_suffix("").as_posix() for f in files}
    return {file: f"masks/{name}.png" for file, name in own.items()}


def _look(root: Path, out: Path, job: tuple[Path, str]) -> dict | str:
    """What is derived from a photograph, or why it cannot be decoded."""
    file, name = job
    try:
        pixels = np.asarray(load_stored(file))
    except PictureError as error:
        return str(error)
    try:
        mask = np.asarray(load_stored(out / name, "L")) > 0
    except PictureError:  # there is none yet, or it is broken
        mask = find_garment(pixels)
        Image.fromarray(mask).save(unfinished := out / f"{name}.part", "PNG")
        unfinished.rename(out / name)
    return {
        "file": file.relative_to(root).as_posix(),
        "mask": name,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "category": file.parent.name,
        "color": name_garment(pixels, mask)[0],
        "box": bounding_box(mask).tolist(),
    }


def _record(derived: dict, judged: dict) -> GarmentPicture:
    pattern = judged.get("pattern")
    own = {**derived, **{name: judged[name] for name in ("category", "color") if name in judged}}
    scale = np.array([derived["width"], derived["height"]] * 2)
    set_by_eye = _judged_parts("train").get(derived["file"])
    parts = set_by_eye and tuple((part, tuple((box * scale).tolist())) for part, boxes in set_by_eye.items() for box in boxes)
    shape = dict.fromkeys(("sleeve", "length", "neckline")) | _SHAPES.get(own["category"], {})
    return GarmentPicture(
        **own,
        **{name: judged.get(name, value) for name, value in shape.items()},
        pattern=pattern if pattern in PATTERNS else None,  # "other": camouflage, lace, leopard ...
        parts=parts,
    )


def _agreement(derived: list[dict], judged: dict[str, dict]) -> dict:
    said = [(d["color"], judged[d["file"]]) for d in derived if d["file"] in judged]
    if not said:
        return {}
    first = np.mean([color == j["color"] for color, j in said])
    either = np.mean([color in (j["color"], j.get("also")) for color, j in said])
    return {"agreement": round(100 * first, 2), "agreement_with_second_name": round(100 * either, 2), "judged": len(said)}
