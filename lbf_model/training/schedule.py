"""What both trainings share: the learning-rate schedule, and the state from which an interrupted run resumes."""

import math
from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


def warmup_cosine(step: int, warmup: int, steps: int, floor: float = 0.0) -> float:
    """Fraction of the peak learning rate: a linear warm-up over `warmup` steps, then a cosine down to `floor` at `steps`."""
    if step < warmup:
        return (step + 1) / warmup
    share = (step - warmup) / max(1, steps - warmup)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def save_state(path: Path, model: nn.Module, optimizer: Optimizer, schedule: LRScheduler, settings: dict, **facts) -> None:
    """Write model, optimiser, schedule, settings and `facts` (plain values); the old file stays until the new one is complete.

    Args:
        path: the file to write.
        model: its state is saved, and so are those of `optimizer` and `schedule`.
        settings: the settings that the run was started with; it can only be resumed with the same ones.
        **facts: what `load_state` returns.
    """
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:  # given a path, PyTorch reports a full disk only as "unexpected pos"
        torch.save({**{name: part.state_dict() for name, part in parts.items()}, "settings": settings, **facts}, file)
    partial.rename(path)


def load_state(
    path: Path, model: nn.Module, optimizer: Optimizer, schedule: LRScheduler, device: str, settings: dict
) -> dict | None:
    """Restore a saved state and return its facts; None if there is no file, so the run starts from scratch.

    Raises:
        ValueError: the file is from a run with other `settings`; it is left as it is.
    """
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True, map_location=device)
    begun = state.pop("settings", settings)  # states from before settings were saved have none
    if differ := sorted(name for name in begun.keys() | settings.keys() if begun.get(name) != settings.get(name)):
        told = ", ".join(f"{name}: {begun.get(name)}, now {settings.get(name)}" for name in differ)
        raise ValueError(f"{path.parent}: holds a run with other settings ({told}); use those again, or choose another --out")
    for name, part in (("model", model), ("optimizer", optimizer), ("schedule", schedule)):
        part.load_state_dict(state.pop(name))
    return state
