"""Convert TIRG's own files of CSS into this project's format (`storage`).

The original is one NumPy file and a folder of pictures of one rendering:

    NPY     np.save of a dict; data["train"] and data["test"] are dicts of
        objects_img     one entry per image: a list of dicts (one per object) or a dict of lists (one per attribute)
            shape           "rectangle", "circle", "triangle" or "cube", "sphere", "cylinder"
            color, size     as in `scenes`
            pos             (row, column), as fractions of the picture or as whole cell numbers 0 to 2; or one number 0 to 8
        mods            one entry per instruction: to_str (the text), from and to (image indices, in parallel)
    IMAGES  css_train_000000.png, css_test_000000.png, ...

Source: `CSSDataset` in google/tirg, datasets.py, which also says that `pos` has the row first. Other keys are not read, nor is
`labels`: which scenes are equal follows from their objects. The original has no boxes; those of a rendering that this project
draws itself are known.
"""

import hashlib
import json
import re
from pathlib import Path

from tqdm import tqdm

from lbf_model.plain_pickle import PICKLE_DAMAGE, read_plain_pickle
from lbf_model.tasks.css.drawing_2d import draw_flat
from lbf_model.tasks.css.generate import PlannedQuery, SplitPlan, split_facts
from lbf_model.tasks.css.grammar import fits, parse_modification
from lbf_model.tasks.css.rendering_3d import render
from lbf_model.tasks.css.scenes import POSITIONS, SHAPE_SYNONYMS, Scene, SceneObject
from lbf_model.tasks.css.storage import (
    FORMAT,
    IMAGES_A_SHARD,
    RENDERINGS,
    CssImage,
    begin_data_set,
    number_scenes,
    save_picture,
    save_queries,
    save_records,
    shard_path,
)
from lbf_model.vision.pictures import load_picture

_SPLITS = ("train", "test")
_SHAPE_OF = {word: shape for shape, synonym in SHAPE_SYNONYMS.items() for word in (shape, synonym)}


def convert_tirg(npy: Path, images: Path, out: Path, rendering: str = "3d", progress: bool = True) -> dict:
    """Write a data set in the form that `storage` documents from TIRG's files.

    Args:
        npy: the NumPy file.
        images: the folder of pictures.
        out: the folder to write; if the same conversion was interrupted there, it starts over.
        rendering: "3d" or "2d", what the pictures show. The other rendering is drawn, with boxes; this one gets none.
        progress: show a bar.

    Returns:
        The content of dataset.json, as from `write_css`, with "off_grammar" for each split: how many targets are not what
        source and text say. The oracle's ceiling is taken over the other queries.

    Raises:
        ValueError: the NumPy file is missing, damaged, holds more than plain data or is not in the form above; a text doesn't
            follow the grammar; no target fits its text; a picture is missing or broken; `out` holds another data set. The
            message names the file, and the image or the query.
    """
    if rendering not in RENDERINGS:
        raise ValueError(f"{rendering!r} is none of {', '.join(RENDERINGS)}")
    npy, images, out = Path(npy), Path(images), Path(out)
    data = _load_plain(npy)
    plans = {split: _plan(data[split], split, npy) for split in _SPLITS if split in data}
    if not plans:
        raise ValueError(f"{npy}: neither train nor test among its keys; give TIRG's css_toy_dataset file")
    settings = {"source": "tirg", "sha256": hashlib.sha256(npy.read_bytes()).hexdigest(), "rendering": rendering}
    begin_data_set(out, settings)
    summary = {"format": FORMAT, "name": "css", **settings, "splits": {}}
    for split, plan in plans.items():
        summary["splits"][split] = _facts(plan, npy)
        save_queries(out, split, plan.css_queries)
        _convert_pictures(plan, images, out, rendering, progress)
    (out / "dataset.json").write_text(json.dumps(summary, indent=2))
    return summary


