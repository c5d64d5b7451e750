"""The CSS protocol, with a compositor whose answers are known because it sees which picture it is given."""

import numpy as np
import pytest
import torch

from lbf_model.compositors.base import Composition
from lbf_model.compositors.lbf import LbfConfig
from lbf_model.network.batching import RegionBatch
from lbf_model.tasks import measured as measured_checkpoints
from lbf_model.tasks.css import protocol
from lbf_model.tasks.css.grammar import KINDS
from lbf_model.tasks.css.storage import load_css
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.text.vocabulary import Vocabulary

CONFIG = LbfConfig(CSS_WORDS, 2, CSS_ALIASES)


class TellingTable:
    """In place of extracted regions: a picture's only region says which picture it is and whether it is drawn flat."""

    broken = ()

    def __init__(self, split, stores, max_regions):
        self.gallery = np.arange(len(split.images))

    def answerable(self, queries):
        return queries

    def shown(self, rendering, index):
        return np.array([index, rendering == "2d"])

    def gather(self, scenes, reads):
        features = torch.tensor(np.stack(scenes), dtype=torch.float32)[:, None]
        return RegionBatch(features, torch.zeros(len(scenes), 1, 4), torch.ones(len(scenes), 1, dtype=torch.bool))


class Knowing(torch.nn.Module):
    """Shows a picture as the direction of its scene, and a query as the direction of `answer(query, flat)`, a scene's id."""

    def __init__(self, split, answer):
        super().__init__()
        self.config, self.nothing = CONFIG, torch.nn.Parameter(torch.zeros(1))
        self.scenes, self.answer = torch.tensor(split.scene_ids), answer
        vocabulary = Vocabulary(CSS_WORDS, CSS_ALIASES)
        self.queries = {(q.source, *vocabulary.tokenize_text(q.text).values.tolist()): q for q in split.queries}

    def directions(self, scenes):
        return torch.nn.functional.one_hot(torch.as_tensor(scenes), int(self.scenes.max()) + 1).float()

    def encode_target(self, pictures):
        return self.directions(self.scenes[pictures.features[:, 0, 0].long()])

    def compose_query(self, pictures, words, links=None):
        asked, shown = [], pictures.features[:, 0].long().tolist()
        for (index, flat), ids, real in zip(shown, words.values.tolist(), words.mask, strict=True):
            query = self.queries[(index, *ids[: int(real.sum())])]
            asked.append(self.answer(query, bool(flat)))
        return Composition(self.directions(asked))


@pytest.fixture
def figures_of(tiny_css, tmp_path, monkeypatch):
    """The row that `evaluate_css` gives a compositor with these answers."""
    split = load_css(tiny_css, "test")
    monkeypatch.setattr(protocol, "CssRegionTable", TellingTable)
    monkeypatch.setattr(protocol, "css_stores", lambda *given: {})
    monkeypatch.setattr(protocol, "load_detector", lambda folder, device: type("Detector", (), {"fingerprint": "d"}))

    def measured(answer):
        header = {"detector": "d", "compositor": "knowing", "fingerprint": "w"}
        monkeypatch.setattr(measured_checkpoints, "load_compositor", lambda folder: (Knowing(split, answer), header))
        monkeypatch.setattr(measured_checkpoints, "fingerprint", lambda header: "w")
        return protocol.evaluate_css([tmp_path], tiny_css, "test", tmp_path, tmp_path)["rows"][0]

    return split, measured


@pytest.mark.parametrize("knows_flat", [True, False])
def test_each_setting_shows_references_in_its_own_rendering(figures_of, knows_flat):
    split, measured = figures_of

    def answer(query, flat):
        return int(split.scene_ids[query.target if flat == knows_flat else query.source])

    row = measured(answer)
    known, unknown = ("2d->3d", "3d->3d") if knows_flat else ("3d->3d", "2d->3d")
    assert row[known]["R@1"] == 100 and row[known]["R@1 by kind"] == dict.fromkeys(KINDS, 100)
    assert row[unknown]["R@1"] == 0, "no target shows the scene of its source"


def test_figures_by_kind_are_those_of_the_kind(figures_of):
    split, measured = figures_of

    def answer(query, flat):
        return int(split.scene_ids[query.target if query.modification.kind == "make" else query.source])

    row = measured(answer)["3d->3d"]
    assert row["R@1 by kind"] == {"make": 100, "add": 0, "remove": 0}
    assert row["R@1"] == pytest.approx(100 / 3, abs=0.01), "a third of the queries are of each kind"


def test_figures_by_position_and_by_objects_are_those_of_the_group(figures_of):
    split, measured = figures_of

    def crowded(query):
        return len(split.images[query.source].scene.objects) > 3

    def answer(query, flat):
        right = crowded(query) if flat else bool(query.modification.position)
        return int(split.scene_ids[query.target if right else query.source])

    row = measured(answer)
    assert row["3d->3d"]["R@1 by position"] == {"with": 100, "without": 0}
    by_objects = row["2d->3d"]["R@1 by objects"]
    assert {int(count): found for count, found in by_objects.items()} == {n: 100 * (n > 3) for n in map(int, by_objects)}
    assert {0, 100} == set(by_objects.values())
