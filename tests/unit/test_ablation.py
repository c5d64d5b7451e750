"""What can be taken from LBF, and how a person asks for it."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lbf_model.checkpoint import CheckpointError, read_config, save_checkpoint
from lbf_model.compositors.registry import parse_model_facts
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.network.losses import batch_classification_loss, grounding_loss, soft_triplet_loss
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.training import train_compositor
from lbf_model.training.cost import REGIONS, WORDS, _lstm_flops, query_cost
from lbf_model.training.queries import Grounding
from lbf_model.training.settings import LOSSES, CompositorTraining
from lbf_model.training.train_compositor import LOSS_FUNCTIONS
from tests.small import random_regions, small_compositor, small_config, small_network
from tests.unit.test_compositors import SENTENCES, queries_to_learn


def pictures(seed=0):
    return batch_regions([random_regions(5, seed), random_regions(3, seed + 1)], 36)


def test_without_positions_boxes_do_not_count():
    here = pictures()
    there = here._replace(boxes_unit=here.boxes_unit * 0.5)
    blind, seeing = small_network(positions=False), small_network()
    assert torch.equal(blind.encode_target(here), blind.encode_target(there))
    assert not torch.allclose(seeing.encode_target(here), seeing.encode_target(there), atol=1e-3)


@pytest.mark.parametrize(("fact", "block"), [("vep_layers", "vep"), ("tep_layers", "tep")])
def test_without_layers_an_encoder_passes_on_what_it_gets(fact, block):
    model = small_network(**{fact: 0})
    items = torch.randn(2, 4, 16)
    assert torch.equal(getattr(model, block)(items, torch.ones(2, 4, dtype=torch.bool)), items)
    assert not torch.equal(getattr(small_network(), block)(items, torch.ones(2, 4, dtype=torch.bool)), items)


@torch.inference_mode()
@pytest.mark.parametrize("streams", ["visual", "linguistic"])
def test_one_stream_alone_still_reads_both_picture_and_words(streams):
    model = small_network(streams=streams)
    words = batch_words(SENTENCES[:2])
    answer = model.compose_query(pictures(), words)
    assert answer.embedding.norm(dim=-1).tolist() == pytest.approx([1, 1], abs=1e-5)
    assert answer.word_to_region is None and not model.attends
    assert not torch.allclose(answer.embedding, model.compose_query(pictures(7), words).embedding, atol=1e-3)
    other = batch_words(SENTENCES[1::-1])
    assert not torch.allclose(answer.embedding, model.compose_query(pictures(), other).embedding, atol=1e-4)
    alone = {name for name, _ in model.named_parameters()}
    assert alone < {name for name, _ in small_network().named_parameters()}, "what is not used is not there"


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="streams are both, visual, linguistic, not 'none'"):
        small_network(streams="none")
    with pytest.raises(ValueError, match="max_words=8: a text may have 32 words"):
        small_compositor("lbf", max_words=8)
    with pytest.raises(ValueError, match='leave streams at "both"'):
        small_compositor("abe-m", streams="visual")


def test_facts_of_a_config_are_typed_as_name_and_value():
    told = ["vep_layers=0", "positions=False", "words=minilm", "dropout=0.5"]
    assert parse_model_facts("lbf", told) == {"vep_layers": 0, "positions": False, "words": "minilm", "dropout": 0.5}
    assert parse_model_facts("lbf", ["dropout=0"]) == {"dropout": 0.0}
    with pytest.raises(ValueError, match="concat has no such option; give NAME=VALUE, where NAME is one of max_regions"):
        parse_model_facts("concat", ["fusion_layers=1"])
    for wrong in ("vep_layers=two", "positions=0", "vep_layers", "vep_layers=1.5"):
        with pytest.raises(ValueError, match=wrong.split("=")[0]):
            parse_model_facts("lbf", [wrong])


def test_both_losses_are_the_sum_of_each():
    similarity, ignore = torch.randn(3, 5), torch.zeros(3, 5, dtype=torch.bool)
    both = batch_classification_loss(similarity, ignore) + soft_triplet_loss(similarity, ignore)
    assert LOSS_FUNCTIONS["both"](similarity, ignore) == pytest.approx(both)
    assert tuple(LOSS_FUNCTIONS) == LOSSES, "what may be chosen can be computed"


class OneLayer(nn.Module):
    """In place of a compositor: what it multiplies is known."""

    def __init__(self):
        super().__init__()
        self.config, self.layer = small_config(), nn.Linear(12, 7)

    def compose_query(self, pictures, words, links=None):
        self.words = words.mask.shape
        return self.layer(pictures.features)


def test_a_querys_cost_counts_parameters_and_matrix_products():
    cost = query_cost(model := OneLayer())
    assert cost == {"parameters": 12 * 7 + 7, "MFLOP a query": round(2 * REGIONS * 12 * 7 / 1e6, 3)}
    assert model.words == (1, WORDS)


def test_an_lstm_counts_four_gates_a_step():
    assert _lstm_flops(nn.LSTM(3, 5), 2) == 2 * 2 * 4 * 5 * (3 + 5)
    told = small_compositor("show-and-tell", cells=36, embedding_width=240)
    assert query_cost(told)["MFLOP a query"] > (1 + WORDS) * 2 * 4 * 240 * (16 + 240) / 1e6


@pytest.mark.parametrize(("layers", "taught"), [("first-and-last", [2]), ("every", [1, 1])])
def test_either_two_layers_or_every_one_is_taught(layers, taught, monkeypatch):
    seen = []

    def loss(look, *others):
        seen.append(look.shape[1])
        return grounding_loss(look, *others)

    monkeypatch.setattr(train_compositor, "grounding_loss", loss)
    batch = queries_to_learn()
    real, count = batch.references.mask[batch.source], batch.words.mask.shape[1]
    batch = replace(batch, grounding=Grounding(real[:, None].expand(-1, count, -1), real))
    model = small_network(fusion_layers=2)
    training = CompositorTraining(grounding=1.0, grounded_layers=layers)
    train_compositor._update(model, torch.optim.SGD(model.parameters(), 0.1), batch, training, "cpu")
    assert seen == taught


def test_one_stream_alone_cannot_serve_the_page(checkpoints, tmp_path):
    header = read_config(checkpoints / "lbf", "compositor")
    model = small_network(feature_width=header["model"]["feature_width"], streams="visual")
    facts = {name: header[name] for name in ("compositor", "detector", "detector_checkpoint")}
    save_checkpoint(tmp_path / "alone", "compositor", model, model.config, facts)
    with pytest.raises(CheckpointError, match="an LBF with only one stream cannot be explained"):
        load_retriever(tmp_path / "alone", detector=checkpoints / "detector")
