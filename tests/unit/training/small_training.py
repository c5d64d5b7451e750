"""A small LBF with a short schedule, ways to train it, and training queries with a scripted judge."""

import json

from lbf_model.compositors.lbf import LbfConfig
from lbf_model.tasks.css.training_queries import CssQueries, CssSampling
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import train_compositor

CONFIG = LbfConfig(
    CSS_WORDS, 12, CSS_ALIASES, width=16, heads=2, embedding_width=24, vep_layers=1, tep_layers=1, fusion_layers=1
)
TRAINING = CompositorTraining(updates=6, warmup=2, validate_every=3)
SAMPLING = CssSampling(sources=2, modifications=3, fresh=0.0, held_out=3)


def run(tiny_split, stores, out, watched=None):
    queries = CssQueries(tiny_split, stores, CONFIG, SAMPLING, TRAINING.seed, "detector", watched)
    train_compositor("lbf", CONFIG, TRAINING, queries, out)
    return json.loads((out / "curve.json").read_text())


class ScriptedQueries:
    """One batch, and a judge that says what it was told to."""

    def __init__(self, batch, scores):
        self.features, self._batch, self._scores = batch.references.features[batch.references.mask].numpy(), batch, list(scores)
        self.facts = {"detector": "d", "detector_checkpoint": "d", "training": {}}

    def batch(self, step):
        return self._batch

    def judge(self, model):
        return self._scores.pop(0), {}
