"""Pictures -> Regions with the project's own Faster R-CNN."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.ops import box_area
from torchvision.transforms.functional import pil_to_tensor

from lbf_model.checkpoint import build_config, fingerprint, load_weights, read_config
from lbf_model.types import Regions
from lbf_model.vision.detectors.attribute_rcnn_network import DetectorConfig, build_faster_rcnn, within
from lbf_model.vision.detectors.base import MAX_REGIONS
from lbf_model.vision.detectors.efficientnet_lite import pyramid_channels


class AttributeRcnnDetector:
    """Detection with a trained checkpoint of this project."""

    def __init__(
        self,
        model,
        config: DetectorConfig,
        name: str,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.model = model.to(device, memory_format=torch.channels_last).eval()
        for body in filter(None, (model.backbone.body, model.backbone.frozen_body)):
            body.fold_norms()
        model.backbone.dtype = dtype
        self.config = config
        self.fingerprint = name
        self.feature_width = config.feature_width
        self.feature_map_channels = sum(pyramid_channels(self.config.body))
        self.device = torch.device(device)

    @torch.inference_mode()
    def detect_regions(self, pictures: Sequence[Image.Image], min_score: float | None = None) -> list[Regions]:
        """Detect objects.

        Args:
            pictures: RGB, any size.
            min_score: another threshold than the config's, down to 0.05.

        Returns:
            One Regions a picture: at most 36, confidence `min_score` or more, best first. Where nothing is that sure, or only
            parts are and no whole, one region, the whole image, with `whole_image` set.
        """
        same_size: dict[tuple[int, int], list[int]] = {}
        for place, picture in enumerate(pictures):
            same_size.setdefault(picture.size, []).append(place)
        found = {}
        # Pictures padded to a common size would see each other's size at their edges.
        for places in (portion for alike in same_size.values() for portion in portions(alike, self.device)):
            answers = map(_on_cpu, self.model(self._tensors([pictures[p] for p in places])))
            found |= zip(places, answers, strict=True)
        return [
            self._regions(found[place], picture, min_score or self.config.min_score) or self.describe_boxes(picture, None)
            for place, picture in enumerate(pictures)
        ]

    @torch.inference_mode()
    def describe_boxes(self, picture: Image.Image, boxes: np.ndarray | None) -> Regions:
        """Features and labels of boxes that are already known, with score 1.

        Args:
            picture: RGB.
            boxes: (R, 4) float32, xyxy pixels. None or none of them describes the whole image instead.
        """
        whole = boxes is None or len(boxes) == 0
        if whole:
            boxes = np.array([[0, 0, picture.width, picture.height]], np.float32)
        images, _ = self.model.transform(self._tensors([picture]))
        height, width = images.image_sizes[0]
        scale = torch.tensor([width / picture.width, height / picture.height] * 2, dtype=torch.float32)
        scaled = (torch.from_numpy(boxes) * scale).to(self.device)
        maps = self.model.backbone(images.tensors)
        told = self.model.roi_heads.describe(maps, [scaled], images.image_sizes)
        scores = np.ones(len(boxes), np.float32)
        labels, sure = (("whole image",), scores) if whole else self._labels(_on_cpu(told.together))
        whole_map = maps["whole"][0].half().cpu().numpy()
        return Regions(boxes, scores, labels, told.features.cpu().numpy(), picture.size, whole, whole_map, sure)

    @torch.inference_mode()
    def read_attribute(self, features: np.ndarray, name: str) -> np.ndarray:
        """The likeliest value of one attribute of regions, from their features (see `AttributeReader`)."""
        return self.attribute_probabilities(features, name).argmax(1)

    @torch.inference_mode()
    def attribute_probabilities(self, features: np.ndarray, name: str) -> np.ndarray:
        """How likely each value of one attribute is: (M, F) float32 features -> (M, values) float32, rows sum to 1."""
        logits = self.model.roi_heads.branches.tell(torch.from_numpy(features).to(self.device), name)
        return self._probabilities(name, logits).cpu().numpy()

    def _probabilities(self, name: str, logits: torch.Tensor) -> torch.Tensor:
        return (logits / self.config.temperatures.get(name, 1.0)).softmax(1)

    def _tensors(self, pictures):
        reduced = (picture.reduce(factor) if (factor := self._factor(picture)) > 1 else picture for picture in pictures)
        return [pil_to_tensor(p).to(self.device, torch.float32) / 255 for p in reduced]

    def _factor(self, picture: Image.Image) -> int:
        """How many pixels a side are averaged to one before the network scales a picture down; at least twice what it looks at
        is left. Of a large photograph the network would otherwise convert every pixel, and then pick a few of them."""
        sides, looked_at = sorted(picture.size), (self.config.short_side, self.config.long_side)
        return max(1, int(max(side / seen for side, seen in zip(sides, looked_at, strict=True)) / 2))

    def _regions(self, answer, picture, min_score) -> Regions | None:
        """What is sure enough of the network's answer to one picture; None where that is nothing, or no whole is among it."""
        sure = answer["scores"] >= min_score
        if not sure.any():
            return None
        factor = self._factor(picture)
        boxes = answer["boxes"][sure] * torch.tensor([side / math.ceil(side / factor) for side in picture.size * 2])
        real = answer["wholes"][sure] >= self.config.min_frozen_score
        told = self._named({name: values[sure] for name, values in answer["attributes"].items()}, boxes, real)
        if told is None:
            return None
        labels, label_scores = told
        kept = [i for i, label in enumerate(labels) if real[i] or not self._whole(label)]
        keep = torch.tensor([i for i in kept if not self._within_another(i, kept, boxes, labels)])
        return Regions(
            boxes[keep].numpy(),
            answer["scores"][sure][keep].numpy(),
            tuple(labels[i] for i in keep.tolist()),
            answer["features"][sure][keep].numpy(),
            picture.size,
            feature_map=answer["feature_map"].half().numpy(),
            label_scores=label_scores[keep.numpy()],
        )

    def _named(
        self, logits: dict[str, torch.Tensor], boxes: torch.Tensor, real: torch.Tensor
    ) -> tuple[tuple[str, ...], np.ndarray] | None:
        """As `_labels`, with a whole object among R labels where the config knows wholes; None where there is none.

        A part without the whole that it belongs to was seen where there is none. But an object without parts of its own has
        one box with its largest part, and may be called by the part's name: where the frozen body takes regions for wholes,
        the largest of them is called by the likeliest name of one.

        Args:
            logits: (R, values) of each attribute.
            boxes: (R, 4).
            real: (R,) bool, what the frozen body takes for a whole object.
        """
        labels, label_scores = self._labels(logits)
        if not self.config.wholes or any(self._whole(label) and r for label, r in zip(labels, real.tolist(), strict=True)):
            return labels, label_scores
        if not (self.config.min_frozen_score and real.any()):
            return None
        place = int((box_area(boxes) * real).argmax())
        (called,), (sureness,) = self._labels({name: values[place, None] for name, values in logits.items()}, wholes=True)
        label_scores[place] = sureness
        return (*labels[:place], called, *labels[place + 1 :]), label_scores

    def _within_another(self, place: int, kept: list[int], boxes: torch.Tensor, labels: tuple[str, ...]) -> bool:
        """Whether a region that is called a whole lies within a surer one that is, too, of those that are kept."""
        surer = [i for i in kept if i < place and self._whole(labels[i])]
        return self._whole(labels[place]) and bool(within(boxes[place, None], boxes[surer], 0.7))

    def _whole(self, label: str) -> bool:
        return label.split()[-1] in self.config.wholes

    def _labels(self, logits: dict[str, torch.Tensor], wholes: bool = False) -> tuple[tuple[str, ...], np.ndarray]:
        """R labels, and how likely each is right in all it says, (R,) float32: attributes count as independent.

        With `wholes`, each region is called by the likeliest name of a whole object.
        """
        named = self.config.named or tuple(self.config.attributes)
        told = {name: self._probabilities(name, logits[name]) for name in named}
        if wholes:
            told[named[-1]] *= torch.tensor([value in self.config.wholes for value in self.config.attributes[named[-1]]])
        likeliest = [told[name].max(1) for name in named]
        picked = [
            [self.config.attributes[k][i] for i in best.indices.tolist()] for k, best in zip(named, likeliest, strict=True)
        ]
        together = torch.stack([best.values for best in likeliest]).prod(0)
        return tuple(" ".join(words) for words in zip(*picked, strict=True)), together.numpy()


