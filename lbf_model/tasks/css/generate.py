"""Draw the CSS benchmark from a seed: the plan (scenes and queries, instant), then its pictures (minutes, resumable)."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lbf_model.tasks.css.drawing_2d import draw_flat
from lbf_model.tasks.css.grammar import KINDS, Modification, apply_modification, sample_modification
from lbf_model.tasks.css.rendering_3d import render
from lbf_model.tasks.css.scenes import Scene, sample_scene
from lbf_model.tasks.css.storage import (
    FORMAT,
    IMAGES_A_SHARD,
    CssImage,
    CssQuery,
    begin_data_set,
    number_scenes,
    save_picture,
    save_queries,
    save_records,
    shard_path,
)

# The published counts: 19,012 and 19,057 images, 18,012 and 18,057 queries.
MODIFICATIONS = {"train": 6004, "test": 6019}
BASE_SCENES = 1000
SOURCES = 3
_SPLIT_CODE = {"train": 0, "test": 1}


@dataclass(frozen=True)
class PlannedQuery:
    """Indices of the source and target image in the split, and the modification between them."""

    source: int
    target: int
    modification: Modification


@dataclass(frozen=True)
class SplitPlan:
    """Scenes by image index (base scenes first, then one target per query) and the queries."""

    split: str
    scenes: tuple[Scene, ...]
    queries: tuple[PlannedQuery, ...]

    @property
    def css_queries(self) -> list[CssQuery]:
        """The queries in the form that `storage` uses."""
        return [CssQuery(q.source, q.target, q.modification.text, q.modification) for q in self.queries]


def plan_split(split: str, seed: int, base_scenes: int = BASE_SCENES, modifications: int | None = None) -> SplitPlan:
    """Draw one split: base scenes, then modifications of the three kinds in turn, each applied to three scenes it fits.

    Args:
        split: "train" or "test".
        seed: of the data set; the plan depends on no other chance.
        base_scenes: how many source scenes.
        modifications: how many instructions; None takes the published number.

    Raises:
        ValueError: fewer than three base scenes, or no modification.
    """
    if base_scenes < SOURCES or modifications == 0:
        raise ValueError(f"{base_scenes} base scenes, {modifications} modifications; give at least {SOURCES} and 1")
    rng = np.random.default_rng([seed, _SPLIT_CODE[split]])
    scenes = [sample_scene(rng, split) for _ in range(base_scenes)]
    queries = []
    for number in range(MODIFICATIONS[split] if modifications is None else modifications):
        modification, found = None, []
        while len(found) < SOURCES:  # a text that fits fewer than three base scenes is drawn again
            modification = sample_modification(rng, KINDS[number % 3])
            found = list(_applications(modification, scenes[:base_scenes], split, rng))
        for source, target in found:
            queries.append(PlannedQuery(source, len(scenes), modification))
            scenes.append(target)
    return SplitPlan(split, tuple(scenes), tuple(queries))


def _applications(modification, base, split, rng) -> Iterator[tuple[int, Scene]]:
    count = 0
    for source in rng.permutation(len(base)):
        target = apply_modification(modification, base[source], split, rng)
        if target is not None:
            yield int(source), target
            count += 1
            if count == SOURCES:
                return


def oracle_recall(plan: SplitPlan) -> dict[str, float]:
    """R@1 in percent of an oracle that knows the source scene and the text and guesses among the gallery scenes that fit.

    It is the ceiling that ambiguity sets: only `add` leaves slots open. Keys: "all", then each kind.
    """
    hits = {kind: [] for kind in KINDS}
    gallery = set(plan.scenes)
    by_rest = {}
    for scene in gallery:
        for item in scene.objects:
            by_rest.setdefault(frozenset(scene.objects) - {item}, []).append(item)
    for query in plan.queries:
        fitting = 1
        if query.modification.kind == "add":
            added = by_rest[frozenset(plan.scenes[query.source].objects)]
            fitting = sum(query.modification.matches(item) for item in added)
        hits[query.modification.kind].append(1 / fitting)
    every = [h for kind in KINDS for h in hits[kind]]
    return {"all": 100 * float(np.mean(every)), **{k: 100 * float(np.mean(v)) for k, v in hits.items() if v}}


def split_facts(plan: SplitPlan) -> dict:
    """What dataset.json says about one split."""
    return {
        "images": len(plan.scenes),
        "queries": len(plan.queries),
        "empty_scenes": sum(not s.objects for s in plan.scenes),
        "oracle_recall_at_1": oracle_recall(plan),
    }


def write_css(
    out: Path,
    seed: int = 0,
    base_scenes: int = BASE_SCENES,
    modifications: int | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> dict:
    """Write both splits in the form that `storage` documents; shards that are already complete are kept.

    Returns:
        The content of dataset.json: counts and the oracle's ceiling of both splits.

    Raises:
        ValueError: `out` holds a data set drawn with other settings.
    """
    settings = {"seed": seed, "base_scenes": base_scenes, "modifications": modifications or MODIFICATIONS}
    begin_data_set(out, settings)
    summary = {"format": FORMAT, "name": "css", **settings, "splits": {}}
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for split in _SPLIT_CODE:
            plan = plan_split(split, seed, base_scenes, modifications)
            save_queries(out, split, plan.css_queries)
            _write_pictures(out, plan, seed, pool, progress)
            summary["splits"][split] = split_facts(plan)
            (out / "dataset.json").write_text(json.dumps(summary, indent=2))  # a finished split can be used at once
    return summary


def _write_pictures(out, plan, seed, pool, progress) -> None:
    numbers = number_scenes(plan.scenes)
    tasks = []
    for first in range(0, len(plan.scenes), IMAGES_A_SHARD):
        if (shard_path(out, plan.split, first) / "images.jsonl").exists():
            continue
        scenes = plan.scenes[first : first + IMAGES_A_SHARD]
        tasks.append((out, plan.split, seed, first, scenes, numbers[first : first + IMAGES_A_SHARD]))
    done = len(plan.scenes) - sum(len(t[4]) for t in tasks)
    with tqdm(total=len(plan.scenes), initial=done, desc=f"css {plan.split}", unit="image", disable=not progress) as bar:
        for count in pool.map(_write_shard, tasks):
            bar.update(count)


def _write_shard(task) -> int:
    """Write one shard's pictures, then its records."""
    out, split, seed, first, scenes, numbers = task
    shard_path(out, split, first).mkdir(parents=True, exist_ok=True)
    images = []
    for index, (scene, number) in enumerate(zip(scenes, numbers, strict=True), start=first):
        solid, boxes_3d = render(scene, (seed, _SPLIT_CODE[split], index))
        flat, boxes_2d = draw_flat(scene)
        save_picture(solid, out, split, index, "3d")
        save_picture(flat, out, split, index, "2d")
        images.append(CssImage(index, number, scene, {"3d": boxes_3d, "2d": boxes_2d}))
    save_records(out, split, images)
    return len(scenes)
