"""Deletion and insertion: how a query changes as its regions, or their links to the words, are removed or added one by one."""

from collections.abc import Mapping, Sequence

import numpy as np

from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.types import SearchResult

_ORDERS = 3  # random orders, for comparison with those of the estimates
Step = tuple[str, np.ndarray]  # the name of an estimate, and the positions of the remaining regions


def perturb(
    encoder: QueryEncoder,
    result: SearchResult,
    target: np.ndarray,
    ranked: Mapping[str, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, dict[str, float]]:
    """Remove regions, or add them, in the order of each estimate (Chefer et al., ICCV 2021: perturbation tests).

    Args:
        encoder: what composed the query.
        result: the answered query, with R regions, two or more.
        target: (E,) float32, unit length.
        ranked: by estimate, (R,) float.
        rng: draws the orders for "random".

    Returns:
        "deletion" and "insertion" of regions, "cutting" and "linking" of their links to the words; for each, by estimate and
        for "random", the mean cosine with the target along the way. Deletion and cutting start with all regions (or links) and
        end with one left, so a good estimate scores low there; insertion and linking start with one.
    """
    count = len(result.regions)
    orders = {name: [np.argsort(-values, kind="stable")] for name, values in ranked.items()}
    orders["random"] = [rng.permutation(count) for _ in range(_ORDERS)]
    named = [(name, order) for name, some in orders.items() for order in some]
    away = [(name, np.sort(order[k:])) for name, order in named for k in range(count)]
    back = [(name, np.sort(order[: k + 1])) for name, order in named for k in range(count)]
    ways = {
        "deletion": (_scores_of_regions, away),
        "insertion": (_scores_of_regions, back),
        "cutting": (_scores_of_links, away),
        "linking": (_scores_of_links, back),
    }
    return {way: _mean_scores(steps, score(encoder, result, target, steps)) for way, (score, steps) in ways.items()}


def _scores_of_regions(encoder: QueryEncoder, result: SearchResult, target: np.ndarray, steps: Sequence[Step]) -> np.ndarray:
    some = [result.regions.only(places) for _, places in steps]
    return encoder.encode_queries(some, [result.tokens] * len(some)) @ target


def _scores_of_links(encoder: QueryEncoder, result: SearchResult, target: np.ndarray, steps: Sequence[Step]) -> np.ndarray:
    links = [np.isin(np.arange(len(result.regions)), places) for _, places in steps]
    return encoder.encode_queries([result.regions] * len(links), [result.tokens] * len(links), links) @ target


def _mean_scores(steps: Sequence[Step], scores: np.ndarray) -> dict[str, float]:
    names = np.array([name for name, _ in steps])
    return {name: float(scores[names == name].mean()) for name in dict.fromkeys(names.tolist())}
