"""The protocol for photographs of garments: does the result keep the category and have the colour that was asked for?

Queries: every validation photograph with every other colour that exists in its category. A hit is a photograph (or, in the
mixed gallery, a drawing, too) of the reference's category in the asked colour; the reference itself is excluded. All labels of
the validation photographs were set by eye. Nothing here is trained on.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lbf_model.checkpoint import provenance
from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.retrieval.encoder import load_reader, read_odds, reads_alike
from lbf_model.retrieval.odds import AnswerOdds
from lbf_model.tasks.garments.answer_trials import try_changes
from lbf_model.tasks.garments.attributes import COLORS, PATTERNS
from lbf_model.tasks.garments.bench import Bench
from lbf_model.tasks.garments.detector_pictures import GarmentSource
from lbf_model.tasks.garments.embeddings import embed_pictures
from lbf_model.tasks.garments.facts import CATEGORY, COLOR, PATTERN
from lbf_model.tasks.garments.held_out import SLIPS, WORDS
from lbf_model.tasks.garments.judge import color_queries
from lbf_model.tasks.garments.label_search import labels_garments, read_labels, search_by_labels
from lbf_model.tasks.garments.language_protocol import (
    measure_other_kinds,
    measure_refused,
    measure_spread,
    measure_two_changes,
)
from lbf_model.tasks.garments.photographs import second_colors
from lbf_model.tasks.garments.regions import UNKNOWN, facts_of, source_store
from lbf_model.tasks.garments.sentences import Change, sample_sentence
from lbf_model.tasks.garments.side_by_side import PAIRS, draw_pairs, extract_pairs, measure_side_by_side
from lbf_model.tasks.measured import load_measured
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.text.minilm import MiniLm
from lbf_model.training.calibration import evaluate_odds
from lbf_model.training.metrics import percent, success
from lbf_model.training.region_store import RegionStore, RegionTable
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.detectors.base import MAX_REGIONS, RegionDetector
from lbf_model.vision.detectors.registry import load_detector

_PER_WORD = 40  # references each held-out word is tried on


def evaluate_garments(
    checkpoints: Sequence[Path],
    photographs: GarmentSource,
    drawings: GarmentSource,
    detector_spec: Path | str,
    regions: Path,
    seed: int = 0,
    device: str = "cpu",
) -> dict:
    """One row per checkpoint; shares in percent.

    Args:
        checkpoints: compositor checkpoint folders.
        photographs: of the validation split.
        drawings: a catalogue that was not trained on.
        detector_spec: of the detector that all of them were trained with.
        regions: folder of extracted regions; extracted first if missing or incomplete.
        seed: draws paraphrases, references of single words and pairs.
        device: "cpu" or "cuda".

    Raises:
        CheckpointError: a checkpoint was trained with another detector.
    """
    detector = load_detector(detector_spec, device)
    folder = regions / detector.fingerprint / "measured"
    stores = [source_store(s, n, detector, folder) for n, s in (("photographs", photographs), ("drawings", drawings))]
    facts = np.stack([facts_of(r) for r in (*photographs.records, *drawings.records)])
    said = second_colors()
    second = np.array([COLORS.index(said[r.file]) if r.file in said else UNKNOWN for r in photographs.records])
    second = np.concatenate([second, np.full(len(drawings.records), UNKNOWN)])
    pairs = draw_pairs(facts[: len(photographs.records)], PAIRS, seed)
    pair_store = extract_pairs(photographs, pairs, seed, detector, folder)
    rows = []
    for row, model, words, odds in each_compositor(checkpoints, detector, device):
        table = RegionTable(stores, model.config.max_regions)
        pair_table = RegionTable([pair_store], model.config.max_regions)
        bench = Bench(model, words, table, facts, second, len(photographs.records), pairs, pair_table)
        rows.append({**row, **_measure(bench, seed, odds)})
    return {
        "rows": rows,
        **({"search by labels": _by_labels(detector, stores, facts, second)} if labels_garments(detector) else {}),
        "photographs": len(photographs.records),
        "drawings": len(drawings.records),
        **passed_over_figures([*photographs.passed_over, *drawings.passed_over]),
        "queries": len(color_queries(facts[: len(photographs.records)])[0]),
        "detector": detector.fingerprint,
        "data": {"name": "clothing, validation split, labels set by eye", "seed": seed},
        **provenance(),
    }


def each_compositor(
    checkpoints: Sequence[Path], detector: RegionDetector, device: str
) -> Iterator[tuple[dict, Compositor, MiniLm, AnswerOdds | None]]:
    """Compositors one after the other: what the figures say about each, its network, its reader, and the odds of its answers.

    Raises:
        CheckpointError: a checkpoint was trained with another detector.
    """
    encoders: list[tuple[CompositorConfig, MiniLm]] = []  # one for all that read sentences alike; each takes 90 MB
    for checkpoint in checkpoints:
        model, header, row = load_measured(checkpoint, detector)
        words = next((reader for config, reader in encoders if reads_alike(config, model.config)), None)
        if words is None:
            words = load_reader(model.config)
            encoders.append((model.config, words))
        yield row, model.to(device), words, read_odds(checkpoint, header, model.config.embedding_width)


def _measure(bench: Bench, seed: int, odds: AnswerOdds | None) -> dict:
    gallery = embed_pictures(bench.model, bench.table, [(bench.shown(i),) for i in range(len(bench.facts))])
    own, asked = color_queries(bench.facts[: bench.photographs])
    plain = [f"replace {COLORS[bench.facts[i, COLOR]]} color to {COLORS[c]}" for i, c in zip(own, asked, strict=True)]
    alone, everything = gallery[: bench.photographs], gallery
    return {
        **({"doubts": evaluate_odds(odds, try_changes(bench, everything, seed))} if odds else {}),
        "photographs": _asked(bench, own, asked, plain, alone),
        "photographs and drawings": _asked(bench, own, asked, plain, everything),
        "paraphrases": _asked(bench, own, asked, _told(bench, own, asked, "paraphrases", seed), alone),
        "spread over paraphrases": measure_spread(bench, own, asked, alone, seed),
        "refusals": {
            "held-out wordings": measure_refused(bench, alone, seed, "paraphrases"),
            "wordings of training": measure_refused(bench, alone, seed, "train"),
        },
        "two changes": measure_two_changes(bench, everything, seed),
        "other kinds": measure_other_kinds(bench, everything, seed),
        "unseen words": _words(bench, [w for w in WORDS if w.attribute == "color"], alone, seed),
        "slips": _words(bench, [w for w in SLIPS if w.attribute == "color"], alone, seed),
        "visitors' wordings": {
            "photographs": _asked(bench, own, asked, _told(bench, own, asked, "visitors", seed), alone),
            "refusals": measure_refused(bench, alone, seed, "visitors"),
            "two changes": measure_two_changes(bench, everything, seed, "visitors"),
            "other kinds": measure_other_kinds(bench, everything, seed, "visitors"),
        },
        "side by side": measure_side_by_side(bench),
    }


def _by_labels(detector: AttributeRcnnDetector, stores: Sequence[RegionStore], facts: np.ndarray, second: np.ndarray) -> dict:
    """Figures of a search by labels among the photographs, which are the first store, by how much the pattern counts."""
    photographs = len(stores[0])
    own, asked = color_queries(facts[:photographs])
    labels = read_labels(detector, RegionTable(stores, MAX_REGIONS), photographs)
    shares = {"kind and colour": 0.0, "the pattern counts half": 0.5, "the pattern counts as much": 1.0}
    return {
        name: _judge(facts, second, own, asked, search_by_labels(labels, own, asked, share)) for name, share in shares.items()
    }


def _told(bench: Bench, own: np.ndarray, asked: np.ndarray, split: str, seed: int) -> list[str]:
    """A sentence for each change of colour, in the wordings of a split."""
    rng = np.random.default_rng(seed)
    changes = [Change("color", COLORS[c], COLORS[bench.facts[i, COLOR]]) for i, c in zip(own, asked, strict=True)]
    return [sample_sentence(rng, change, split) for change in changes]


def _asked(bench: Bench, own: np.ndarray, asked: np.ndarray, sentences: list[str], gallery: np.ndarray) -> dict[str, float]:
    """Success, and the share of the first five results that keep the reference's pattern, where both are known."""
    return _judge(bench.facts, bench.second, own, asked, bench.scores(own, sentences, gallery))


