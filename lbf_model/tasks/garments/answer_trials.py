"""Answers whose rightness is known, to learn how likely an answer is right.

Every photograph of the split "further", which trains nothing and is no part of the benchmark, is asked for other colours,
patterns, kinds, and a colour with a pattern, and told which colour or pattern not to have. Nothing is asked for because the
gallery has it: often nothing fits.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lbf_model.retrieval.encoder import load_compositor, load_reader
from lbf_model.retrieval.odds import READ
from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.bench import CATEGORY, COLOR, Bench
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.embeddings import embed_pictures
from lbf_model.tasks.garments.regions import UNKNOWN, facts_of, source_store
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.training.calibration import AnswerTrials
from lbf_model.training.region_store import RegionTable
from lbf_model.vision.detectors.base import RegionDetector

_EACH = 4  # queries of each sort a photograph


def garment_answer_trials(
    checkpoint: Path, photographs: GarmentSource, drawings: GarmentSource, detector: RegionDetector, regions: Path, seed: int
) -> AnswerTrials:
    """Answers to queries on photographs, in a gallery of them and of drawings.

    Args:
        checkpoint: of a compositor.
        photographs: of the split "further".
        drawings: a catalogue that was not trained on.
        detector: that the compositor was trained with.
        regions: folder of extracted regions; made or finished first where need be.
        seed: draws what is asked, and sentences.
    """
    network, _ = load_compositor(checkpoint)  # without its odds: they may be none any more
    folder = regions / detector.fingerprint / "measured"
    stores = [source_store(s, n, detector, folder) for n, s in (("further", photographs), ("drawings", drawings))]
    table = RegionTable(stores, network.config.max_regions)
    facts = np.stack([facts_of(r) for r in (*photographs.records, *drawings.records)])
    bench = Bench(network, load_reader(network.config), table, facts, facts[:, COLOR], len(photographs.records))
    return try_changes(bench, embed_pictures(bench.model, table, [(bench.shown(i),) for i in range(len(facts))]), seed)


def try_changes(bench: Bench, gallery: np.ndarray, seed: int) -> AnswerTrials:
    """Answers to several changes of every photograph of a bench whose gallery embeddings (N, E) are known.

    A first result is right if it has what was asked for, or has something else than what was refused, and keeps the kind; the
    colour, where another kind was asked for.
    """
    rng = np.random.default_rng(seed)
    drawn = [(i, *told) for i in range(bench.photographs) for told in _draw_changes(bench.facts[i], rng)]
    sentences = [sample_sentence(rng, change, "paraphrases") for _, _, change in drawn]
    queries, read = bench.compose([(bench.shown(i),) for i, _, _ in drawn], sentences)
    own = np.array([i for i, _, _ in drawn])
    scores = queries @ gallery.T
    scores[np.arange(len(own)), own] = -np.inf
    first = bench.facts[scores.argmax(1)]
    right = np.array([_is_right(change, bench.facts[i], f) for (i, _, change), f in zip(drawn, first, strict=True)])
    asked = np.array([sort for _, sort, _ in drawn])
    return AnswerTrials(queries, -np.sort(-scores, 1)[:, :READ], right, own, asked).part(read)


def _draw_changes(facts: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, Change]]:
    """What to ask of a picture with facts (6,), each with what a table calls it."""
    for attribute in ("color", "pattern", "category"):
        yield from ((attribute, change) for change in _wishes(attribute, facts, rng))
    for color, pattern in zip(_wishes("color", facts, rng), _wishes("pattern", facts, rng), strict=False):
        yield "color and pattern", Change(color.attribute, color.new, color.old, second=pattern)
    for attribute in ("color", "pattern"):
        others = _wishes(attribute, facts, rng)
        for change in others[: _EACH // 2]:  # half of them refuse what the picture has, half what it has not
            yield f"{attribute} refused", Change(attribute, None, change.old)
            yield f"{attribute} refused", Change(attribute, None, change.new)


def _wishes(attribute: str, facts: np.ndarray, rng: np.random.Generator) -> list[Change]:
    """Changes of one attribute to other values, different ones; none where its value is unknown."""
    values, own = VALUES[attribute], facts[list(VALUES).index(attribute)]
    if own == UNKNOWN:
        return []
    return [Change(attribute, values[value], values[own]) for value in rng.permutation(len(values)) if value != own][:_EACH]


def _is_right(change: Change, own: np.ndarray, found: np.ndarray) -> bool:
    kept = COLOR if change.attribute == "category" else CATEGORY
    return own[kept] == found[kept] and _obeys(change, found) and (change.second is None or _obeys(change.second, found))


def _obeys(change: Change, found: np.ndarray) -> bool:
    value = found[list(VALUES).index(change.attribute)]
    if value == UNKNOWN:
        return False
    said = VALUES[change.attribute][value]
    return said != change.old if change.new is None else said == change.new
