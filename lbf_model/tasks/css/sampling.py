"""Training batches of CSS: queries of the data set, and new ones drawn from the same distribution.

18,000 fixed queries are soon memorised. So most queries are new: a scene is drawn as the generator draws base scenes of
the *train* split, modifications are drawn by the same grammar, and each object of reference and target is shown by a region
that the detector found for such an object somewhere in the train split. No test picture is ever seen. Modifications of one
source are in the same batch: they are each other's hard negatives.

In a share of the new scenes (`crossed`) any shape can have any colour. A pair that no training picture shows is combined from
two regions of the train split, the form of one and the colour of another (`CssRegionTable.cross_colors`). Without it, a
sentence that leaves a colour open ("add cube") is answered with the colours that cubes have in training.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from lbf_model.network.batching import batch_words
from lbf_model.retrieval.encoder import Reader
from lbf_model.tasks.css.grammar import KINDS, Modification, apply_modification, fits, sample_modification
from lbf_model.tasks.css.grounding import batch_grounding
from lbf_model.tasks.css.regions import EMPTY, CssRegionTable, ShownScene, object_key
from lbf_model.tasks.css.scenes import COLORS, SHAPE_SYNONYMS, SIZES, Scene, SceneObject, sample_scene
from lbf_model.tasks.css.storage import CssSplit
from lbf_model.training.queries import QueryBatch

_FRUITLESS = 1000  # useless draws in a row before the data count as unsuitable


class QuerySampler:
    """Draws batches; batch `step` depends only on (seed, step)."""

    def __init__(
        self,
        split: CssSplit,
        table: CssRegionTable,
        reader: Reader,
        held_out: frozenset[int],
        fresh: float,
        share_2d: float,
        seed: int,
        reads: str = "regions",
        crossed: float = 0.0,
    ):
        """Prepare sampling.

        Args:
            split: CSS train split.
            table: the split's regions.
            reader: of the texts.
            held_out: reference images whose queries belong to validation.
            fresh: share of reference scenes that are newly drawn.
            share_2d: share of reference pictures shown in their 2D rendering.
            seed: of the run.
            reads: what the compositor reads; one that reads feature maps needs `fresh` = 0.
            crossed: share of new scenes in which any shape can have any colour; the table must have such regions.
        """
        self.split, self.table, self.reader, self.reads = split, table, reader, reads
        self.fresh, self.share_2d, self.seed, self.crossed = fresh, share_2d, seed, crossed
        self._values: dict[str, np.ndarray] = {}
        self._queries = defaultdict(list)
        for query in split.queries:
            if query.source not in held_out:
                self._queries[query.source].append(query)
        self._sources = sorted(self._queries)

    def batch(self, step: int, sources: int, modifications: int) -> QueryBatch:
        """Draw sources * modifications queries.

        Raises:
            ValueError: hardly any newly drawn scene can be shown, since too few objects were detected.
        """
        rng = np.random.default_rng([self.seed, step])
        references, reference_scenes = [], []
        source, words, targets, target_scenes, said = [], [], [], [], []
        while len(references) < sources:
            rendering = "2d" if rng.random() < self.share_2d else "3d"
            draw = self._new if rng.random() < self.fresh else self._given
            scene, reference, queries = draw(rng, rendering, modifications)
            objects = self.table.objects(reference)
            for modification, target, shown in queries:
                source.append(len(references))
                words.append(self._word_values(modification.text))
                said.append((modification, objects))
                target_scenes.append(target)
                targets.append(shown)
            references.append(reference)
            reference_scenes.append(scene)
        asked = [(modification, reference_scenes[row]) for (modification, _), row in zip(said, source, strict=True)]
        return QueryBatch(
            self.table.gather(references, self.reads),
            torch.tensor(source),
            batch_words(words),
            self.table.gather(targets, self.reads),
            _as_right(asked, target_scenes, target_scenes + reference_scenes),
            grounding=batch_grounding(said),
        )

    def _given(self, rng, rendering, count):
        """A base scene of the data set with queries of its own, all as detected."""
        index = self._sources[rng.integers(len(self._sources))]
        queries = self._queries[index]
        chosen = rng.choice(len(queries), size=min(count, len(queries)), replace=False)
        made = [
            (queries[i].modification, self.split.images[queries[i].target].scene, self.table.shown("3d", queries[i].target))
            for i in chosen
        ]
        return self.split.images[index].scene, self.table.shown(rendering, index), made

    def _new(self, rng, rendering, count):
        """A newly drawn scene with newly drawn modifications, shown by regions of the train split."""
        # With `crossed` 0 no number is drawn here, so that the batches of earlier runs stay the same.
        pairs = "all" if self.crossed and rng.random() < self.crossed else "train"
        for _ in range(_FRUITLESS):
            scene = sample_scene(rng, pairs)
            if not self._can_show(scene, rendering):
                continue
            made = []
            for _ in range(_FRUITLESS):
                modification = fitting_modification(rng, scene, KINDS[len(made) % 3])
                target = apply_modification(modification, scene, pairs, rng)
                if target is not None and self._can_show(target, "3d"):
                    made.append((modification, target, self._show(rng, target, "3d")))
                if len(made) == count:
                    return scene, self._show(rng, scene, rendering), made
        raise ValueError(
            f"of {_FRUITLESS} scenes drawn in a row, none could be shown in {rendering} by regions that the detector "
            "found for its objects; make a larger data set, use a detector that finds each object separately, or train on "
            "the queries of the data set alone (--fresh 0)"
        )

    def _regions_of(self, scene: Scene, rendering: str) -> list[np.ndarray]:
        """For each object, the rows of regions that can show it; a scene without objects is shown by an empty picture."""
        return [self.table.of_object(rendering, key) for key in map(object_key, scene.objects)] or [
            self.table.of_object(rendering, EMPTY)
        ]

    def _can_show(self, scene: Scene, rendering: str) -> bool:
        return all(len(rows) for rows in self._regions_of(scene, rendering))

    def _show(self, rng, scene: Scene, rendering: str) -> ShownScene:
        rows = np.array([rows[rng.integers(len(rows))] for rows in self._regions_of(scene, rendering)])
        return ShownScene(rng.permutation(rows))

    def _word_values(self, text: str) -> np.ndarray:
        if text not in self._values:
            self._values[text] = self.reader.tokenize_text(text).values
        return self._values[text]


def fitting_modification(rng: np.random.Generator, scene: Scene, kind: str) -> Modification:
    """Draw a modification whose filled slots describe an object of `scene` (or, for add, name a free cell).

    The data set draws a text first and then looks for scenes it fits; this draws the scene first. The values come from an
    object of the scene, so a text that fits several objects is accepted less often to keep the distribution.
    """
    while True:
        drawn = sample_modification(rng, kind)
        if kind == "add" or not scene.objects:
            return drawn
        model: SceneObject = scene.objects[rng.integers(len(scene.objects))]
        shape = model.shape if drawn.shape else None
        fitted = Modification(
            kind,
            model.position if drawn.position else None,
            model.size if drawn.size else None,
            model.color if drawn.color else None,
            shape,
            "object" if shape is None else shape if drawn.shape_word == drawn.shape else SHAPE_SYNONYMS[shape],
            drawn.new_color,
            drawn.new_size,
        )
        if fitted.new_color is not None and fitted.new_color == fitted.color:
            others = [c for c in COLORS if c != fitted.color]
            fitted = replace(fitted, new_color=others[rng.integers(len(others))])
        elif fitted.new_size is not None and fitted.size:
            fitted = replace(fitted, new_size=SIZES[1 - SIZES.index(fitted.size)])
        if rng.random() * sum(map(fitted.matches, scene.objects)) < 1:
            return fitted


def _as_right(asked: list[tuple[Modification, Scene]], targets: list[Scene], columns: list[Scene]) -> Tensor:
    """(B, B + S) bool: columns that are as right as the target: the same scene, or another that fits an "add"."""
    ids: dict[Scene, int] = {}
    row = np.array([ids.setdefault(s, len(ids)) for s in targets])
    column = np.array([ids.setdefault(s, len(ids)) for s in columns])
    right = row[:, None] == column[None]
    for i, (modification, source) in enumerate(asked):
        if modification.kind == "add":
            grown = (j for j, scene in enumerate(columns) if len(scene.objects) == len(source.objects) + 1)
            for j in grown:
                right[i, j] |= fits(modification, source, columns[j], "train")
    right[np.arange(len(row)), np.arange(len(row))] = False  # the target itself is the positive
    return torch.from_numpy(right)