def portions(places: Sequence[int], device: torch.device) -> list[Sequence[int]]:
    """Pictures of one size, parted into what is looked at together: on a CPU all of them.

    On a GPU they are 1, 2, 4, 8 and so on. cuDNN plans every convolution anew for each new shape of a batch (see pull request
    187212 of PyTorch), which takes up to a second for all of them; so there are fewer shapes.
    """
    if device.type == "cpu":
        return [places]
    powers = [1 << bit for bit in reversed(range(len(places).bit_length())) if len(places) >> bit & 1]
    ends = np.cumsum(powers)
    return [places[end - size : end] for end, size in zip(ends, powers, strict=True)]


def _on_cpu(answer: dict) -> dict:
    """What is asked of regions one by one would wait for a GPU each time."""
    return {name: _on_cpu(value) if isinstance(value, dict) else value.cpu() for name, value in answer.items()}


def load_attribute_rcnn(
    folder: Path, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> AttributeRcnnDetector:
    """Rebuild a detector from its checkpoint folder.

    Args:
        folder: of a detector, such as checkpoints/css-detector.
        device: "cpu" or "cuda".
        dtype: what its feature maps are computed in; regions are float32 always.

    Raises:
        CheckpointError: the folder is not an intact detector checkpoint.
    """
    header = read_config(folder, "detector")
    config = build_config(DetectorConfig, header)
    model = build_faster_rcnn(config, MAX_REGIONS)
    load_weights(folder, header, model)
    return AttributeRcnnDetector(model, config, fingerprint(header), device, dtype)
