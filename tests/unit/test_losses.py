"""The two losses against values worked out by hand."""

import math

import torch

from lbf_model.network.losses import batch_classification_loss, cosines, soft_triplet_loss

SIMILARITY = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
NOTHING = torch.zeros(2, 3, dtype=torch.bool)


def test_batch_classification_by_hand():
    first = -math.log(math.e**2 / (math.e**2 + math.e + 1))
    second = -math.log(math.e**3 / (1 + math.e**3 + math.e))
    assert math.isclose(batch_classification_loss(SIMILARITY, NOTHING).item(), (first + second) / 2, rel_tol=1e-5)


def test_soft_triplet_by_hand():
    pairs = [1 - 2, 0 - 2, 0 - 3, 1 - 3]
    wanted = sum(math.log(1 + math.exp(p)) for p in pairs) / 4
    assert math.isclose(soft_triplet_loss(SIMILARITY, NOTHING).item(), wanted, rel_tol=1e-5)


def test_a_column_with_the_same_scene_is_no_negative():
    ignore = torch.tensor([[False, True, False], [False, False, False]])
    hard = SIMILARITY.clone()
    hard[0, 1] = 50.0
    for loss in (batch_classification_loss, soft_triplet_loss):
        assert torch.isclose(loss(hard, ignore), loss(SIMILARITY, ignore))
        assert loss(hard, NOTHING) > loss(SIMILARITY, NOTHING)


def test_losses_fall_when_the_target_comes_closer():
    closer = SIMILARITY.clone()
    closer[0, 0] += 1
    for loss in (batch_classification_loss, soft_triplet_loss):
        assert loss(closer, NOTHING) < loss(SIMILARITY, NOTHING)


def test_cosines_are_exact_where_layers_compute_in_fewer_bits():
    one, other = torch.tensor([[[0.6, 0.8], [1.0, 0.0]]]), torch.tensor([[[0.8, 0.6], [0.28, 0.96], [0.0, -1.0]]])
    with torch.autocast("cpu", torch.bfloat16):
        found = cosines(one, other)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, torch.tensor([[[0.96, 0.936, -0.8], [0.8, 0.28, 0.0]]]), rtol=0, atol=1e-6)


def test_a_batch_without_negatives_has_no_triplet_loss():
    similarity = torch.tensor([[2.0, 1.0], [0.0, 3.0]], requires_grad=True)
    loss = soft_triplet_loss(similarity, torch.ones(2, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0 and similarity.grad.abs().sum() == 0