def _judge(facts: np.ndarray, second: np.ndarray, own: np.ndarray, asked: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Figures of (Q, G) scores; the gallery is the first G of `facts` (N, 6) and of the second names of colours (N,)."""
    facts = facts[: scores.shape[1]]
    same = facts[own, CATEGORY][:, None] == facts[:, CATEGORY]
    right = same & (asked[:, None] == facts[:, COLOR])
    either = right | same & (asked[:, None] == second[: len(facts)])
    first = np.argsort(-scores, 1, kind="stable")[:, :5]
    pattern = facts[own, PATTERN][:, None]
    known = (pattern != UNKNOWN) & (facts[first, PATTERN] != UNKNOWN)
    patterned = known & (pattern != PATTERNS.index("solid"))
    kept = pattern == facts[first, PATTERN]
    return {
        **success(scores, right),
        "success@1, second names count": success(scores, either, (1,))["success@1"],
        "category kept in top 5": percent(facts[first, CATEGORY] == facts[own, CATEGORY][:, None]),
        "colour right in top 5": percent(facts[first, COLOR] == asked[:, None]),
        "pattern kept in top 5": percent(kept[known]),
        "pattern kept in top 5, patterned references": percent(kept[patterned]),
        "right kind, old colour first": percent(
            same[np.arange(len(own)), first[:, 0]] & (facts[first[:, 0], COLOR] == facts[own, COLOR])
        ),
    }


def _words(bench: Bench, words: Sequence, gallery: np.ndarray, seed: int) -> dict:
    """Success of "replace X color to WORD", where any of the word's colours counts, if the reference's category has one."""
    facts = bench.facts[: bench.photographs]
    rng = np.random.default_rng(seed)
    own, sentences, rights, eithers, said = [], [], [], [], []
    for word in words:
        wanted = [COLORS.index(v) for v in word.values]
        has = np.isin(facts[:, COLOR], wanted)
        fit = np.flatnonzero(~has & np.isin(facts[:, CATEGORY], np.unique(facts[has, CATEGORY])))
        for i in rng.permutation(fit)[:_PER_WORD]:
            own.append(i)
            sentences.append(f"replace {COLORS[facts[i, COLOR]]} color to {word.said}")
            rights.append(has & (facts[:, CATEGORY] == facts[i, CATEGORY]))
            also = np.isin(bench.second[: len(facts)], wanted) & (facts[:, CATEGORY] == facts[i, CATEGORY])
            eithers.append(rights[-1] | also)
            said.append(word.said)
    scores = bench.scores(np.array(own), sentences, gallery)
    right, either = np.stack(rights), np.stack(eithers)
    rows = {word: np.flatnonzero(np.array(said) == word) for word in dict.fromkeys(said)}
    return {
        **success(scores, right),
        "success@1, second names count": success(scores, either, (1,))["success@1"],
        "queries": len(own),
        "success@1 by word": {w: success(scores[r], right[r], (1,))["success@1"] for w, r in rows.items()},
        "by word, second names count": {w: success(scores[r], either[r], (1,))["success@1"] for w, r in rows.items()},
    }
