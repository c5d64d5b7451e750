"""Does attention point where it should? Compares maps with what each word fits and what each sentence is about.

A benchmark supplies queries whose pictures are fully known, and the truth about the regions that were found. The figures follow
the loss (`network.losses.grounding_loss`): the first layer is compared with what each word fits by itself, the last with what
the sentence is about. Each figure comes with the value that an even map would reach.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from lbf_model.checkpoint import checkpoint_name, provenance
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.training.bootstrap import mean_interval
from lbf_model.types import Regions
from lbf_model.vision.pictures import load_picture


@dataclass(frozen=True)
class Ground:
    """What is true of one query's regions.

    Attributes:
        kinds: T names, what kind of word each is ("size", "color"); the first layer's figures are reported by kind. A word
            whose kind is "" is left out.
        fits: (T, R) bool, regions that each word fits. A word that fits all regions says nothing and is left out; one that
            fits none counts as a miss.
        meant: (R,) bool, regions that the sentence is about. A query about none or all is left out of the last layer's figures.
    """

    kinds: Sequence[str]
    fits: np.ndarray
    meant: np.ndarray


@dataclass(frozen=True)
class GroundedQuery:
    """A composed query whose picture is fully known.

    Attributes:
        picture: the picture, or the path of its file.
        text: the sentence.
        group: what kind of query it is; figures are also reported by group.
        ground: the regions that were found and the words that were read -> what is true of them.
    """

    picture: Path | Image.Image
    text: str
    group: str
    ground: Callable[[Regions, Sequence[str]], Ground]


def evaluate_grounding(
    checkpoint: Path, queries: Sequence[GroundedQuery], data: dict, seed: int = 0, device: str = "cpu"
) -> dict:
    """Measure where words look, in percent.

    Args:
        checkpoint: folder of an LBF compositor.
        queries: on pictures that were not used for training.
        data: what the figures say about where the queries come from.
        seed: for the bootstrap resamples.
        device: "cpu" or "cuda".

    Returns:
        "last layer": figures of `pointed` over all queries, by group and by number of regions; "first layer": figures of
        `pointed` by kind of word; "words differ": how much the first-layer maps of two words of a query differ (total
        variation, mean over pairs of words).

    Raises:
        CheckpointError: the checkpoint is not an intact LBF checkpoint.
        ValueError: no query has a region that is meant and one that is not.
    """
    retriever = load_retriever(checkpoint, device)
    sentences: dict[str, list] = defaultdict(list)
    words: dict[str, list] = defaultdict(list)
    apart = []
    for query in tqdm(queries, desc="grounding", unit="query"):
        picture = query.picture if isinstance(query.picture, Image.Image) else load_picture(query.picture)
        result = retriever.compose_query(picture, query.text)
        ground = query.ground(result.regions, result.tokens.words)
        first, last = result.explanation.word_to_region[[0, -1]].mean(1)  # (T, R) each, mean over heads
        if 0 < ground.meant.sum() < len(ground.meant):
            for group in ("all", query.group, f"{len(ground.meant)} regions"):
                sentences[group].append((last.mean(0), ground.meant))
        for kind, fits, weights in zip(ground.kinds, ground.fits, first, strict=True):
            if kind and not fits.all():
                words[kind].append((weights, fits))
        if len(first) > 1 and first.shape[1] > 1:
            pairs = np.abs(first[:, None] - first[None]).sum(-1) / 2
            apart.append(pairs[np.triu_indices(len(first), 1)].mean())
    if not sentences["all"]:
        raise ValueError(f"none of {len(queries)} queries has a region that is meant and one that is not; give other queries")
    return {
        "checkpoint": checkpoint_name(checkpoint),
        "weights": retriever.fingerprint,
        "detector": retriever.detector.fingerprint,
        "queries": len(queries),
        "last layer": {group: pointed(maps, seed) for group, maps in sorted(sentences.items())},
        "first layer": {kind: pointed(maps, seed) for kind, maps in sorted(words.items())},
        "words differ": round(100 * float(np.mean(apart)), 2) if apart else None,
        "data": data,
        **provenance(),
    }


def pointed(maps: Sequence[tuple[np.ndarray, np.ndarray]], seed: int) -> dict:
    """How well maps point at what is right.

    Args:
        maps: pairs of (R,) attention that sums to 1 and (R,) bool, the right regions.
        seed: for the bootstrap resamples.

    Returns:
        "maps": how many; in percent "right first", how often a right region has the most attention (with "low" and "high",
        its 95 % bootstrap interval); "mass", how much attention lies on right regions; and "chance", what both would be if
        attention were even.
    """
    first = np.array([np.mean(right[weights == weights.max()]) for weights, right in maps])
    mass = np.array([weights[right].sum() for weights, right in maps])
    even = np.array([right.mean() for _, right in maps])
    mean, low, high = mean_interval(first, seed)
    percents = {"right first": mean, "low": low, "high": high, "mass": float(mass.mean()), "chance": float(even.mean())}
    return {"maps": len(maps), **{name: round(100 * value, 2) for name, value in percents.items()}}
