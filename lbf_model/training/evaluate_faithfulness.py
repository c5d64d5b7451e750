"""Does attention tell the truth? Estimates of what matters in a query, against what happens without it.

The truth about a region: the drop of the target's cosine when the region is painted out of the picture and everything,
detection included, is run again. The truth about a word: the drop when the sentence is read again without it. Each estimate
ranks the regions (or words) of a query, and Spearman's correlation with the truth is taken query by query.

Estimates: attention, the mean over layers, heads and words (or regions); relevance (`explain.relevance`); and, of regions,
leaving the region out of the detected set (`explain.leave_one_out`), which costs no detection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import bootstrap, spearmanr
from tqdm import tqdm

from lbf_model.checkpoint import provenance
from lbf_model.explain.covering import paint_out
from lbf_model.explain.leave_one_out import compose_without
from lbf_model.explain.relevance import explain_relevance
from lbf_model.retrieval.retriever import Retriever, load_retriever
from lbf_model.vision.pictures import load_picture

_FEWEST = 3  # regions or words, for a rank correlation to say something
_RESAMPLES = 2000


@dataclass(frozen=True)
class KnownQuery:
    """A composed query whose target picture is known."""

    picture: Path
    text: str
    target: Path


@dataclass(frozen=True)
class Parts:
    """What is said of the regions, or of the words, of one query.

    Attributes:
        truths: by name, (N,) float: the drop of the target's cosine without each part.
        estimates: by name, (N,) float: how much each part is said to matter.
    """

    truths: dict[str, np.ndarray]
    estimates: dict[str, np.ndarray]


def evaluate_attribution(
    checkpoint: Path, queries: Sequence[KnownQuery], data: dict, seed: int = 0, device: str = "cpu"
) -> dict:
    """Compare estimates with the truth, over queries of three or more regions (or words).

    Args:
        checkpoint: folder of an LBF compositor.
        queries: with known targets.
        data: what the figures say of where the queries come from.
        seed: draws the resamples of the intervals.
        device: "cpu" or "cuda".

    Returns:
        "regions" and "words": counts, the top-1 agreement of chance, and by truth and by its form ("drop", or "change", its
        absolute value) what `agreement` says.

    Raises:
        CheckpointError: the checkpoint is not an intact LBF checkpoint.
    """
    retriever = load_retriever(checkpoint, device)
    measured = [measure_query(retriever, query) for query in tqdm(queries, desc="attribution", unit="query")]
    return {
        "checkpoint": checkpoint.name,
        "weights": retriever.fingerprint,
        "queries": len(queries),
        "regions": agreement([regions for regions, _ in measured], seed),
        "words": agreement([words for _, words in measured], seed),
        "detector": retriever.detector.fingerprint,
        "data": data,
        **provenance(),
    }


def measure_query(retriever: Retriever, query: KnownQuery) -> tuple[Parts, Parts]:
    """Truths and estimates of one query's regions and of its words."""
    picture = load_picture(query.picture)
    result = retriever.compose_query(picture, query.text)
    target = retriever.encoder.encode_targets(retriever.detect_regions([load_picture(query.target)]))[0]
    score = result.embedding @ target
    seen_again = retriever.detect_regions([paint_out(picture, box) for box in result.regions.boxes])
    without_region, without_word = compose_without(retriever.encoder, result.regions, result.tokens)
    relevance = explain_relevance(retriever.encoder, result, target)
    left_out = score - without_region @ target
    regions = Parts(
        {
            "painted out": score - retriever.encoder.encode_queries(seen_again, [result.tokens] * len(seen_again)) @ target,
            "left out": left_out,
        },
        {
            "attention": result.explanation.word_to_region.mean((0, 1, 2)),
            "relevance": relevance.regions,
            "left out": left_out,
        },
    )
    words = Parts(
        {"left out": score - without_word @ target},
        {"attention": result.explanation.region_to_word.mean((0, 1, 2)), "relevance": relevance.words},
    )
    return regions, words


def agreement(parts: Sequence[Parts], seed: int) -> dict:
    """How well estimates agree with truths, over queries that have at least three parts.

    Args:
        parts: of each query.
        seed: draws the resamples of the intervals.

    Returns:
        "queries", "parts a query", "top-1 by chance" in percent; and for each truth and each of its forms, by estimate:
        "spearman", the mean over queries of the rank correlation, from "low" to "high" (95 % bootstrap interval over queries)
        and "top-1", the percentage of queries whose highest part is the truly highest. "relevance over attention" is the
        mean difference of the two correlations and its interval. An estimate that is the truth itself is left out. For the
        form "change" the absolute values of truth and estimate are compared.
    """
    kept = [p for p in parts if len(p.estimates["attention"]) >= _FEWEST]
    if not kept:
        raise ValueError(f"none of {len(parts)} queries has {_FEWEST} regions or words to rank; give more queries")
    counts = np.array([len(p.estimates["attention"]) for p in kept])
    figures = {
        "queries": len(kept),
        "parts a query": round(float(counts.mean()), 2),
        "top-1 by chance": round(100 * float((1 / counts).mean()), 2),
    }
    for truth in kept[0].truths:
        figures[truth] = {}
        names = [name for name in kept[0].estimates if name != truth]
        for form, shaped in (("drop", np.asarray), ("change", np.abs)):
            pairs = {n: [(shaped(p.estimates[n]), shaped(p.truths[truth])) for p in kept] for n in names}
            each = {name: np.array([spearman(*pair) for pair in some]) for name, some in pairs.items()}
            rows = {name: {**_interval(each[name], seed), "top-1": _top_agreement(some)} for name, some in pairs.items()}
            figures[truth][form] = {
                **rows,
                "relevance over attention": _interval(each["relevance"] - each["attention"], seed),
            }
    return figures


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """SciPy's rank correlation of two (N,) arrays, in [-1, 1]; 0 where all values of either are equal and rank nothing."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other).statistic)


def _top_agreement(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """Percentage of (estimate, truth) with the same highest part; among parts that tie, each is as likely to be picked."""
    shares = [np.mean(truth[estimate == estimate.max()] == truth.max()) for estimate, truth in pairs]
    return round(100 * float(np.mean(shares)), 2)


def _interval(values: np.ndarray, seed: int) -> dict[str, float]:
    """The mean of (Q,) values, and its 95 % percentile bootstrap interval; of one value, the interval is that value."""
    low = high = mean = float(values.mean())
    if len(values) > 1:
        rng = np.random.default_rng(seed)
        low, high = bootstrap((values,), np.mean, n_resamples=_RESAMPLES, method="percentile", rng=rng).confidence_interval
    return {"spearman": round(mean, 4), "low": round(float(low), 4), "high": round(float(high), 4)}
