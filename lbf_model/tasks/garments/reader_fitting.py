"""Fit a garment detector's readers of palettes and of its frozen body to pictures as they are.

`train-detector` shows a picture a few times, in another frame and light each time, which blurs what its colours are called. The
palette and the frozen features of a picture never change: here they are computed once, and the small readers are trained on
them many times over. On the validation photographs they then read 74 % of the colours as people do instead of 68 (87 % instead
of 82 with people's second names), and the frozen body alone tells 89 % of the kinds instead of 85. And a reader of the frozen
body learns to tell a garment from anything else: ImageNet taught the body a thousand other things.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.ops import roi_align
from torchvision.transforms.functional import to_tensor
from tqdm import tqdm

from lbf_model.checkpoint import build_config, current_commit, load_weights, read_config, save_checkpoint
from lbf_model.tasks.garments.augmentation import dye
from lbf_model.tasks.garments.detector_pictures import GarmentSource, attribute_labels
from lbf_model.tasks.garments.other_pictures import TAUGHT, draw_other
from lbf_model.tasks.garments.records import GarmentPicture
from lbf_model.training.schedule import warmup_cosine
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.detector_config import IGNORED, DetectorConfig
from lbf_model.vision.detectors.region_readers import CELLS, FrozenReader, PaletteEncoder, pool_frozen

_BATCH, _WARMUP = 128, 20
_PALETTE, _FROZEN = (10, 5e-3, 1e-4), (25, 1e-3, 0.3)  # epochs, learning rate and weight decay
_OTHERS = 60  # pictures without a garment of each kind
_OTHERS_SEED = 4242  # measuring uses others
_OTHERS_WEIGHT = 3.0  # of one such picture, relative to a garment's
_MIN_SCORE = 0.4  # a little below even odds: a garment that is taken for none is the worse mistake


@dataclass
class _Seen:
    """What was computed from all training pictures, row by row; labels in the order of the config's attributes."""

    palettes: list[Tensor] = field(default_factory=list)
    palette_labels: list[np.ndarray] = field(default_factory=list)
    frozen: list[Tensor] = field(default_factory=list)
    frozen_labels: list[np.ndarray] = field(default_factory=list)
    wholes: list[int] = field(default_factory=list)  # 1 a garment, 0 a picture without, IGNORED a part


def fit_readers(start: Path, out: Path, photographs: GarmentSource, drawings: GarmentSource, seed: int) -> dict:
    """Write a detector whose readers of palettes and of the frozen body are retrained; all else is as in `start`.

    Args:
        start: a detector checkpoint with a frozen body, which reads something from palettes.
        out: the new checkpoint folder.
        photographs: of the train split; plain ones count a second time, dyed, for what is read from palettes.
        drawings: the catalogue; only the first of two twins, which differ in a single thing.
        seed: of weights, order, dyes and pictures without a garment.

    Returns:
        What the new checkpoint says about this step.

    Raises:
        CheckpointError: `start` is not a detector checkpoint.
        ValueError: it has no frozen body, or reads nothing from palettes.
    """
    header = read_config(start, "detector")
    old = build_config(DetectorConfig, header)
    if not (old.from_palette and old.frozen_body):
        raise ValueError(f"{start}: this detector has no frozen body or reads nothing from palettes; there is nothing to fit")
    config = replace(old, min_frozen_score=_MIN_SCORE)
    trained, model = build_faster_rcnn(old), build_faster_rcnn(config)
    load_weights(start, header, trained)
    model.load_state_dict({**model.state_dict(), **trained.state_dict()})
    model.eval()
    seen = _look(model, photographs, replace(drawings, records=drawings.records[::2]), config, seed)
    names, branches = list(config.attributes), model.roi_heads.branches
    torch.manual_seed(seed)
    for name in config.from_palette:
        layers = nn.Sequential(branches.hidden[name], nn.ReLU(), branches.classify[name])
        truth = torch.tensor(np.array(seen.palette_labels)[:, names.index(name)])
        _fit(layers, torch.stack(seen.palettes), truth, torch.ones(len(truth)), *_PALETTE)
    taken, labels = torch.stack(seen.frozen), torch.tensor(np.array(seen.frozen_labels))
    for name in config.from_frozen:
        _fit_frozen(branches.frozen[name], taken, labels[:, names.index(name)], torch.ones(len(labels)))
    wholes = torch.tensor(seen.wholes)
    _fit_frozen(branches.whole, taken, wholes, torch.where(wholes == 0, _OTHERS_WEIGHT, 1.0))
    facts = {
        "palettes": len(seen.palettes),
        "regions": len(seen.frozen),
        "pictures without a garment": int((wholes == 0).sum()),
        "seed": seed,
        "commit": current_commit(),
    }
    save_checkpoint(out, "detector", model, config, {"training": {**header["training"], "readers": facts}}, half=True)
    return facts


