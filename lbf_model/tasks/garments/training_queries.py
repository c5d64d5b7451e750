"""Garments as training queries: reference and target differ in what the text names, and in nothing else.

Mostly that is one attribute, as in Fashion-200k; sometimes it is two; and sometimes the text says what is not wanted. A
photograph's target is another photograph, or the same one dyed another colour; a drawing's is its twin, drawn with the change,
or another drawing. A fifth of the references show two garments side by side; the sentence says which one is meant, or it is
pointed at.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch

from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import RegionBatch, batch_words
from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.garment_pool import GarmentPool
from lbf_model.tasks.garments.grounding import SeenRegions, regions_meant, words_fit
from lbf_model.tasks.garments.judge import GarmentJudge
from lbf_model.tasks.garments.regions import UNKNOWN, Picture, ShownGarment, gather, side_by_side
from lbf_model.tasks.garments.right_answers import Asked, false_negatives, soft_negatives
from lbf_model.tasks.garments.sentence_bank import SentenceBank
from lbf_model.tasks.garments.sentences import SIDES
from lbf_model.training.queries import Grounding, QueryBatch
from lbf_model.training.region_store import RegionTable, features_to_standardise

_NAMES = tuple(VALUES)
_FRUITLESS = 1000  # references in a row that get too few queries, before the data count as unsuitable
_ATTEMPTS = 4  # changes drawn for each one wanted, since not every garment has a partner for every change
_SHARE_KEPT = 0.25  # of the queries that say what is not wanted, those whose reference has something else anyway


@dataclass(frozen=True)
class GarmentSampling:
    """How batches are drawn.

    Attributes:
        sources: reference pictures per batch.
        modifications: queries for each of them; batch size is the product.
        share_photographs: share of references that are photographs, dyed or not.
        share_pairs: share of references that show two garments.
        share_same: share of photographs' colour changes whose target is the same garment dyed, if there is one.
        share_crossed: share of photographs' changes whose target is a drawing.
        share_dropped: share of a garment's regions, except the surest, that are left out: a few thousand photographs are soon
            memorised.
        noise: of region features, in units of each feature's spread; for the same reason.
        share_blanked: share of pictures, for each attribute that the detector's box head tells, in which it is blanked out. The
            box head has memorised the training photographs and is right about all of them; a compositor that is used to that
            trusts it too much on others.
        share_two: share of queries that ask for two changes at once.
        share_unwanted: share of queries that say what is not wanted.
        share_pointed: share of queries on two garments that do not say which is meant: it is pointed at, so that their words
            touch only its regions.
    """

    sources: int = 40
    modifications: int = 4
    share_photographs: float = 0.65
    share_pairs: float = 0.2
    share_same: float = 0.4
    share_crossed: float = 0.12
    share_dropped: float = 0.3
    noise: float = 0.4
    share_blanked: float = 0.5
    share_two: float = 0.18
    share_unwanted: float = 0.12
    share_pointed: float = 0.3


class GarmentQueries:
    """Training queries over region tables (see `training.queries.Queries`)."""

    def __init__(
        self,
        table: RegionTable,
        photographs: GarmentPool,
        drawings: GarmentPool,
        bank: SentenceBank,
        judge: GarmentJudge,
        sampling: GarmentSampling,
        seed: int,
        facts: dict,
        reads: str = "regions",
        kinds: np.ndarray | None = None,
        blankable: Sequence[slice] = (),
    ):
        """Prepare sampling.

        Args:
            table: the regions of all pictures.
            photographs: including the dyed ones; none that the judge uses.
            drawings: the catalogue.
            bank: training sentences.
            judge: of the model's progress.
            sampling: how batches are drawn.
            seed: of the run.
            facts: what the checkpoint says about its data and detector.
            reads: what the compositor reads of a picture. Two garments side by side have no feature map, so there are no such
                references for one that reads it.
            kinds: (M,) int64, what each region of the table is, of `grounding.KINDS`; None if the detector does not tell, so
                that it is unknown where words should look, or if words do not look. Then nothing is pointed at, either.
            blankable: slices of the region feature that `GarmentSampling.share_blanked` applies to.
        """
        self.table, self.photographs, self.drawings, self.bank = table, photographs, drawings, bank
        self.sampling = replace(sampling, share_pairs=0.0) if reads == "feature_map" else sampling
        self.seed, self._judge, self._with_map = seed, judge, reads == "feature_map"
        self.kinds, self._blankable = kinds, tuple(blankable)
        self.features = features_to_standardise(table, reads, seed)
        self._mean, self._spread = (torch.from_numpy(numbers) for numbers in (table.features.mean(0), table.features.std(0)))
        self.facts = {**facts, "training": {**facts["training"], **asdict(self.sampling)}}

    def batch(self, step: int) -> QueryBatch:
        """Draw sources * modifications queries; if a garment has no partner for a change, another is drawn.

        Raises:
            ValueError: hardly any garment has partners.
        """
        rng = np.random.default_rng([self.seed, step])
        references: list[Picture] = []
        source, asked = [], []
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
                asked += made
                references.append(reference)
        targets = [query.target for query in asked]
        return QueryBatch(
            self._blurred(rng, gather(self.table, references, self._with_map)),
            torch.tensor(source),
            batch_words([query.sentence.values for query in asked]),
            self._blurred(rng, gather(self.table, targets, self._with_map)),
            false_negatives(asked, references),
            soft_negatives(asked, references),
            None if self.kinds is None else self._grounding([references[row] for row in source], asked),
        )

    def judge(self, model: Compositor) -> tuple[float, dict[str, float]]:
        """Success on photographs held out of the train split (see `GarmentJudge`)."""
        return self._judge(model)

    def _queries_of(self, rng) -> tuple[Picture, list[Asked]]:
        """A reference and its queries; fewer than wanted if it lacks partners."""
        pool = self.photographs if rng.random() < self.sampling.share_photographs else self.drawings
        wanted = self.sampling.modifications
        number = int(rng.integers(len(pool)))
        queries: list[Asked] = []
        if rng.random() >= self.sampling.share_pairs:
            for _ in range(_ATTEMPTS * wanted):
                if len(queries) < wanted and (query := self._ask(rng, pool, number, None)):
                    queries.append(query)
            return (self._shown(rng, pool, number),), queries
        other, share = int(rng.integers(len(pool))), rng.uniform(0.4, 0.6)
        pair = side_by_side(self._shown(rng, pool, number), self._shown(rng, pool, other), share)
        for _ in range(_ATTEMPTS * wanted):
            side = len(queries) % 2
            pointed = self.kinds is not None and bool(rng.random() < self.sampling.share_pointed)
            told = None if pointed else SIDES[side]
            if len(queries) < wanted and (query := self._ask(rng, pool, (number, other)[side], told)):
                (changed,) = query.target
                both = (changed, pair[1]) if side == 0 else (pair[0], changed)
                queries.append(query._replace(target=side_by_side(*both, share), side=SIDES[side], pointed=pointed))
        return pair, queries

    def _ask(self, rng, pool: GarmentPool, number: int, side: str | None) -> Asked | None:
        """A query on one garment, or on that garment next to another; None if nothing fits."""
        kind = rng.random()
        if kind < self.sampling.share_unwanted:
            return self._refuse(rng, pool, number, side)
        two = kind < self.sampling.share_unwanted + self.sampling.share_two
        columns = self._columns(rng, pool, 2 if two else 1)
        fact = pool.facts[number]
        if (fact[list(columns)] == UNKNOWN).any():
            return None
        there, partners = pool, pool.differing(fact, columns)
        if pool is self.photographs and rng.random() < self.sampling.share_crossed:
            crossed = self.drawings_like(fact, columns)
            if len(crossed):
                there, partners = self.drawings, crossed
        if not len(partners):
            return None
        values = there.facts[partners][:, list(columns)]
        choices = np.unique(values, axis=0)
        new = choices[rng.integers(len(choices))]  # rare colours are asked for as often as frequent ones
        partners = partners[(values == new).all(1)]
        if there is pool:
            same = partners[there.origin[partners] == pool.origin[number]]
            if len(same) and (pool is self.drawings or rng.random() < self.sampling.share_same):
                partners = same
        target = int(partners[rng.integers(len(partners))])
        names = [_NAMES[column] for column in columns]
        old, said = ([VALUES[n][v] for n, v in zip(names, some, strict=True)] for some in (fact[list(columns)], new))
        sentence = self.bank.draw(rng, names, old, said, VALUES["category"][fact[0]], side)
        return None if sentence is None else Asked(sentence, (self._shown(rng, there, target),), columns, None, side)

    def _refuse(self, rng, pool: GarmentPool, number: int, side: str | None) -> Asked | None:
        """ "Not red": mostly for something red, with a target in any other colour; else the target is like the reference."""
        (column,) = self._columns(rng, pool, 1)
        fact, name = pool.facts[number], _NAMES[column]
        if fact[column] == UNKNOWN:
            return None
        unwanted = int(fact[column])
        partners = pool.differing(fact, (column,))
        if rng.random() < _SHARE_KEPT:
            others = [value for value in range(len(VALUES[name])) if value != fact[column]]
            unwanted = int(rng.choice(others))
            partners = pool.like(fact, ())
        if not len(partners):
            return None
        target = int(partners[rng.integers(len(partners))])
        sentence = self.bank.draw(rng, [name], [VALUES[name][unwanted]], (), VALUES["category"][fact[0]], side)
        if sentence is None:
            return None
        return Asked(sentence, (self._shown(rng, pool, target),), (column,), unwanted, side)

    def drawings_like(self, fact: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """Drawings with a photograph's category, colour and pattern, except for other values in `columns`."""
        kept, columns = [c for c in range(3) if c not in columns], list(columns)
        like = np.flatnonzero((self.drawings.facts[:, kept] == fact[kept]).all(1))
        return like[(self.drawings.facts[like][:, columns] != fact[columns]).all(1)]

    def _grounding(self, references: Sequence[Picture], asked: Sequence[Asked]) -> Grounding:
        """Where the words of each query should look in its reference."""
        longest = max(len(query.sentence.meanings) for query in asked)
        most = max(sum(len(garment.rows) for garment in picture) for picture in references)
        fits = np.zeros((len(asked), longest, most), bool)
        meant, linked = np.zeros((len(asked), most), bool), np.ones((len(asked), most), bool)
        for row, (picture, query) in enumerate(zip(references, asked, strict=True)):
            counts = [len(garment.rows) for garment in picture]
            seen = SeenRegions(
                self.kinds[np.concatenate([garment.rows for garment in picture])],
                np.repeat([garment.facts for garment in picture], counts, 0),
                np.repeat(np.arange(len(picture)), counts),
            )
            own = words_fit(query.sentence.meanings, seen)
            fits[row, : own.shape[0], : own.shape[1]] = own
            meant[row, : own.shape[1]] = regions_meant([_NAMES[column] for column in query.columns], query.side, seen)
            if query.pointed:
                linked[row, : own.shape[1]] = seen.sides == SIDES.index(query.side)
        return Grounding(*(torch.from_numpy(known) for known in (fits, meant, linked)))

    def _blurred(self, rng, regions: RegionBatch) -> RegionBatch:
        noise = torch.from_numpy(rng.standard_normal(regions.features.shape, np.float32))
        features = regions.features + self.sampling.noise * self._spread * noise
        blank = torch.from_numpy(rng.random((len(features), len(self._blankable))) < self.sampling.share_blanked)
        for column, own in enumerate(self._blankable):
            features[blank[:, column], :, own] = self._mean[own]
        return regions._replace(features=features * regions.mask[..., None])

    def _columns(self, rng, pool: GarmentPool, count: int) -> tuple[int, ...]:
        """Which facts change, in their order."""
        weights = (0.1, 0.76, 0.14, 0, 0, 0) if pool is self.photographs else (0.08, 0.34, 0.2, 0.12, 0.14, 0.12)
        return tuple(sorted(rng.choice(len(_NAMES), count, replace=False, p=weights).tolist()))

    def _shown(self, rng, pool: GarmentPool, number: int) -> ShownGarment:
        rows = self.table.rows(int(pool.pictures[number]))
        kept = rng.random(len(rows)) >= self.sampling.share_dropped
        kept[0] = True
        return ShownGarment(pool.facts[number], rows[kept], picture=int(pool.pictures[number]))
