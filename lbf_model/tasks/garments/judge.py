"""How far a compositor for garments has come, judged on photographs of the train split that it is not trained on."""

from collections.abc import Sequence

import numpy as np

from lbf_model.compositors.base import Compositor
from lbf_model.tasks.garments.embeddings import embed_pictures, embed_queries
from lbf_model.tasks.garments.facts import CATEGORY, COLOR
from lbf_model.tasks.garments.regions import ShownGarment
from lbf_model.training.metrics import success
from lbf_model.training.region_store import RegionTable


def color_queries(facts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reference (Q,) int64 and asked colour (Q,) int64: each picture with each other colour of its category."""
    found = [
        (i, color)
        for i, fact in enumerate(facts)
        for color in np.unique(facts[facts[:, CATEGORY] == fact[CATEGORY], COLOR]).tolist()
        if color != fact[COLOR]
    ]
    own, asked = np.array(found, np.int64).reshape(-1, 2).T
    return own, asked


class GarmentJudge:
    """Success on held-out photographs of the train split: "replace X color to Y" for every Y in the garment's category."""

    def __init__(self, table: RegionTable, garments: Sequence[ShownGarment], words: dict[tuple[int, int], np.ndarray]):
        """Prepare queries.

        Args:
            table: their regions.
            garments: the held-out photographs; they are the gallery, too.
            words: word features of (own colour, wanted colour).
        """
        self.table, self.pictures, self.words = table, [(g,) for g in garments], words
        facts = np.stack([g.facts for g in garments])
        self.category, self.color = facts[:, CATEGORY], facts[:, COLOR]
        self.own, self.asked = color_queries(facts)

    def __call__(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """The mean of success at 1 and at 10 in percent is the score."""
        gallery = embed_pictures(model, self.table, self.pictures)
        sentences = [self.words[int(self.color[i]), int(c)] for i, c in zip(self.own, self.asked, strict=True)]
        scores = embed_queries(model, self.table, [self.pictures[i] for i in self.own], sentences) @ gallery.T
        scores[np.arange(len(self.own)), self.own] = -np.inf
        right = (self.category[self.own][:, None] == self.category) & (self.asked[:, None] == self.color)
        figures = success(scores, right, (1, 10))
        return sum(figures.values()) / 2, figures
