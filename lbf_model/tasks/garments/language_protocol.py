"""How far a compositor understands what people ask on photographs: paraphrases, refusals, two changes at once, another kind.

All sentences are in wordings that training does not contain, unless a figure says otherwise.
"""

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.facts import CATEGORY, COLOR, PATTERN
from lbf_model.tasks.garments.regions import UNKNOWN
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.training.metrics import percent, success

_SPREAD, _PARAPHRASES = 400, 6  # queries whose answers to several paraphrases are compared
_EACH = 2  # queries per photograph, if there are very many


def measure_spread(bench: Bench, own: np.ndarray, asked: np.ndarray, gallery: np.ndarray, seed: int) -> dict[str, float]:
    """How much depends on the wording: a sample of the queries, each in several paraphrases.

    Returns:
        Success at 1 in percent, the mean over queries of the standard deviation over paraphrases (of 100 for a hit, 0 for a
        miss), and the percentage of queries that are answered rightly in some paraphrases but not in others.
    """
    rng = np.random.default_rng([seed, 1])
    chosen = rng.permutation(len(own))[:_SPREAD]
    own, asked, hits = own[chosen], asked[chosen], []
    facts = bench.facts[: len(gallery)]
    wanted = np.stack([facts[own, CATEGORY], asked], axis=1)
    for _ in range(_PARAPHRASES):
        changes = [Change("color", COLORS[c], COLORS[facts[i, COLOR]]) for i, c in zip(own, asked, strict=True)]
        scores = bench.scores(own, [sample_sentence(rng, change, "paraphrases") for change in changes], gallery)
        hits.append((bench.first_facts(scores)[:, [CATEGORY, COLOR]] == wanted).all(1))
    hit = 100 * np.array(hits, float)  # (paraphrases, queries)
    return {
        "queries": len(own),
        "success@1": round(float(hit.mean()), 2),
        "deviation": round(float(hit.std(0).mean()), 2),
        "answered both ways": percent(hit.min(0) < hit.max(0)),
    }


def measure_refused(bench: Bench, gallery: np.ndarray, seed: int, split: str) -> dict[str, float]:
    """ "Not red", in the wordings of a split, for every photograph's own colour: does the first result obey?"""
    facts = bench.facts[: len(gallery)]
    own, rng = np.arange(len(gallery)), np.random.default_rng([seed, 2])
    sentences = [sample_sentence(rng, Change("color", None, COLORS[color]), split) for color in facts[:, COLOR]]
    scores = bench.scores(own, sentences, gallery)
    first = bench.first_facts(scores)
    other = (first[:, COLOR] != facts[:, COLOR]) & (first[:, COLOR] != UNKNOWN)
    kept = first[:, CATEGORY] == facts[:, CATEGORY]
    return {"queries": len(own), "obeyed first": percent(other), "obeyed first, kind kept": percent(other & kept)}


def measure_two_changes(bench: Bench, gallery: np.ndarray, seed: int, split: str = "paraphrases") -> dict[str, float]:
    """Another colour and pattern at once, if the gallery has that kind in both: are both right, and the kind kept?"""
    facts, rng = bench.facts[: len(gallery)], np.random.default_rng([seed, 3])
    own, wanted, sentences = [], [], []
    for i in np.flatnonzero(facts[: bench.photographs, PATTERN] != UNKNOWN):
        there = facts[facts[:, CATEGORY] == facts[i, CATEGORY]][:, [COLOR, PATTERN]]
        there = np.unique(there[(there != facts[i, [COLOR, PATTERN]]).all(1) & (there[:, 1] != UNKNOWN)], axis=0)
        for color, pattern in rng.permutation(there)[:_EACH]:
            second = Change("pattern", PATTERNS[pattern], PATTERNS[facts[i, PATTERN]])
            change = Change("color", COLORS[color], COLORS[facts[i, COLOR]], second=second)
            own.append(i)
            wanted.append((facts[i, CATEGORY], color, pattern))
            sentences.append(sample_sentence(rng, change, split))
    if not own:
        return {"queries": 0}
    own, wanted = np.array(own), np.array(wanted)
    scores = bench.scores(own, sentences, gallery)
    first = bench.first_facts(scores)[:, [CATEGORY, COLOR, PATTERN]]
    right = (wanted[:, None] == facts[:, [CATEGORY, COLOR, PATTERN]]).all(2)
    return {
        "queries": len(own),
        **success(scores, right),
        "both right first, any kind": percent((first[:, 1:] == wanted[:, 1:]).all(1)),
        "colour right first": percent(first[:, 1] == wanted[:, 1]),
        "pattern right first": percent(first[:, 2] == wanted[:, 2]),
    }


def measure_other_kinds(bench: Bench, gallery: np.ndarray, seed: int, split: str = "paraphrases") -> dict[str, float]:
    """Another kind in the same colour, if the gallery has it."""
    facts, rng = bench.facts[: len(gallery)], np.random.default_rng([seed, 4])
    own, wanted, sentences = [], [], []
    for i in range(bench.photographs):
        there = np.unique(facts[facts[:, COLOR] == facts[i, COLOR]][:, CATEGORY])
        for kind in rng.permutation(there[there != facts[i, CATEGORY]])[:_EACH]:
            change = Change("category", CATEGORIES[kind], CATEGORIES[facts[i, CATEGORY]])
            own.append(i)
            wanted.append((kind, facts[i, COLOR]))
            sentences.append(sample_sentence(rng, change, split))
    if not own:
        return {"queries": 0}
    own, wanted = np.array(own), np.array(wanted)
    scores = bench.scores(own, sentences, gallery)
    first = bench.first_facts(scores)
    right = (wanted[:, None] == facts[:, [CATEGORY, COLOR]]).all(2)
    return {"queries": len(own), **success(scores, right), "kind right first": percent(first[:, CATEGORY] == wanted[:, 0])}
