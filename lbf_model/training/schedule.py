"""What both trainings share: the learning rate's course, and the state that an interrupted run goes on from."""

import math
from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


def warmup_cosine(step: int, warmup: int, steps: int, floor: float = 0.0) -> float:
    """Share of the peak learning rate: a linear rise over `warmup` steps, then a cosine down to `floor` at `steps`."""
    if step < warmup:
        return (step + 1) / warmup
    share = (step - warmup) / max(1, steps - warmup)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def save_state(path: Path, model: nn.Module, optimizer: Optimizer, schedule: LRScheduler, **facts) -> None:
    """Write model, optimiser, schedule and `facts` (plain numbers, lists, dicts); the old file stays until the new is whole."""
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:  # to a path PyTorch writes by itself, and of a full disk says only "unexpected pos"
        torch.save({**{name: part.state_dict() for name, part in parts.items()}, **facts}, file)
    partial.rename(path)


def load_state(path: Path, model: nn.Module, optimizer: Optimizer, schedule: LRScheduler, device: str) -> dict | None:
    """Put a saved state back and return its facts; None where there is no file, so the run starts afresh."""
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True, map_location=device)
    for name, part in (("model", model), ("optimizer", optimizer), ("schedule", schedule)):
        part.load_state_dict(state.pop(name))
    return state
