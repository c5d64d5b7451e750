"""One update of training: a step down the paper's loss, a compositor's own loss, and the links of words to regions."""

from dataclasses import replace

import pytest
import torch

from lbf_model.compositors.registry import build_compositor
from lbf_model.network.losses import grounding_loss
from lbf_model.training.settings import CompositorTraining
from lbf_model.training.train_compositor import _cut_links, _update
from tests.small import small_compositor
from tests.unit.training.small_training import CONFIG, TRAINING


@pytest.mark.parametrize("grounding", [0.0, 0.3])
@pytest.mark.parametrize("loss", ["soft-triplet", "batch-classification"])
def test_an_update_is_one_step_down_the_papers_loss(sampler, loss, grounding):
    """Loss and gradient against ones worked out anew, each picture encoded by itself and nothing shared."""
    batch = sampler.batch(0, 4, 3)
    count, columns = batch.false_negatives.shape
    rng = torch.Generator().manual_seed(0)
    false, soft = (torch.rand(count, columns, generator=rng) < share for share in (0.2, 0.3))
    rows = torch.arange(count)
    false[rows, rows], soft[rows, rows] = False, False
    batch = replace(batch, false_negatives=false, soft_negatives=soft)

    model = small_compositor("lbf")
    started = type(batch.references)(*(None if t is None else t[batch.source] for t in batch.references))
    composed = model.compose_query(started, batch.words)
    asked = composed.embedding
    given = torch.cat([model.encode_target(batch.targets), model.encode_target(batch.references)])
    weights = torch.where(soft, 0.25, 1.0)  # how often a column counts among the wrong answers
    odds = (model.log_temperature.exp() * asked @ given.T).exp() * weights
    right = odds[rows, rows, None]
    if loss == "batch-classification":
        wanted = -(right[:, 0] / odds.masked_fill(false, 0).sum(1)).log().mean()
    else:
        others = ~false
        others[rows, rows] = False
        wanted = (1 + odds / right).log()[others].mean()
    looked = composed.word_to_region, batch.words.mask, started.mask
    wanted = wanted + grounding * grounding_loss(*looked, batch.grounding.fits, batch.grounding.meant)
    wanted.backward()
    gradient = {name: torch.zeros_like(p) if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    length = torch.cat([g.flatten() for g in gradient.values()]).norm()

    fresh = small_compositor("lbf")
    training = CompositorTraining(loss=loss, soft_negatives=0.25, grounding=grounding)
    found = _update(fresh, torch.optim.SGD(fresh.parameters(), lr=0.0), batch, training, "cpu")
    assert found == pytest.approx(wanted.item(), rel=1e-4)
    for name, parameter in fresh.named_parameters():  # clipped to a length of 1
        found_gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(found_gradient, gradient[name] / max(length.item(), 1.0), rtol=1e-2, atol=1e-5, msg=name)


@pytest.mark.parametrize("loss", ["soft-triplet", "batch-classification"])
def test_both_losses_learn_a_batch_by_heart(sampler, loss):
    torch.manual_seed(0)
    model = build_compositor("lbf", CONFIG)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    training = CompositorTraining(loss=loss)
    losses = [_update(model, optimizer, sampler.batch(0, 3, 3), training, "cpu") for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]


def test_a_rows_own_loss_is_added(sampler, monkeypatch):
    batch, training = sampler.batch(0, 4, 3), CompositorTraining()

    def update():
        model = small_compositor("concat").eval()
        return _update(model, torch.optim.SGD(model.parameters(), lr=0.0), batch, training, "cpu")

    monkeypatch.setattr("lbf_model.compositors.concat.Concat.train", lambda self, mode=True: self)  # no dropout
    plain = update()
    seen = []

    def own_loss(self, answered):
        references, words, composed, targets, false_negatives = answered
        seen.append((len(references.values), len(words.values), len(composed.embedding), len(targets.values)))
        assert torch.equal(false_negatives, batch.false_negatives[:, : len(batch.source)])
        return 0.5 * self.embed_target(targets).square().sum(1).mean()  # targets have unit length

    monkeypatch.setattr("lbf_model.compositors.concat.Concat.auxiliary_loss", own_loss)
    count = len(batch.source)
    assert update() == pytest.approx(plain + 0.5, abs=1e-4) and seen == [(count,) * 4]


def test_links_are_cut_to_regions_that_a_sentence_is_not_about_alone():
    torch.manual_seed(0)
    real = torch.tensor([[True, True, True, False]] * 400)
    meant = torch.tensor([[True, False, False, False]] * 200 + [[False] * 4] * 200)
    links = _cut_links(real, meant, 0.5)
    assert links[:200, 0].all() and not links[:, 3].any() and links[200:, :3].all()
    assert 0.65 < links[:200, 1].float().mean() < 0.85, "a quarter of all links to others are cut"
    assert torch.equal(_cut_links(real, meant, 0.0), real)


def test_words_touch_only_regions_that_somebody_points_at(sampler, monkeypatch):
    batch, model, told = sampler.batch(0, 4, 3), small_compositor("lbf"), []
    linked = batch.grounding.meant.clone()
    linked[:, 0] = True
    real = batch.references.mask[batch.source]
    embed = model.embed_query
    monkeypatch.setattr(model, "embed_query", lambda *given: told.append(given[2]) or embed(*given))
    for grounding, wanted in ((batch.grounding._replace(linked=linked), real & linked), (batch.grounding, real)):
        _update(model, torch.optim.SGD(model.parameters(), lr=0.0), replace(batch, grounding=grounding), TRAINING, "cpu")
        assert torch.equal(told.pop(), wanted)
