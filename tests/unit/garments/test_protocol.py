"""The figures of garments, on tables whose answers are known."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lbf_model.checkpoint import CheckpointError, save_checkpoint
from lbf_model.tasks.garments import detector_protocol
from lbf_model.tasks.garments import pointed_protocol as pointing
from lbf_model.tasks.garments import protocol as measuring
from lbf_model.tasks.garments.attributes import COLORS
from lbf_model.tasks.garments.detector_protocol import evaluate_garment_detector
from lbf_model.tasks.garments.judge import color_queries
from lbf_model.tasks.garments.other_pictures import HELD_OUT, TAUGHT
from lbf_model.tasks.garments.protocol import evaluate_garments
from lbf_model.tasks.garments.regions import UNKNOWN, facts_of
from lbf_model.tasks.garments.side_by_side import draw_pairs
from lbf_model.text.vocabulary import TextError
from lbf_model.training.metrics import success
from lbf_model.types import Tokens
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from tests.small import GARMENTS
from tests.unit.garments.small_garments import (
    BLUE,
    GREEN,
    RED,
    HashedWords,
    Oracle,
    shown_facts,
    table_of,
)


def test_equal_scores_and_missing_answers_count_against_a_query():
    scores = np.array([[3, 2, 1], [2, 2, 1], [3, 2, 1], [-np.inf, 2, 1]])
    right = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]], bool)
    assert success(scores, right, (1, 2, 3, 9)) == {"success@1": 25, "success@2": 50, "success@3": 50, "success@9": 50}


def test_every_other_colour_of_its_category_is_asked_of_a_picture():
    facts = np.random.default_rng(0).integers(0, 4, (30, 6))
    own, asked = color_queries(facts)
    made = set(zip(own.tolist(), asked.tolist(), strict=True))
    assert len(made) == len(own)
    for i, color in product(range(30), range(5)):
        there = ((facts[:, 0] == facts[i, 0]) & (facts[:, 1] == color)).any()
        assert ((i, color) in made) == (there and color != facts[i, 1])
    assert [len(part) for part in color_queries(facts[:1])] == [0, 0]


class ColorWords:
    """Reads a sentence as its last word, which is a colour."""

    def tokenize_texts(self, texts) -> list[Tokens]:
        return [Tokens(("all",), np.eye(len(COLORS), dtype=np.float32)[[COLORS.index(t.split()[-1])]]) for t in texts]


def a_bench(folder, wish, facts, second) -> measuring.Bench:
    """A bench of photographs alone, whose compositor looks for what `wish` makes of the reference and the asked colour."""
    facts, pairs = np.array([[*row, *[UNKNOWN] * 3] for row in facts]), draw_pairs(np.array([[0, 0], [0, 1], [0, 1]]), 1, 0)
    table = table_of(folder, shown_facts(facts))
    return measuring.Bench(Oracle(wish), ColorWords(), table, facts, np.array(second), len(facts), pairs, table)


def measured(bench: measuring.Bench, part: str) -> dict:
    """Figures of "replace X color to Y", or of a word that means Y."""
    gallery = measuring.embed_pictures(bench.model, bench.table, [(bench.shown(i),) for i in range(len(bench.facts))])
    if part == "words":
        word = SimpleNamespace(said="blue", values=("blue",))
        return measuring._words(bench, [word], gallery, 0)
    own = np.flatnonzero(bench.facts[:, 1] != COLORS.index("blue"))
    asked = np.full(len(own), COLORS.index("blue"))
    return measuring._asked(bench, own, asked, [f"replace {COLORS[bench.facts[i, 1]]} color to blue" for i in own], gallery)


def test_a_sentence_that_is_refused_is_answered_by_nothing(tmp_path):
    class Picky(ColorWords):
        def tokenize_texts(self, texts):
            if any("gimme" in text for text in texts):
                raise TextError("not understood")
            return super().tokenize_texts(texts)

    facts = [[0, 0, 0], [0, 1, 0], [0, 2, 0], [0, 3, 0]]
    bench = a_bench(tmp_path, lambda seen, said: torch.cat([seen[:, :10], said], 1), facts, [UNKNOWN] * 4)
    gallery = measuring.embed_pictures(bench.model, bench.table, [(bench.shown(i),) for i in range(4)])
    texts = ["all red", "gimme red", "all blue", "gimme blue"]
    plain = bench.scores(np.arange(4), texts, gallery)
    picky = replace(bench, words=Picky()).scores(np.arange(4), texts, gallery)
    assert np.array_equal(picky[[0, 2]], plain[[0, 2]])
    assert np.isneginf(picky[[1, 3]]).all() and np.isfinite(plain).sum() == 12


@pytest.mark.parametrize("part", ["asked", "words"])
def test_the_reference_is_no_answer_of_the_protocol(part, tmp_path, monkeypatch):
    """What looks like the reference comes first, then what is blue: with the reference among the results, none were right."""
    monkeypatch.setattr(measuring, "_PER_WORD", 10)
    bench = a_bench(tmp_path, lambda seen, said: torch.cat([seen[:, :10], 2 * seen[:, 10:] + said], 1), [
        (0, RED, 0), (1, GREEN, 0), (0, BLUE, 0), (1, BLUE, 0)], [UNKNOWN] * 4)  # fmt: skip
    assert measured(bench, part)["success@1"] == 100


@pytest.mark.parametrize("part", ["asked", "words"])
@pytest.mark.parametrize("first", ["blue", "second"])
def test_a_second_name_is_as_good_as_the_first(part, first, tmp_path, monkeypatch):
    """Of a red garment, blue is asked; one is blue, one is green and can be called blue, too."""
    monkeypatch.setattr(measuring, "_PER_WORD", 10)
    found = BLUE if first == "blue" else GREEN
    target = torch.from_numpy(shown_facts(np.array([[0, found]])))
    facts = [(0, RED, 0), (0, BLUE, 0), (0, GREEN, 0)]
    bench = a_bench(tmp_path, lambda seen, said: target.expand(len(seen), -1), facts, [UNKNOWN, UNKNOWN, BLUE])
    figures = measured(bench, part)
    assert figures["success@1"] == (100 if first == "blue" else 0)
    # Asked of the green one itself, it is excluded, and the others are equally far: ties count against the query.
    assert figures["success@1, second names count"] == (100 if first == "blue" else 50)


def test_the_protocol_measures_a_trained_compositor(trained, validation, drawings, detector_folder, tmp_path, monkeypatch):
    figures = evaluate_garments([trained], validation, drawings, detector_folder, tmp_path)
    (row,) = figures["rows"]
    own, asked = color_queries(np.stack([facts_of(r) for r in validation.records]))
    assert (figures["photographs"], figures["drawings"], figures["queries"]) == (8, 16, len(own)) and len(asked) == 24
    assert (row["checkpoint"], row["compositor"]) == ("garments", "lbf") and figures["data"]["seed"] == 0
    for part in ("photographs", "photographs and drawings", "paraphrases", "unseen words", "slips", "side by side"):
        shares = {name: v for name, v in row[part].items() if isinstance(v, float)}
        assert max(shares.values()) <= 100 and shares["success@1"] <= shares["success@5"]
    kept = ("category kept in top 5", "colour right in top 5", "pattern kept in top 5")
    assert row["photographs"].keys() >= {"success@10", *kept} and row["photographs"]["pattern kept in top 5"] == 100
    assert row["side by side"].keys() >= {"wrong side@1", "queries"} and row["side by side"]["gallery"] == 12
    assert figures["search by labels"].keys() == {"kind and colour", "the pattern counts half", "the pattern counts as much"}
    assert all(told.keys() == row["photographs"].keys() for told in figures["search by labels"].values())
    assert row["unseen words"]["queries"] == len(row["unseen words"]["success@1 by word"]) > 5
    more = replace(validation, records=[*validation.records, replace(validation.records[0], file="gone.png")]).keep_decoded()
    told = evaluate_garments([trained], more, drawings, detector_folder, tmp_path)
    assert told == {**figures, "passed over": 1, "passed over, for example": list(more.passed_over)}
    assert figures["passed over"] == 0 and "gone.png" in more.passed_over[0]
    loaded = []
    monkeypatch.setattr(measuring, "load_reader", lambda config: loaded.append(config) or HashedWords())
    again = evaluate_garments([trained, trained], validation, drawings, detector_folder, tmp_path)
    assert again["rows"] == 2 * figures["rows"] and len(loaded) == 1, "one text encoder for all that read the same words"


def test_pointing_is_measured_on_a_trained_compositor(trained, validation, detector_folder, tmp_path):
    figures = pointing.evaluate_garments_pointed([trained], validation, detector_folder, tmp_path)
    (row,) = figures["rows"]
    assert row["queries"] + row["garment not found"] == 3 and figures["gallery"] == 12 and figures["data"]["seed"] == 0
    assert row["pointed"].keys() == row["vague"].keys() == row["described"].keys() == {"success@1", "success@5", "wrong side@1"}
    assert row["checkpoint"] == "garments" and "commit" in figures


def test_a_compositor_of_another_detector_is_refused(trained, validation, drawings, tmp_path):
    torch.manual_seed(1)
    save_checkpoint(tmp_path / "other", "detector", build_faster_rcnn(GARMENTS), GARMENTS, {})
    with pytest.raises(CheckpointError, match="trained with detector"):
        evaluate_garments([trained], validation, drawings, tmp_path / "other", tmp_path)


def test_a_garment_detector_is_judged_even_where_it_finds_nothing(detector, photographs, validation, monkeypatch):
    taught, held_out = TAUGHT[:2], HELD_OUT[:2]
    for name, value in (("_OTHERS", 1), ("TAUGHT", taught), ("HELD_OUT", held_out)):
        monkeypatch.setattr(detector_protocol, name, value)
    figures = evaluate_garment_detector(detector, photographs, validation)
    assert figures["garment_box"]["photographs"] == figures["data"]["photographs"] == 8
    assert figures["linear_probe"].keys() == {"color", "pattern", "category"}
    assert figures["no garment told"]["photographs, by mistake"] == 0
    best, some = (figures["garment_box"][f"recall of {which} region"] for which in ("the best garment", "any"))
    assert best <= some <= 100
    blind = AttributeRcnnDetector(detector.model, replace(GARMENTS, min_score=0.999), "blind")
    figures = evaluate_garment_detector(blind, photographs, validation)
    assert set(figures["own_labels"].values()) == {0}
    told = figures["no garment told"]
    assert told.pop("photographs, by mistake") == 100
    for kinds, group in ((taught, "pictures of kinds that training shows"), (held_out, "pictures of other kinds")):
        assert told[group] == dict.fromkeys(("all", *kinds), 100.0)
