"""Do maps tell the truth? Compares estimates of what matters in a query with what happens without it.

There are two questions, and two kinds of truth about a region. *What does the sentence act on?* Cut the links between the
region and all words, in both cross-attentions of every fusion layer, and leave everything else as it is: how much does the
target's cosine drop? *What carries the result?* Leave the region out of the detected ones; or paint it out of the picture and
run everything again. An object to be removed or recoloured matters for the first question but not for the second. The truth
about a word is the drop when the sentence is read again without it.

Each estimate ranks the regions (or words) of a query, and Spearman's correlation with the truth is computed query by query.
Estimates: attention of the first fusion layer, of the last, and averaged over layers (always averaged over heads and words, or
regions); attention rollout; relevance; relevance through values only; and, for regions, leaving the region out. In addition,
regions are removed (or added) one by one in the order of each estimate, and maps are compared with those of an untrained
network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from lbf_model.checkpoint import checkpoint_name, provenance
from lbf_model.compositors.lbf import LbfNetwork
from lbf_model.explain.covering import paint_out
from lbf_model.explain.leave_one_out import compose_unlinked, compose_without
from lbf_model.explain.relevance import explain_relevance
from lbf_model.explain.rollout import roll_out
from lbf_model.explain.value_relevance import explain_values
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever, load_retriever
from lbf_model.training.agreement import FEWEST, Parts, agreement, can_be_ranked, spearman
from lbf_model.training.perturbation import perturb
from lbf_model.types import SearchResult
from lbf_model.vision.pictures import load_picture


@dataclass(frozen=True)
class KnownQuery:
    """A composed query whose target picture is known; `group` is what kind of query it is."""

    picture: Path
    text: str
    target: Path
    group: str = ""


@dataclass(frozen=True)
class Measured:
    """Everything that is measured for one query.

    Attributes:
        group: of the query.
        regions: their truths and estimates.
        words: their truths and estimates.
        curves: by name of the `perturb` curve, and by estimate or "random", the mean cosine along it; None for fewer than three
            regions.
        untrained: by estimate, Spearman's correlation with the map of an untrained network; None for fewer than three regions.
    """

    group: str
    regions: Parts
    words: Parts
    curves: dict[str, dict[str, float]] | None
    untrained: dict[str, float] | None


def evaluate_attribution(
    checkpoint: Path, queries: Sequence[KnownQuery], data: dict, seed: int = 0, device: str = "cpu"
) -> dict:
    """Compare estimates with truths, over queries with three or more regions (or words).

    Args:
        checkpoint: folder of an LBF compositor.
        queries: with known targets.
        data: what the figures say about where the queries come from.
        seed: for resamples, random orders and the untrained network.
        device: "cpu" or "cuda".

    Returns:
        "regions", "words" and "groups" (the regions of each group's queries, if any can be ranked): results of `agreement`.
        "curves": the means of `perturb` over queries. "untrained": the mean over queries of the correlation with the maps of an
        untrained network; maps that show what was learned have no such correlation.

    Raises:
        CheckpointError: the checkpoint is not an intact LBF checkpoint.
        ValueError: there are too few queries whose regions, or whose words, can be ranked.
    """
    retriever = load_retriever(checkpoint, device)
    measure = Measuring(retriever, seed)
    measured = [measure(query) for query in tqdm(queries, desc="attribution", unit="query")]
    groups = sorted({m.group for m in measured if can_be_ranked(m.regions)} - {""})
    return {
        "checkpoint": checkpoint_name(checkpoint),
        "weights": retriever.fingerprint,
        "queries": len(queries),
        "regions": agreement([m.regions for m in measured], seed),
        "words": agreement([m.words for m in measured], seed),
        "groups": {g: agreement([m.regions for m in measured if m.group == g], seed) for g in groups},
        "curves": _means([m.curves for m in measured if m.curves]),
        "untrained": _means([{"spearman": m.untrained} for m in measured if m.untrained]),
        "detector": retriever.detector.fingerprint,
        "data": data,
        **provenance(),
    }


class Measuring:
    """Measures queries, one at a time."""

    def __init__(self, retriever: Retriever, seed: int):
        """Prepare; `seed` is for random orders and the untrained network."""
        self.retriever, self.rng = retriever, np.random.default_rng(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            untrained = LbfNetwork(retriever.encoder.config)
        known = retriever.encoder
        untrained.region_input.load_state_dict(  # the statistics that standardise features are measured, not trained
            {**untrained.region_input.state_dict(), **dict(known.network.region_input.named_buffers())}
        )
        self.untrained = QueryEncoder(untrained, known.facts, known.reader, known.device)

    def __call__(self, query: KnownQuery) -> Measured:
        """Truths, estimates, curves, and the comparison with the untrained network."""
        encoder, picture = self.retriever.encoder, load_picture(query.picture)
        result = self.retriever.compose_query(picture, query.text)
        target = encoder.encode_targets(self.retriever.detect_regions([load_picture(query.target)]))[0]
        score = result.embedding @ target
        seen_again = self.retriever.detect_regions([paint_out(picture, box) for box in result.regions.boxes])
        painted = encoder.encode_queries(seen_again, [result.tokens] * len(seen_again))
        without_region, without_word = compose_without(encoder, result.regions, result.tokens)
        unlinked = compose_unlinked(encoder, result.regions, result.tokens)
        truths = {
            "links cut": score - unlinked @ target,
            "left out": score - without_region @ target,
            "painted out": score - painted @ target,
        }
        of_regions, of_words = estimates(encoder, result, target)
        said = ~np.isnan(without_word).any(1)  # words without which the sentence can still be read
        curves = untrained = None
        if len(result.regions) >= FEWEST:
            ranked = {**of_regions, "left out": truths["left out"], "links cut": truths["links cut"]}
            curves = perturb(encoder, result, target, ranked, self.rng)
            untrained = self._compare(result, target, of_regions)
        return Measured(
            query.group,
            Parts(truths, {**of_regions, "left out": truths["left out"]}),
            Parts({"left out": score - without_word[said] @ target}, {name: of[said] for name, of in of_words.items()}),
            curves,
            untrained,
        )

    def _compare(self, result: SearchResult, target: np.ndarray, own: Mapping[str, np.ndarray]) -> dict[str, float]:
        embedding, explanation = self.untrained.encode_query(result.regions, result.tokens)
        other, _ = estimates(self.untrained, replace(result, embedding=embedding, explanation=explanation), target)
        return {name: spearman(own[name], other[name]) for name in own}


def estimates(
    encoder: QueryEncoder, result: SearchResult, target: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """How much each region, and each word, matters according to each estimate; by name of the estimate."""
    relevance = explain_relevance(encoder, result, target)
    values, rolled = explain_values(encoder, result, target), roll_out(encoder, result)
    found = []
    attention = result.explanation.word_to_region, result.explanation.region_to_word
    for part, (weights, relevant) in enumerate(zip(attention, (relevance.regions, relevance.words), strict=True)):
        maps = weights.mean((1, 2))  # (layers, N)
        found.append(
            {
                "attention, first layer": maps[0],
                "attention, last layer": maps[-1],
                "attention": maps.mean(0),
                "rollout": rolled[part],
                "relevance": relevant,
                "value relevance": values[part],
            }
        )
    return found[0], found[1]


def _means(tables: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """The mean, entry by entry, of tables that all have the same entries."""
    if not tables:
        return {}
    cells = {row: tables[0][row] for row in tables[0]}
    return {row: {cell: round(float(np.mean([t[row][cell] for t in tables])), 4) for cell in cells[row]} for row in cells}
