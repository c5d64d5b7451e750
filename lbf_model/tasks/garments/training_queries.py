"""Garments as training queries, by Fashion-200k's rule: reference and target differ in one attribute, which the text names.

A photograph's target is another photograph, or the same one dyed anew; a drawing's is its twin, drawn with the change, or
another drawing. A fifth of the references show two garments side by side, and the sentence says which one is meant.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import RegionBatch, batch_words
from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.regions import UNKNOWN, ShownGarment, compatible, gather, side_by_side
from lbf_model.tasks.garments.sentence_bank import SentenceBank
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.training.metrics import success
from lbf_model.training.queries import QueryBatch
from lbf_model.training.region_store import RegionTable, features_to_standardise

_NAMES = tuple(VALUES)
_CATEGORY, _COLOR = _NAMES.index("category"), _NAMES.index("color")
_FRUITLESS = 1000  # references in a row that get too few queries, before the data count as unfit
_ATTEMPTS = 3  # changes drawn for each one wanted, since not every garment has a partner for every change
Picture = tuple[ShownGarment, ...]


@dataclass(frozen=True)
class GarmentSampling:
    """How batches are drawn.

    Attributes:
        sources: reference pictures a batch.
        modifications: queries of each of them; batch size is the product.
        share_photographs: share of references that are photographs, dyed or not.
        share_pairs: share of references that show two garments.
        share_same: share of photographs' colour changes whose target is the same garment dyed, where there is one.
        share_crossed: share of photographs' changes whose target is a drawing.
        share_dropped: share of a garment's regions, save the surest, that are left out: a few thousand photographs are soon
            known by heart.
        noise: of region features, in units of each feature's spread; for the same reason.
    """

    sources: int = 40
    modifications: int = 4
    share_photographs: float = 0.65
    share_pairs: float = 0.2
    share_same: float = 0.4
    share_crossed: float = 0.12
    share_dropped: float = 0.3
    noise: float = 0.4


class GarmentPool:
    """Garments by what they are, so that one with a single difference is found at once.

    Attributes:
        facts: (N, 6) int64.
        origin: (N,) int64; equal for pictures of one and the same garment.
        pictures: (N,) int64, their places among the region table's pictures.
    """

    def __init__(self, facts: np.ndarray, origin: np.ndarray, pictures: np.ndarray, kept: np.ndarray | None = None):
        """Index garments; `kept`, (N,) bool, leaves the others out."""
        kept = np.ones(len(facts), bool) if kept is None else kept
        self.facts, self.origin, self.pictures = facts[kept], origin[kept], pictures[kept]
        groups: dict[tuple, list[int]] = {}
        for number, fact in enumerate(self.facts):
            for column in range(len(_NAMES)):
                groups.setdefault(_key(fact, column), []).append(number)
        self._without = {key: np.array(numbers) for key, numbers in groups.items()}

    def __len__(self) -> int:
        return len(self.facts)

    def differing(self, fact: np.ndarray, column: int) -> np.ndarray:
        """Garments that are like `fact` but for a known other value in `column`."""
        like = self._without.get(_key(fact, column), np.empty(0, np.int64))
        values = self.facts[like, column]
        return like[(values != fact[column]) & (values != UNKNOWN)]


def _key(fact: np.ndarray, column: int) -> tuple:
    return (column, *np.delete(fact, column).tolist())


class GarmentQueries:
    """Training queries over region tables (see `training.queries.Queries`)."""

    def __init__(
        self,
        table: RegionTable,
        photographs: GarmentPool,
        drawings: GarmentPool,
        bank: SentenceBank,
        judge: "GarmentJudge",
        sampling: GarmentSampling,
        seed: int,
        facts: dict,
        reads: str = "regions",
    ):
        """Prepare sampling.

        Args:
            table: the regions of all pictures.
            photographs: with the dyed ones among them; none that the judge uses.
            drawings: the catalogue.
            bank: training sentences.
            judge: of the model's progress.
            sampling: how batches are drawn.
            seed: names the run.
            facts: what the checkpoint says of its data and detector.
            reads: what the compositor reads of a picture. Two garments side by side have no feature map, so there are no such
                references for one that reads it.
        """
        self.table, self.photographs, self.drawings, self.bank = table, photographs, drawings, bank
        self.sampling = replace(sampling, share_pairs=0.0) if reads == "feature_map" else sampling
        self.seed, self._judge, self._with_map = seed, judge, reads == "feature_map"
        self.features = features_to_standardise(table, reads, seed)
        self._spread = torch.from_numpy(table.features.std(0))
        self.facts = {**facts, "training": {**facts["training"], **asdict(self.sampling)}}

    def batch(self, step: int) -> QueryBatch:
        """Draw sources * modifications queries; where a garment has no partner for a change, another is drawn.

        Raises:
            ValueError: hardly any garment has partners.
        """
        rng = np.random.default_rng([self.seed, step])
        references: list[Picture] = []
        source, words, targets, asked = [], [], [], []
        fruitless = 0
        while len(references) < self.sampling.sources:
            reference, made = self._queries_of(rng)
            fruitless = 0 if len(made) == self.sampling.modifications else fruitless + 1
            if fruitless == _FRUITLESS:
                raise ValueError(
                    f"of {len(self.photographs)} photographs and {len(self.drawings)} drawings, {_FRUITLESS} drawn in a row "
                    "had no others that differ in one attribute only; add garments of the same category in other colours"
                )
            if len(made) == self.sampling.modifications:
                source += [len(references)] * len(made)
                for values, target, column in made:
                    words.append(values)
                    targets.append(target)
                    asked.append(column)
                references.append(reference)
        return QueryBatch(
            self._blurred(rng, gather(self.table, references, self._with_map)),
            torch.tensor(source),
            batch_words(words),
            self._blurred(rng, gather(self.table, targets, self._with_map)),
            false_negatives(targets, references),
            soft_negatives(targets, references, asked),
        )

    def judge(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """Success on photographs held out of the train split (see `GarmentJudge`)."""
        return self._judge(model)

    def _queries_of(self, rng) -> tuple[Picture, list[tuple[np.ndarray, Picture, int]]]:
        """A reference and its queries; fewer than wanted where it has no partners."""
        pool = self.photographs if rng.random() < self.sampling.share_photographs else self.drawings
        wanted = self.sampling.modifications
        number = int(rng.integers(len(pool)))
        queries: list[tuple[np.ndarray, Picture, int]] = []
        if rng.random() >= self.sampling.share_pairs:
            for _ in range(_ATTEMPTS * wanted):
                if len(queries) < wanted and (change := self._change(rng, pool, number, None)):
                    queries.append((change[0], (change[1],), change[2]))
            return (self._shown(rng, pool, number),), queries
        other, share = int(rng.integers(len(pool))), rng.uniform(0.4, 0.6)
        pair = side_by_side(self._shown(rng, pool, number), self._shown(rng, pool, other), share)
        for _ in range(_ATTEMPTS * wanted):
            side = len(queries) % 2
            if len(queries) < wanted and (change := self._change(rng, pool, (number, other)[side], SIDES[side])):
                words, target, column = change
                both = (target, pair[1]) if side == 0 else (pair[0], target)
                queries.append((words, side_by_side(*both, share), column))
        return pair, queries

    def _change(self, rng, pool: GarmentPool, number: int, place: str | None) -> tuple[np.ndarray, ShownGarment, int] | None:
        """A sentence, a garment that fits it and which fact it changes; None where there is none."""
        column = self._column(rng, pool)
        fact = pool.facts[number]
        if fact[column] == UNKNOWN:
            return None
        there = pool
        partners = pool.differing(fact, column)
        if pool is self.photographs and rng.random() < self.sampling.share_crossed:
            crossed = self.drawings_like(fact, column)
            if len(crossed):
                there, partners = self.drawings, crossed
        if not len(partners):
            return None
        values = there.facts[partners, column]
        new = rng.choice(np.unique(values))  # rare colours are asked for as often as frequent ones
        partners = partners[values == new]
        if there is pool:
            same = partners[there.origin[partners] == pool.origin[number]]
            if len(same) and (pool is self.drawings or rng.random() < self.sampling.share_same):
                partners = same
        target = int(partners[rng.integers(len(partners))])
        attribute = _NAMES[column]
        said = [VALUES[attribute][v] for v in (fact[column], new)]
        words = self.bank.draw(rng, attribute, *said, VALUES["category"][fact[0]], place)
        return None if words is None else (words, self._shown(rng, there, target), column)

    def drawings_like(self, fact: np.ndarray, column: int) -> np.ndarray:
        """Drawings of the category, colour and pattern that a photograph has, but for another value in `column`."""
        columns = [c for c in range(3) if c != column]
        like = np.flatnonzero((self.drawings.facts[:, columns] == fact[columns]).all(1))
        return like[self.drawings.facts[like, column] != fact[column]]

    def _blurred(self, rng, regions: RegionBatch) -> RegionBatch:
        noise = torch.from_numpy(rng.standard_normal(regions.features.shape, np.float32))
        features = regions.features + self.sampling.noise * self._spread * noise
        return regions._replace(features=features * regions.mask[..., None])

    def _column(self, rng, pool: GarmentPool) -> int:
        weights = (0.1, 0.76, 0.14, 0, 0, 0) if pool is self.photographs else (0.08, 0.34, 0.2, 0.12, 0.14, 0.12)
        return int(rng.choice(len(_NAMES), p=weights))

    def _shown(self, rng, pool: GarmentPool, number: int) -> ShownGarment:
        rows = self.table.rows(int(pool.pictures[number]))
        kept = rng.random(len(rows)) >= self.sampling.share_dropped
        kept[0] = True
        return ShownGarment(pool.facts[number], rows[kept], picture=int(pool.pictures[number]))


def false_negatives(targets: Sequence[Picture], references: Sequence[Picture]) -> Tensor:
    """(B, B + S) bool: columns that show as many garments, each of them as good as the target's."""
    columns = [*targets, *references]
    right = np.zeros((len(targets), len(columns)), bool)
    for count in {len(p) for p in targets}:
        rows = np.array([i for i, p in enumerate(targets) if len(p) == count])
        across = np.array([i for i, p in enumerate(columns) if len(p) == count])
        one = np.stack([[g.facts for g in targets[i]] for i in rows])
        other = np.stack([[g.facts for g in columns[i]] for i in across])
        right[np.ix_(rows, across)] = compatible(one[:, None], other[None]).all(-1)
    right[np.arange(len(targets)), np.arange(len(targets))] = False
    return torch.from_numpy(right)


