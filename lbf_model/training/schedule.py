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


def save_state(path: Path, model: nn.Module, optimizer: Optimizer, schedule: LRScheduler, settings: dict, **facts) -> None:
    """Write model, optimiser, schedule, settings and `facts` (plain values); the old file stays until the new is whole.

    Args:
        path: of the file.
        model: likewise `optimizer` and `schedule`, whose states are kept.
        settings: what the run was begun with; it goes on with the same ones only.
        **facts: what `load_state` gives back.
    """
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:  # to a path PyTorch writes by itself, and of a full disk says only "unexpected pos"
        torch.save({**{name: part.state_dict() for name, part in parts.items()}, "settings": settings, **facts}, file)
    partial.rename(path)


def load_state(
    path: Path, model: nn.Module, optimizer: Optimizer, schedule: LRScheduler, device: str, settings: dict
) -> dict | None:
    """Put a saved state back and return its facts; None where there is no file, so the run starts afresh.

    Raises:
        ValueError: the file is of a run with other `settings`; it is left as it is.
    """
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True, map_location=device)
    begun = state.pop("settings", settings)  # a state of before they were kept has none
    if differ := sorted(name for name in begun.keys() | settings.keys() if begun.get(name) != settings.get(name)):
        told = ", ".join(f"{name} {begun.get(name)}, not {settings.get(name)}" for name in differ)
        raise ValueError(f"{path.parent}: holds a run that was begun with {told}; go on with that, or choose another --out")
    for name, part in (("model", model), ("optimizer", optimizer), ("schedule", schedule)):
        part.load_state_dict(state.pop(name))
    return state
