"""A compositor trained on garments, judged and resumed."""

import json
from itertools import product

import numpy as np
import pytest
import torch

from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.garments import training_data as garment_data
from lbf_model.tasks.garments.judge import GarmentJudge, color_queries
from lbf_model.tasks.garments.regions import (
    UNKNOWN,
    ShownGarment,
    dyed_colors,
)
from lbf_model.tasks.garments.training_queries import GarmentQueries
from lbf_model.training.train_compositor import train_compositor
from tests.unit.garments.small_garments import (
    CONFIG,
    SEED,
    TRAINING,
    Oracle,
    shown_facts,
    table_of,
)


def test_held_out_photographs_are_seen_by_the_judge_alone(queries, photographs, drawings):
    assert (
        queries.facts["training"] | {"held_out": 5, "sentences": 300, "sources": 3, "drawings": 16} == queries.facts["training"]
    )
    seen, dyes = set(queries.photographs.origin.tolist()), dyed_colors(photographs.records, garment_data._DYES, SEED)
    assert len(seen) == queries.facts["training"]["photographs"] == len(photographs.records) - 5
    assert len(queries.photographs) - len(seen) == queries.facts["training"]["dyed"] == sum(d[0] in seen for d in dyes)
    assert (queries.photographs.facts[:, 3:] == UNKNOWN).all() and np.array_equal(queries.drawings.origin[::2], np.arange(8))
    assert len(queries.drawings.pictures) == 16 and queries.drawings.pictures[-1] == len(photographs.records) + len(dyes) + 15


def test_the_judge_counts_garments_of_the_same_category_in_the_wanted_colour(tmp_path):
    facts = np.array([[c, d, *[UNKNOWN] * 4] for c, d in product((3, 6), (0, 4, 12))] * 2)
    table = table_of(tmp_path, shown_facts(facts))
    words = {(old, new): np.eye(13, dtype=np.float32)[[new]] for old, new in product(range(13), repeat=2)}
    garments = [ShownGarment(f, table.rows(i)) for i, f in enumerate(facts)]
    judge = GarmentJudge(table, garments, words)
    assert [judge.own.tolist(), judge.asked.tolist()] == [part.tolist() for part in color_queries(facts)]
    good = Oracle(lambda seen, wanted: torch.cat([seen[:, :10], wanted], 1))
    assert judge(good) == (100, {"success@1": 100, "success@10": 100})
    deaf = Oracle(lambda seen, wanted: seen)
    confused = Oracle(lambda seen, wanted: torch.cat([seen[:, :10].flip(1), wanted], 1))  # 3 for 6 and 6 for 3
    for model in (deaf, confused):
        score, figures = judge(model)
        assert figures["success@1"] == 0 and score == figures["success@10"] / 2
    assert GarmentJudge(table, garments[:2], words)(deaf)[0] == 100, "the reference itself is no answer"


def test_an_interrupted_training_ends_with_the_same_weights(queries, trained, tmp_path, monkeypatch):
    original, steps = GarmentQueries.batch, []

    def interrupted(self, step):
        steps.append(step)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return original(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(GarmentQueries, "batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_compositor("lbf", CONFIG, TRAINING, queries, tmp_path)
    train_compositor("lbf", CONFIG, TRAINING, queries, tmp_path)
    assert (tmp_path / "curve.json").read_text() == (trained / "curve.json").read_text()
    whole, parts = (torch.load(f / "training.pt", weights_only=True)["model"] for f in (trained, tmp_path))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_a_checkpoint_tells_its_detector_its_data_and_how_far_it_came(trained, detector):
    model, header = load_compositor(trained)
    curve = json.loads((trained / "curve.json").read_text())
    assert model.config == CONFIG and header["detector"] == detector.fingerprint and header["detector_checkpoint"] == "detector"
    assert header["training"]["validation"] in curve and [point["updates"] for point in curve] == [2, 4]
    assert all(point.keys() == {"updates", "loss", "success@1", "success@10"} for point in curve)
    assert header["training"]["held_out"] == 5 and header["training"]["share_pairs"] == 0.2