def soft_negatives(targets: Sequence[Picture], references: Sequence[Picture], asked: Sequence[int]) -> Tensor:
    """(B, B + S) bool: columns with one garment of the target's kind that has what was asked for, whatever else differs.

    Args:
        targets: B pictures.
        references: S pictures.
        asked: which fact each query changes.
    """
    columns = [*targets, *references]
    single = np.array([len(p) == 1 for p in columns])
    facts = np.stack([p[0].facts for p in columns])
    own = facts[: len(targets)]
    rows = np.arange(len(targets))
    fact = np.where(np.array(asked) == _CATEGORY, _COLOR, asked)
    half = (own[:, None, _CATEGORY] == facts[None, :, _CATEGORY]) & (own[rows, fact][:, None] == facts[:, fact].T)
    half &= single[: len(targets), None] & single & (own[rows, fact] != UNKNOWN)[:, None]
    half[rows, rows] = False
    return torch.from_numpy(half)


def color_queries(facts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reference (Q,) int64 and asked colour (Q,) int64: each picture with each other colour of its category."""
    found = [
        (i, color)
        for i, fact in enumerate(facts)
        for color in np.unique(facts[facts[:, _CATEGORY] == fact[_CATEGORY], _COLOR]).tolist()
        if color != fact[_COLOR]
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
        self.category, self.color = facts[:, _CATEGORY], facts[:, _COLOR]
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


@torch.inference_mode()
def embed_pictures(model: Compositor, table: RegionTable, pictures: Sequence[Picture]) -> np.ndarray:
    """Target embeddings (N, E) float32, unit length."""
    model.eval()
    device = next(model.parameters()).device
    with_map = model.config.reads == "feature_map"
    parts = [
        model.encode_target(gather(table, pictures[first : first + 512], with_map).to(device)).float().cpu().numpy()
        for first in range(0, len(pictures), 512)
    ]
    return np.concatenate(parts)


@torch.inference_mode()
def embed_queries(
    model: Compositor, table: RegionTable, pictures: Sequence[Picture], sentences: Sequence[np.ndarray]
) -> np.ndarray:
    """Composed embeddings (Q, E) float32, unit length, of pictures and the word features (T, 772) of their sentences."""
    model.eval()
    device = next(model.parameters()).device
    parts = []
    for first in range(0, len(pictures), 512):
        some = slice(first, first + 512)
        shown = gather(table, pictures[some], model.config.reads == "feature_map").to(device)
        words = batch_words(sentences[some]).to(device)
        parts.append(model.compose_query(shown, words).embedding.float().cpu().numpy())
    return np.concatenate(parts)
