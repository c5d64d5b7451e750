"""Whatever writes a file through a library tells a full disk as the system does, which the command line makes one line of."""

import errno
import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from lbf_model.checkpoint import save_checkpoint
from lbf_model.gallery.backends.flat import FlatBackend
from lbf_model.training.schedule import save_state

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")


@pytest.fixture
def full(tmp_path):
    """Makes a file of some name lie on a full disk."""

    def place(name: str):
        (tmp_path / name).symlink_to("/dev/full")
        return tmp_path

    return place


@pytest.mark.parametrize("pictures", [1, 100_000], ids=["less than is buffered", "more"])
def test_of_a_gallery(full, pictures):
    index = FlatBackend.build(np.zeros((pictures, 8), np.float32))
    with pytest.raises(OSError) as refusal:
        index.save(full("vectors.faiss") / "vectors.faiss")
    assert refusal.value.errno == errno.ENOSPC


def test_of_a_state_of_training(full):
    model = nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
    with pytest.raises(OSError) as refusal:
        save_state(full("training.part") / "training.pt", model, optimizer, schedule, {})
    assert refusal.value.errno == errno.ENOSPC


def test_of_a_checkpoint(full):
    with pytest.raises(OSError) as refusal:
        save_checkpoint(full("model.safetensors.part"), "detector", nn.Linear(2, 2), SimpleNamespace(), {})
    assert refusal.value.errno == errno.ENOSPC
