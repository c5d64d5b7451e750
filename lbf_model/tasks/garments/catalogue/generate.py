"""Write a catalogue to disk from a seed (resumable), and read it back."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.catalogue.drawing import draw
from lbf_model.tasks.garments.catalogue.garment import Garment, sample_garment, sample_twin
from lbf_model.tasks.garments.records import GarmentPicture, read_records

FORMAT = "lbf-catalogue-3"
_ATTRIBUTES = ("category", "color", "pattern", "sleeve", "length", "neckline")
_A_TASK = 64  # pictures a worker draws between two reports


def catalogue_garment(seed: int, index: int) -> Garment:
    """The garment of picture `index`, which depends on nothing else; an odd one is the twin of the one before it."""
    garment = sample_garment(np.random.default_rng([seed, index // 2]))
    return garment if index % 2 == 0 else sample_twin(np.random.default_rng([seed, index // 2, 1]), garment)


def write_catalogue(
    out: Path, seed: int, count: int, workers: int | None = None, size: int = 256, progress: bool = True
) -> dict:
    """Write pictures/%06d.webp, masks/%06d.png (1 bit), garments.jsonl and catalogue.json; existing files are kept.

    Args:
        out: the folder; made if missing.
        seed: identifies the catalogue, together with `size`.
        count: how many garments; a larger count than before adds to the catalogue.
        workers: processes; None takes one per core, 1 draws in this process.
        size: shorter side of the pictures in pixels.
        progress: show a bar.

    Returns:
        The content of catalogue.json: format, seed, size, count, and how often each word occurs.

    Raises:
        ValueError: `count` below 1, or `out` holds a catalogue with another seed or size.
    """
    out = Path(out)
    if count < 1:
        raise ValueError(f"count is {count}; give at least 1")
    settings = {"format": FORMAT, "seed": seed, "size": size}
    _begin(out, settings)
    firsts = [i for i in range(0, count, _A_TASK) if not _lines_path(out, i, min(i + _A_TASK, count)).exists()]
    tasks = [(out, seed, size, i, min(i + _A_TASK, count)) for i in firsts]
    todo = sum(task[4] - task[3] for task in tasks)
    with tqdm(total=count, initial=count - todo, desc="catalogue", unit="picture", disable=not progress) as bar:
        for done in _each(_write_some, tasks, workers):
            bar.update(done)
    lines = [_lines_path(out, i, min(i + _A_TASK, count)).read_text() for i in range(0, count, _A_TASK)]
    _save(out / "garments.jsonl", "".join(lines).encode())
    words = [json.loads(line) for line in "".join(lines).splitlines()]
    known = {"category": CATEGORIES, "color": COLORS, "pattern": PATTERNS}
    counts = {name: {w: sum(line[name] == w for line in words) for w in values} for name, values in known.items()}
    summary = {**settings, "count": count, "counts": counts}
    _save(out / "catalogue.json", json.dumps(summary, indent=2).encode())
    return summary


def load_catalogue(out: Path) -> list[GarmentPicture]:
    """The catalogue's records in order; each odd one shows the twin of the one before it.

    Raises:
        ValueError: there is no complete catalogue, or its lines are not what `write_catalogue` writes.
    """
    records = read_records(Path(out) / "garments.jsonl", "make-catalogue")
    summary = Path(out) / "catalogue.json"
    if not summary.is_file():
        raise ValueError(f"{out}: unfinished; run make-catalogue again")
    promised = json.loads(summary.read_text()).get("count")
    if promised != len(records):
        raise ValueError(f"{out}: holds {len(records)} lines, not the {promised} that catalogue.json promises; write it again")
    return records


def _begin(out: Path, settings: dict) -> None:
    """Make the folders; refuse to mix two catalogues."""
    for name in ("pictures", "masks", "lines"):
        (out / name).mkdir(parents=True, exist_ok=True)
    started = out / "settings.json"
    if started.exists() and (found := json.loads(started.read_text())) != settings:
        raise ValueError(f"{out} holds a catalogue with {found}, not {settings}; give another folder")
    _save(started, json.dumps(settings).encode())


def _lines_path(out: Path, first: int, last: int) -> Path:
    return out / "lines" / f"{first:06d}-{last:06d}.jsonl"


def _each(work, tasks, workers) -> Iterator[int]:
    if (workers or os.cpu_count() or 1) == 1:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, tasks)


def _write_some(task) -> int:
    """Write a few missing pictures, then their lines, which mark them as complete."""
    out, seed, size, first, last = task
    lines = []
    for index in range(first, last):
        garment = catalogue_garment(seed, index)
        drawing = draw(garment, size)
        name = f"{index:06d}"
        picture, mask = out / "pictures" / f"{name}.webp", out / "masks" / f"{name}.png"
        if not (picture.exists() and mask.exists()):
            drawing.picture.save(partial := picture.with_suffix(".part"), "WEBP", quality=85)
            partial.replace(picture)
            Image.fromarray(drawing.mask).save(partial := mask.with_suffix(".part"), "PNG")
            partial.replace(mask)
        facts = {name: value for name, value in asdict(garment).items() if name in _ATTRIBUTES}
        rounded = tuple((part, tuple(round(c, 2) for c in box)) for part, box in drawing.parts)
        record = GarmentPicture(
            file=f"pictures/{name}.webp", mask=f"masks/{name}.png", **facts, box=drawing.box, parts=rounded,
            width=drawing.picture.width, height=drawing.picture.height,
        )  # fmt: skip
        lines.append(json.dumps(asdict(record)) + "\n")
    _save(_lines_path(out, first, last), "".join(lines).encode())
    return last - first


def _save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    partial.replace(path)
