"""CSS on disk: its format, its loader, and the functions that the generator and the converter write it with.

    DIR/dataset.json                    format number, seed, counts, the oracle's ceiling per split
    DIR/settings.json                   the settings it was begun with; guards a resumed run (not needed to load)
    DIR/{train,test}/queries.jsonl      one line per query: source, target (image indices), text, modification (its slots)
    DIR/{train,test}/shard-000/         250 images per folder
        images.jsonl                    one line per image: index, scene (equal numbers are equal scenes), objects
        000000.3d.webp, 000000.2d.png   the two renderings

An object has position, shape, color, size, box_3d and box_2d (xyxy, pixels of the rendering named). A box that is unknown,
as in data converted from TIRG's files, is left out.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lbf_model.tasks.css.grammar import Modification
from lbf_model.tasks.css.scenes import Scene, SceneObject

FORMAT = 1
IMAGES_A_SHARD = 250
RENDERINGS = ("3d", "2d")
_SUFFIX = {"3d": "3d.webp", "2d": "2d.png"}
_SAVE_OPTIONS = {"3d": {"quality": 90, "method": 2}, "2d": {}}


@dataclass(frozen=True)
class CssImage:
    """One scene with the boxes of its objects by rendering: (objects, 4) float32, xyxy pixels, order of `scene`.

    A rendering whose boxes are unknown is not in `boxes`.
    """

    index: int
    scene_id: int
    scene: Scene
    boxes: dict[str, np.ndarray]

    def true_boxes(self, rendering: str) -> np.ndarray:
        """The boxes of one rendering; ValueError if they are unknown, as in data converted from TIRG's files."""
        if rendering not in self.boxes:
            raise ValueError(f"image {self.index} has no {rendering} boxes; this needs a data set that `make-css` wrote")
        return self.boxes[rendering]


@dataclass(frozen=True)
class CssQuery:
    """A composed query: image indices of reference and target, and what changes between them."""

    source: int
    target: int
    text: str
    modification: Modification


@dataclass(frozen=True)
class CssSplit:
    """One split in memory: pictures stay on disk, `picture` says where."""

    root: Path
    split: str
    images: tuple[CssImage, ...]
    queries: tuple[CssQuery, ...]
    oracle_recall_at_1: dict[str, float]

    @property
    def scene_ids(self) -> np.ndarray:
        """(images,) int64; equal numbers are equal scenes."""
        return np.array([i.scene_id for i in self.images], np.int64)

    @property
    def seed(self) -> int | None:
        """What the data set was generated from; None for one converted from TIRG's files."""
        return _read_json(self.root / "dataset.json").get("seed")

    def picture(self, index: int, rendering: str) -> Path:
        return picture_path(self.root, self.split, index, rendering)


def shard_path(root: Path, split: str, index: int) -> Path:
    """The folder that holds image `index`."""
    return root / split / f"shard-{index // IMAGES_A_SHARD:03d}"


def picture_path(root: Path, split: str, index: int, rendering: str) -> Path:
    """The file of one rendering ("3d" or "2d") of image `index`."""
    return shard_path(root, split, index) / f"{index:06d}.{_SUFFIX[rendering]}"


def begin_data_set(root: Path, settings: dict) -> None:
    """Make the folder and record the settings of what will be written there.

    Raises:
        ValueError: `root` holds a data set that was begun with other settings.
    """
    path = root / "settings.json"
    if path.exists() and _read_json(path) != settings:
        raise ValueError(f"{root} was begun with other settings ({path}); choose another folder or delete it")
    root.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings))


def number_scenes(scenes: Sequence[Scene]) -> list[int]:
    """The scene number of every image: the first index that shows its scene."""
    first = {}
    return [first.setdefault(scene, index) for index, scene in enumerate(scenes)]


def save_queries(root: Path, split: str, queries: Sequence[CssQuery]) -> None:
    path = root / split / "queries.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(asdict(query)) + "\n" for query in queries))


def save_picture(picture: Image.Image, root: Path, split: str, index: int, rendering: str) -> None:
    """Write one rendering; the shard's folder must exist."""
    picture.save(picture_path(root, split, index, rendering), **_SAVE_OPTIONS[rendering])