def _read_palette(image: Tensor, mask: np.ndarray, box: Tensor) -> Tensor:
    """The palette of a garment whose mask is known.

    Args:
        image: (1, 3, height, width) float, as the body sees it.
        mask: (H, W) bool, of the picture in any size.
        box: (4,) float xyxy in pixels of `image`.

    Returns:
        (PaletteEncoder.outputs,) float.
    """
    own = cv2.resize(mask.astype(np.float32), image.shape[:1:-1])
    foreground = roi_align(torch.from_numpy(own)[None, None], [box[None]], CELLS, aligned=True).clamp(0, 1)
    return PaletteEncoder()(image, [box[None]], foreground)[0]


@torch.no_grad()
def _look(model: FasterRCNN, photographs: GarmentSource, drawings: GarmentSource, config: DetectorConfig, seed: int) -> _Seen:
    seen = _Seen()
    pictures = [(photographs, r) for r in photographs.records] + [(drawings, r) for r in drawings.records]
    for number, (source, record) in enumerate(tqdm(pictures, desc="garments", unit="picture")):
        pixels, mask = source.open(record)
        _look_at_garment(model, pixels, mask, record, seen)
        if source is photographs and record.pattern == "solid" and record.color != "multicolor":
            dyed, color = dye(pixels, mask, np.random.default_rng([seed, number]))
            image, scale = _scaled(model, dyed)
            seen.palettes.append(_read_palette(image, mask, torch.tensor(record.box) * scale))
            seen.palette_labels.append(attribute_labels(record, color)[0])
    for kind in tqdm(TAUGHT, desc="pictures without a garment", unit="kind"):
        for number in range(_OTHERS):
            rng = np.random.default_rng([seed, _OTHERS_SEED, number])
            image, scale = _scaled(model, np.asarray(draw_other(rng, kind, (256, 342))))
            box = _somewhere(rng, 256, 342) * scale
            seen.frozen.append(_pooled(model, image, box[None])[0])
            seen.frozen_labels.append(np.full(len(config.attributes), IGNORED))
            seen.wholes.append(0)
    return seen


def _look_at_garment(model: FasterRCNN, pixels: np.ndarray, mask: np.ndarray, record: GarmentPicture, seen: _Seen) -> None:
    image, scale = _scaled(model, pixels)
    boxes = torch.tensor(np.array([record.box, *(box for _, box in record.parts or ())], np.float32)) * scale
    labels = attribute_labels(record, record.color)
    seen.palettes.append(_read_palette(image, mask, boxes[0]))
    seen.palette_labels.append(labels[0])
    seen.frozen += _pooled(model, image, boxes)
    seen.frozen_labels += list(labels)
    seen.wholes += [1] + [IGNORED] * (len(boxes) - 1)


def _scaled(model: FasterRCNN, pixels: np.ndarray) -> tuple[Tensor, float]:
    """The picture as the body sees it, (1, 3, height, width) float, and by how much it was scaled."""
    images, _ = model.transform([to_tensor(pixels)])
    return images.tensors, images.image_sizes[0][0] / len(pixels)


def _pooled(model: FasterRCNN, image: Tensor, boxes: Tensor) -> Tensor:
    maps = {f"frozen {level}": values for level, values in model.backbone.frozen_body(image).items()}
    return pool_frozen(maps, [boxes])


def _somewhere(rng: np.random.Generator, width: int, height: int) -> Tensor:
    """(4,) float xyxy: often a part of a picture, as a detector would name it, else all of it."""
    if rng.random() < 0.3:
        return torch.tensor([0.0, 0.0, width, height])
    middle, half = rng.uniform(0.3, 0.7, 2) * (width, height), rng.uniform(0.2, 0.55, 2) * (width, height)
    corners = np.concatenate([middle - half, middle + half]).clip(0, (width, height) * 2)
    return torch.tensor(corners, dtype=torch.float32)


def _fit_frozen(reader: FrozenReader, taken: Tensor, truth: Tensor, weights: Tensor) -> None:
    """Train a reader on the frozen body's features, standardised over all of them."""
    reader.norm.running_mean.copy_(taken.mean(0))
    reader.norm.running_var.copy_(taken.var(0))
    layers = nn.Sequential(nn.Dropout(0.5), reader.hidden, nn.ReLU(), reader.classify)
    _fit(layers, reader.norm(taken), truth, weights, *_FROZEN)


def _fit(layers: nn.Sequential, inputs: Tensor, truth: Tensor, weights: Tensor, epochs: int, rate: float, decay: float) -> None:
    for layer in layers:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    layers.train()
    known = (truth != IGNORED).nonzero()[:, 0]
    inputs, truth, weights = inputs[known].clone(), truth[known], weights[known]
    optimizer = torch.optim.AdamW(layers.parameters(), lr=rate, weight_decay=decay)
    steps = epochs * len(truth.split(_BATCH))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warmup_cosine(step, _WARMUP, steps))
    for _ in range(epochs):
        for rows in torch.randperm(len(truth)).split(_BATCH):
            loss = (F.cross_entropy(layers(inputs[rows]), truth[rows], reduction="none") * weights[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
