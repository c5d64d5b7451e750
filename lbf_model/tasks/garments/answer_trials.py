"""Answers known to be right or wrong, to learn how likely an answer is right.

Queries on photographs that did not train the compositor ask for other colours, patterns and kinds, for a colour with a pattern,
or for anything but some colour or pattern. Changes are drawn whether or not the gallery can satisfy them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from lbf_model.retrieval.encoder import load_compositor, load_reader
from lbf_model.retrieval.odds import READ
from lbf_model.tasks.garments.attributes import VALUES
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.embeddings import embed_pictures
from lbf_model.tasks.garments.facts import CATEGORY, COLOR
from lbf_model.tasks.garments.regions import UNKNOWN, facts_of, source_store
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.tasks.garments.training_data import held_out_photographs
from lbf_model.training.calibration import AnswerTrials
from lbf_model.training.region_store import RegionTable
from lbf_model.vision.detectors.base import RegionDetector

_EACH = 4  # queries of each kind per photograph


def garment_answer_trials(
    checkpoint: Path,
    further: GarmentSource,
    train: GarmentSource,
    drawings: GarmentSource,
    detector: RegionDetector,
    regions: Path,
    seed: int,
) -> AnswerTrials:
    """Answers to queries on photographs, in a gallery of them and of drawings.

    Photographs of the split "further" show unusual kinds and are new to the detector, too. Those that the compositor's training
    held out show usual ones, but the detector was trained on them. Together they are neither too hard nor too easy.

    Args:
        checkpoint: of a compositor.
        further: photographs of the split "further".
        train: those of the train split, as they were when the compositor was trained.
        drawings: a catalogue that was not trained on.
        detector: the one that the compositor was trained with.
        regions: folder of extracted regions; extracted first if missing or incomplete.
        seed: draws what is asked, and sentences.
    """
    network, header = load_compositor(checkpoint)  # without its odds, which may have an older form
    training = header["training"]
    judged = held_out_photographs(len(train.records), training["held_out"], training["seed"])
    held_out = replace(train, records=[train.records[i] for i in judged])
    sources = {"further": further, f"held-out-{training['seed']}": held_out, "drawings": drawings}
    folder = regions / detector.fingerprint / "measured"
    table = RegionTable([source_store(s, n, detector, folder) for n, s in sources.items()], network.config.max_regions)
    facts = np.stack([facts_of(record) for source in sources.values() for record in source.records])
    bench = Bench(network, load_reader(network.config), table, facts, facts[:, COLOR], len(facts) - len(drawings.records))
    return try_changes(bench, embed_pictures(bench.model, table, [(bench.shown(i),) for i in range(len(facts))]), seed)


def try_changes(bench: Bench, gallery: np.ndarray, seed: int) -> AnswerTrials:
    """Answers to several changes of every photograph.

    A first result is right if it has what was asked for (or something other than what was refused) and keeps the kind (or the
    colour, if the kind was to change).

    Args:
        bench: whose photographs are asked about.
        gallery: (N, E) float32, unit length, embeddings of all its pictures.
        seed: draws changes and sentences.

    Returns:
        The answers; sentences that cannot be read are left out.
    """
    rng = np.random.default_rng(seed)
    drawn = [(i, *drawn) for i in range(bench.photographs) for drawn in _draw_changes(bench.facts[i], rng)]
    sentences = [sample_sentence(rng, change, "paraphrases") for _, _, change in drawn]
    queries, read = bench.compose([(bench.shown(i),) for i, _, _ in drawn], sentences)
    own = np.array([i for i, _, _ in drawn])
    scores = queries @ gallery.T
    scores[np.arange(len(own)), own] = -np.inf
    first = bench.facts[scores.argmax(1)]
    right = np.array([_is_right(change, bench.facts[i], f) for (i, _, change), f in zip(drawn, first, strict=True)])
    asked = np.array([kind for _, kind, _ in drawn])
    return AnswerTrials(queries, -np.sort(-scores, 1)[:, :READ], right, own, asked).part(read)


def _draw_changes(facts: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, Change]]:
    """What to ask of a picture with facts (6,), each with its name in a table."""
    for attribute in ("color", "pattern", "category"):
        yield from ((attribute, change) for change in _other_values(attribute, facts, rng))
    both = _other_values("color", facts, rng), _other_values("pattern", facts, rng)
    for color, pattern in zip(*both, strict=False):  # no patterns if the picture's own is unknown
        yield "color and pattern", replace(color, second=pattern)
    for attribute in ("color", "pattern"):
        others = _other_values(attribute, facts, rng)
        for change in others[: _EACH // 2]:  # half of them refuse what the picture has, half what it does not have
            yield f"{attribute} refused", Change(attribute, None, change.old)
            yield f"{attribute} refused", Change(attribute, None, change.new)


def _other_values(attribute: str, facts: np.ndarray, rng: np.random.Generator) -> list[Change]:
    """Changes of one attribute, each to another value; none if its own value is unknown."""
    values, own = VALUES[attribute], facts[list(VALUES).index(attribute)]
    if own == UNKNOWN:
        return []
    return [Change(attribute, values[value], values[own]) for value in rng.permutation(len(values)) if value != own][:_EACH]


def _is_right(change: Change, own: np.ndarray, found: np.ndarray) -> bool:
    kept = COLOR if change.attribute == "category" else CATEGORY
    return (
        own[kept] == found[kept] != UNKNOWN
        and _obeys(change, found)
        and (change.second is None or _obeys(change.second, found))
    )


def _obeys(change: Change, found: np.ndarray) -> bool:
    value = found[list(VALUES).index(change.attribute)]
    if value == UNKNOWN:
        return False
    said = VALUES[change.attribute][value]
    return said != change.old if change.new is None else said == change.new