def save_records(root: Path, split: str, images: Sequence[CssImage]) -> None:
    """Write images.jsonl of one shard, last of all its files: a shard that has it is complete."""
    lines = [json.dumps({"index": i.index, "scene": i.scene_id, "objects": _object_records(i)}) for i in images]
    path = shard_path(root, split, images[0].index) / "images.jsonl"
    partial = path.with_suffix(".jsonl.part")
    partial.write_text("\n".join(lines) + "\n")
    partial.rename(path)


def _object_records(image: CssImage) -> list[dict]:
    records = [asdict(item) for item in image.scene.objects]
    for rendering, boxes in image.boxes.items():
        for record, box in zip(records, boxes.tolist(), strict=True):
            record[f"box_{rendering}"] = box
    return records


def load_css(root: Path, split: str) -> CssSplit:
    """Load and check one split.

    Raises:
        ValueError: a file is missing, is not what it should be, or has another format number; the message names it.
    """
    root = Path(root)
    facts = _read_facts(root / "dataset.json", split)
    images = []
    for first in range(0, facts["images"], IMAGES_A_SHARD):
        images += _read_lines(shard_path(root, split, first) / "images.jsonl", _image)
    queries = _read_lines(root / split / "queries.jsonl", _query)
    for what, have in (("images", images), ("queries", queries)):
        if len(have) != facts[what]:
            raise ValueError(f"{root / split}: {len(have)} {what} instead of {facts[what]}; make the data set again")
    for expected, image in enumerate(images):
        if image.index != expected:
            raise ValueError(f"{shard_path(root, split, expected)}: image {image.index} is where image {expected} should be")
    for number, query in enumerate(queries, 1):
        if not (0 <= query.source < len(images) and 0 <= query.target < len(images)):
            raise ValueError(f"{root / split / 'queries.jsonl'}, line {number}: there are only {len(images)} images")
    return CssSplit(root, split, tuple(images), tuple(queries), facts["oracle_recall_at_1"])


def _read_facts(path: Path, split: str) -> dict:
    """What dataset.json says about one split."""
    header = _read_json(path)
    if header.get("format") != FORMAT:
        raise ValueError(f"{path}: format {header.get('format')} is not {FORMAT}; make the data set again")
    wanted = {"images": int, "queries": int, "oracle_recall_at_1": dict}
    splits = header.get("splits")
    if not isinstance(splits, dict) or split not in splits:
        raise ValueError(f"{path}: no split {split!r}; it has {', '.join(splits or ['none'])}")
    facts = splits[split]
    if not isinstance(facts, dict) or not all(isinstance(facts.get(key), kind) for key, kind in wanted.items()):
        raise ValueError(f"{path}: {split} lacks one of {', '.join(wanted)}; make the data set again")
    return facts


def _read_json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise ValueError(f"{path}: missing; is this a folder that `make-css` wrote?") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not JSON ({error})") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: not a JSON object; make the data set again")
    return content


def _read_lines(path: Path, parse) -> list:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        raise ValueError(f"{path}: missing; make the data set again") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not text ({error})") from None
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(parse(json.loads(line)))
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, line {number}: broken record ({error})") from None
    return records


def _image(record: dict) -> CssImage:
    objects = [SceneObject(o["position"], o["shape"], o["color"], o["size"]) for o in record["objects"]]
    scene = Scene(tuple(objects))
    if tuple(objects) != scene.objects:
        raise ValueError("objects are not in order of position")
    boxes = {}
    for rendering in RENDERINGS:
        known = [o[f"box_{rendering}"] for o in record["objects"] if f"box_{rendering}" in o]
        if len(known) == len(objects):
            boxes[rendering] = np.array(known, np.float32).reshape(len(objects), 4)
        elif known:
            raise ValueError(f"box_{rendering} is given for {len(known)} of {len(objects)} objects")
    return CssImage(record["index"], record["scene"], scene, boxes)


def _query(record: dict) -> CssQuery:
    if not (isinstance(record["source"], int) and isinstance(record["target"], int)):
        raise ValueError("source and target are not both image indices")
    return CssQuery(record["source"], record["target"], record["text"], Modification(**record["modification"]))