def _plan(content: dict, split: str, npy: Path) -> SplitPlan:
    where = f"{npy}, {split}"
    try:
        scenes = []
        for number, entry in enumerate(content["objects_img"]):
            where = f"{npy}, {split} image {number}"
            scenes.append(_scene(entry))
        queries = []
        where = f"{npy}, {split}"
        for number, mod in enumerate(content["mods"]):
            where = f"{npy}, {split} query {number} ({mod['to_str']!r})"
            modification = parse_modification(mod["to_str"])
            for source, target in zip(mod["from"], mod["to"], strict=True):
                if not all(isinstance(i, int) and 0 <= i < len(scenes) for i in (source, target)):
                    raise ValueError(f"from image {source} to {target}, but there are {len(scenes)}")
                queries.append(PlannedQuery(source, target, modification))
    except KeyError as error:
        raise ValueError(f"{where}: no entry {error}") from None
    except (TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ValueError(f"{where}: {error}") from None
    return SplitPlan(split, tuple(scenes), tuple(queries))


def _scene(entry) -> Scene:
    if isinstance(entry, dict):
        columns = [entry[key] for key in ("shape", "color", "size", "pos")]
        rows = list(zip(*columns, strict=True))
    else:
        rows = [(o["shape"], o["color"], o["size"], o["pos"]) for o in entry]
    return Scene(tuple(SceneObject(_position(pos), _shape(shape), color, size) for shape, color, size, pos in rows))


def _shape(word: str) -> str:
    if word not in _SHAPE_OF:
        raise ValueError(f"shape {word!r} is none of {', '.join(_SHAPE_OF)}")
    return _SHAPE_OF[word]


def _position(pos) -> str:
    if isinstance(pos, int):
        if not 0 <= pos < len(POSITIONS):
            raise ValueError(f"pos {pos} is not a cell number from 0 to {len(POSITIONS) - 1}")
        return POSITIONS[pos]
    row, column = (_third(value) for value in pos)
    return POSITIONS[3 * row + column]


def _third(value: float) -> int:
    """0, 1 or 2. No object stands on the edge of the picture, so a whole number is a cell number, never a fraction."""
    if value in (0, 1, 2):
        return int(value)
    if not 0 < value < 1:
        raise ValueError(f"pos {value} is neither a cell number 0 to 2 nor a fraction of the picture")
    return int(3 * value)


def _facts(plan: SplitPlan, npy: Path) -> dict:
    fitting = [q for q in plan.queries if fits(q.modification, plan.scenes[q.source], plan.scenes[q.target], plan.split)]
    if not fitting:
        raise ValueError(f"{npy}, {plan.split}: no target is what its source and text say; does pos have the row first?")
    facts = split_facts(SplitPlan(plan.split, plan.scenes, tuple(fitting)))
    return {**facts, "queries": len(plan.queries), "off_grammar": len(plan.queries) - len(fitting)}


def _convert_pictures(plan: SplitPlan, images: Path, out: Path, rendering: str, progress: bool) -> None:
    numbers = number_scenes(plan.scenes)
    shard = []
    for index, scene in enumerate(tqdm(plan.scenes, desc=f"css {plan.split}", unit="image", disable=not progress)):
        shard_path(out, plan.split, index).mkdir(parents=True, exist_ok=True)
        given = load_picture(images / f"css_{plan.split}_{index:06d}.png")
        other = "2d" if rendering == "3d" else "3d"
        drawn, boxes = draw_flat(scene) if other == "2d" else render(scene, (0, _SPLITS.index(plan.split), index))
        save_picture(given, out, plan.split, index, rendering)
        save_picture(drawn, out, plan.split, index, other)
        shard.append(CssImage(index, numbers[index], scene, {other: boxes}))
        if len(shard) == IMAGES_A_SHARD or index + 1 == len(plan.scenes):
            save_records(out, plan.split, shard)
            shard = []


def _load_plain(npy: Path) -> dict:
    """The dict in an np.save file: only dicts, lists, strings and numbers; arrays come as (nested) lists."""
    try:
        content = npy.read_bytes()
        # NumPy's own header reader may raise anything; the header of a saved dict has only one form.
        start = 10 + int.from_bytes(content[8:10], "little")
        if not re.match(rb"\x93NUMPY\x01\x00..\{'descr': '\|O[48]?'.*'shape': \(\)", content[:start], re.DOTALL):
            raise ValueError("it doesn't begin as one")
        saved = read_plain_pickle(content[start:], arrays_as_lists=True)
    except OSError as error:
        raise ValueError(f"{npy}: can't be read ({error.strerror}); give TIRG's css_toy_dataset file") from None
    except PICKLE_DAMAGE as error:
        raise ValueError(f"{npy}: not a dict saved by NumPy ({error or type(error).__name__})") from None
    if not (isinstance(saved, dict) and all(isinstance(saved.get(s, {}), dict) for s in _SPLITS)):
        raise ValueError(f"{npy}: not a dict of splits; give TIRG's css_toy_dataset file")
    return saved
