"""Which pictures of a batch answer a query about a garment, besides its target."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lbf_model.tasks.garments.facts import CATEGORY, COLOR
from lbf_model.tasks.garments.regions import UNKNOWN, Picture, compatible
from lbf_model.tasks.garments.sentence_bank import Sentence
from lbf_model.tasks.garments.sentences import SIDES


class Asked(NamedTuple):
    """One query of a reference.

    Attributes:
        sentence: what is said.
        target: a picture that fits it.
        columns: of the facts that it is about.
        unwanted: the value that is not wanted, of the one column; None if values are wanted.
        side: of two garments, the one that is meant.
        pointed: whether the sentence does not say the side, because that garment is pointed at.
    """

    sentence: Sentence
    target: Picture
    columns: tuple[int, ...]
    unwanted: int | None = None
    side: str | None = None
    pointed: bool = False


def false_negatives(asked: Sequence[Asked], references: Sequence[Picture]) -> Tensor:
    """(B, B + S) bool: columns that show as many garments as the target, each of them as good as the target's.

    If a value is not wanted, a garment is as good with any other value.
    """
    targets = [query.target for query in asked]
    columns = [*targets, *references]
    right = np.zeros((len(targets), len(columns)), bool)
    for count in {len(p) for p in targets}:
        rows = np.array([i for i, p in enumerate(targets) if len(p) == count])
        across = np.array([i for i, p in enumerate(columns) if len(p) == count])
        one = np.stack([[g.facts for g in targets[i]] for i in rows])
        other = np.stack([[g.facts for g in columns[i]] for i in across])
        right[np.ix_(rows, across)] = compatible(one[:, None], other[None]).all(-1)
        for row, wanted in zip(rows, one, strict=True):
            if asked[row].unwanted is not None:
                right[row, across] = _as_good_without(asked[row], wanted, other)
    right[np.arange(len(targets)), np.arange(len(targets))] = False
    return torch.from_numpy(right)


def _as_good_without(query: Asked, wanted: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """(P,) bool: which of (P, G, 6) shown garments fit a query that says what is not wanted, whose target is (G, 6)."""
    (column,) = query.columns
    changed = (slice(None), 0 if query.side is None else SIDES.index(query.side), column)
    facts = np.repeat(wanted[None], len(shown), 0)
    facts[changed] = shown[changed]
    return ~np.isin(shown[changed], (query.unwanted, UNKNOWN)) & compatible(facts, shown).all(-1)


def soft_negatives(asked: Sequence[Asked], references: Sequence[Picture]) -> Tensor:
    """(B, B + S) bool: columns with one garment of the target's kind that has all that was asked for, whatever else differs."""
    columns = [*(query.target for query in asked), *references]
    single = np.array([len(p) == 1 for p in columns])
    facts = np.stack([p[0].facts for p in columns])
    half = np.zeros((len(asked), len(columns)), bool)
    for row, query in enumerate(asked):
        own = facts[row]
        said = [COLOR if query.columns == (CATEGORY,) else column for column in query.columns]
        if not single[row] or (own[said] == UNKNOWN).any():
            continue
        if query.unwanted is None:
            has = (facts[:, said] == own[said]).all(1)
        else:
            has = (facts[:, said] != query.unwanted).all(1) & (facts[:, said] != UNKNOWN).all(1)
        half[row] = (facts[:, CATEGORY] == own[CATEGORY]) & has & single
    half[np.arange(len(asked)), np.arange(len(asked))] = False
    return torch.from_numpy(half)
