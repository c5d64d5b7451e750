"""Pictures -> Regions with the project's own Faster R-CNN."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_area
from torchvision.transforms.functional import pil_to_tensor

from lbf_model.checkpoint import build_config, fingerprint, load_weights, read_config
from lbf_model.types import Regions
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn, within
from lbf_model.vision.detectors.base import MAX_REGIONS
from lbf_model.vision.detectors.detector_config import DetectorConfig
from lbf_model.vision.detectors.efficientnet_lite import pyramid_channels

_WITHIN = 0.7  # a box with more than this share inside another is the same object, seen twice


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
        self.device = torch.device(device)
        model.eval()
        for body in filter(None, (model.backbone.body, model.backbone.frozen_body)):
            body.fold_norms()
            if self.device.type == "cuda":
                body.multiply_pointwise()
            elif dtype == torch.float32:
                body.convolve_with_onednn()
        model.backbone.compute_in(dtype)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.config = config
        self.fingerprint = name
        self.feature_width = config.feature_width
        self.feature_map_channels = sum(pyramid_channels(self.config.body))

    @torch.inference_mode()
    def detect_regions(self, pictures: Sequence[Image.Image], min_score: float | None = None) -> list[Regions]:
        """Detect objects.

        Args:
            pictures: RGB, any size.
            min_score: a threshold to use instead of the config's, down to 0.05.

        Returns:
            One Regions per picture: at most 36 regions, confidence `min_score` or more, best first. If nothing is that sure, or
            only parts are and no whole object, the one region is the whole image, with `whole_image` set.
        """
        scaled = [self._scale(picture) for picture in pictures]
        alike: dict[torch.Size, list[int]] = {}
        for index, images in enumerate(scaled):
            alike.setdefault(images.tensors.shape, []).append(index)
        found = {}
        # Each picture is padded as it would be alone, to a multiple of 32 pixels, so that the others in its batch do not change
        # what the network sees at its edges.
        for indices in (portion for same in alike.values() for portion in portions(same, self.device)):
            found |= zip(indices, self._look([scaled[index] for index in indices]), strict=True)
        return [
            self._regions(found[index], picture, min_score or self.config.min_score) or self.describe_boxes(picture, None)
            for index, picture in enumerate(pictures)
        ]

    @torch.inference_mode()
    def describe_boxes(self, picture: Image.Image, boxes: np.ndarray | None) -> Regions:
        """Features and labels of boxes that are already known, with score 1.

        Args:
            picture: RGB.
            boxes: (R, 4) float32, xyxy pixels. None or an empty array describes the whole image instead.
        """
        whole = boxes is None or len(boxes) == 0
        if whole:
            boxes = np.array([[0, 0, picture.width, picture.height]], np.float32)
        images = self._scale(picture)
        height, width = images.image_sizes[0]
        scale = torch.tensor([width / picture.width, height / picture.height] * 2, dtype=torch.float32)
        scaled = (torch.from_numpy(boxes) * scale).to(self.device)
        maps = self.model.backbone(images.tensors)
        description = self.model.roi_heads.describe(maps, [scaled], images.image_sizes)
        scores = np.ones(len(boxes), np.float32)
        named = {name: self._probabilities(name, description.together[name]).cpu().numpy() for name in self._named}
        labels, label_scores = (("whole image",), scores) if whole else self._labels(named)
        features, whole_map = description.features.cpu().numpy(), maps["whole"][0].half().cpu().numpy()
        return Regions(boxes, scores, labels, features, picture.size, whole, whole_map, label_scores)

    @torch.inference_mode()
    def read_attribute(self, features: np.ndarray, name: str) -> np.ndarray:
        """The likeliest value of one attribute for each region, from region features (see `AttributeReader`)."""
        return self.attribute_probabilities(features, name).argmax(1)

    @torch.inference_mode()
    def attribute_probabilities(self, features: np.ndarray, name: str) -> np.ndarray:
        """How likely each value of one attribute is: (M, F) float32 features -> (M, values) float32, rows sum to 1."""
        logits = self.model.roi_heads.branches.tell(torch.from_numpy(features).to(self.device), name)
        return self._probabilities(name, logits).cpu().numpy()

    def _probabilities(self, name: str, logits: torch.Tensor) -> torch.Tensor:
        return (logits / self.config.temperatures.get(name, 1.0)).softmax(1)

    def _scale(self, picture: Image.Image) -> ImageList:
        """One picture, scaled and padded for the network."""
        reduced = picture.reduce(factor) if (factor := self._factor(picture)) > 1 else picture
        return self.model.transform([pil_to_tensor(reduced).to(self.device).float() / 255])[0]

    def _look(self, scaled: list[ImageList]) -> Iterator["Detections"]:
        """The network's detections in pictures with the same padded shape."""
        sizes = [size for images in scaled for size in images.image_sizes]
        images = ImageList(torch.cat([images.tensors for images in scaled]), sizes)
        maps = self.model.backbone(images.tensors)
        proposals, _ = self.model.rpn(images, maps)
        boxes, scores = self.model.roi_heads.detect(maps, proposals, sizes)
        description = self.model.roi_heads.describe(maps, boxes, sizes)
        counts = [len(own) for own in boxes]

        def by_picture(values: torch.Tensor) -> list[np.ndarray]:
            """Transfer all at once, since each transfer waits for the GPU."""
            return np.split(values.cpu().numpy(), np.cumsum(counts)[:-1])

        named = {name: by_picture(self._probabilities(name, description.together[name])) for name in self._named}
        rows = zip(
            by_picture(torch.cat(boxes)),
            by_picture(torch.cat(scores)),
            by_picture(description.features),
            by_picture(torch.ones(sum(counts)) if description.wholes is None else description.wholes),
            maps["whole"].half().cpu().numpy(),
            sizes,
            strict=True,
        )
        return (Detections(*row, {name: parts[index] for name, parts in named.items()}) for index, row in enumerate(rows))

    def _factor(self, picture: Image.Image) -> int:
        """The factor to reduce a picture by, averaging pixels, before the network scales it; at least twice the network's input
        size is left. Otherwise the network would convert every pixel of a large photograph, and then pick a few of them."""
        sides, looked_at = sorted(picture.size), (self.config.short_side, self.config.long_side)
        return max(1, int(max(side / seen for side, seen in zip(sides, looked_at, strict=True)) / 2))

    def _regions(self, seen: "Detections", picture: Image.Image, min_score: float) -> Regions | None:
        """The detections in one picture that are sure enough; None if there are none, or no whole object is among them."""
        sure = seen.scores >= min_score
        if not sure.any():
            return None
        factor = self._factor(picture)
        reduced = np.array([math.ceil(side / factor) for side in picture.size * 2], np.float32)
        boxes = seen.boxes[sure] * (reduced / np.array(seen.size[::-1] * 2, np.float32))
        boxes *= (np.array(picture.size * 2) / reduced).astype(np.float32)
        real = seen.wholes[sure] >= self.config.min_frozen_score
        called = self._labels_with_a_whole({name: values[sure] for name, values in seen.named.items()}, boxes, real)
        if called is None:
            return None
        labels, label_scores = called
        kept = [i for i, label in enumerate(labels) if real[i] or not self._whole(label)]
        keep = np.array([i for i in kept if not self._within_another(i, kept, boxes, labels)])
        return Regions(
            boxes[keep],
            seen.scores[sure][keep],
            tuple(labels[i] for i in keep),
            seen.features[sure][keep],
            picture.size,
            feature_map=seen.feature_map.copy(),  # a view would keep those of the whole batch in memory
            label_scores=label_scores[keep],
        )

    def _labels_with_a_whole(
        self, probabilities: dict[str, np.ndarray], boxes: np.ndarray, real: np.ndarray
    ) -> tuple[tuple[str, ...], np.ndarray] | None:
        """`_labels`, with at least one whole object among the R labels if the config has wholes; None if there is none.

        A part without the whole object that it belongs to is a false detection. But an object that has no separate parts shares
        one box with its largest part, and may be labelled as that part: if the frozen body takes some regions for whole
        objects, the largest of them gets the likeliest label of a whole.

        Args:
            probabilities: (R, values) of each attribute.
            boxes: (R, 4).
            real: (R,) bool, regions that the frozen body takes for whole objects.
        """
        labels, label_scores = self._labels(probabilities)
        if not self.config.wholes or any(self._whole(label) and r for label, r in zip(labels, real, strict=True)):
            return labels, label_scores
        if not (self.config.min_frozen_score and real.any()):
            return None
        largest = int((box_area(torch.from_numpy(boxes)).numpy() * real).argmax())
        of_largest = {name: values[largest, None] for name, values in probabilities.items()}
        (label,), (label_scores[largest],) = self._labels(of_largest, wholes=True)
        return (*labels[:largest], label, *labels[largest + 1 :]), label_scores

    def _within_another(self, region: int, kept: list[int], boxes: np.ndarray, labels: tuple[str, ...]) -> bool:
        """Whether a region labelled as a whole lies within a surer kept region that is also labelled as a whole."""
        if not self._whole(labels[region]):
            return False
        surer = [i for i in kept if i < region and self._whole(labels[i])]
        return bool(within(torch.from_numpy(boxes[region, None]), torch.from_numpy(boxes[surer]), _WITHIN))

    def _whole(self, label: str) -> bool:
        return label.split()[-1] in self.config.wholes

    @property
    def _named(self) -> tuple[str, ...]:
        """The attributes that a label names, in order."""
        return self.config.named or tuple(self.config.attributes)

    def _labels(self, probabilities: dict[str, np.ndarray], wholes: bool = False) -> tuple[tuple[str, ...], np.ndarray]:
        """R labels, and how likely each is to be right in every attribute, (R,) float32, taking attributes as independent.

        With `wholes`, each region gets the likeliest label of a whole object.
        """
        likely = [probabilities[name] for name in self._named]
        values = [self.config.attributes[name] for name in self._named]
        if wholes:
            likely[-1] = likely[-1] * np.array([value in self.config.wholes for value in values[-1]])
        picked = [[words[i] for i in own.argmax(1)] for own, words in zip(likely, values, strict=True)]
        together = np.prod([own.max(1) for own in likely], axis=0)
        return tuple(" ".join(words) for words in zip(*picked, strict=True)), together


class Detections(NamedTuple):
    """The network's output for one picture's R regions, best first, in CPU memory.

    Attributes:
        boxes: (R, 4) float32, xyxy in pixels of the scaled picture.
        scores: (R,) float32.
        features: (R, F) float32.
        wholes: (R,) float32, see `Description`; 1 if the frozen body was not asked.
        feature_map: (C, 6, 6) float16, of the whole picture.
        size: height and width of the scaled picture.
        named: (R, values) float32 probabilities of each attribute that a label names.
    """

    boxes: np.ndarray
    scores: np.ndarray
    features: np.ndarray
    wholes: np.ndarray
    feature_map: np.ndarray
    size: tuple[int, int]
    named: dict[str, np.ndarray]


def portions(indices: Sequence[int], device: torch.device) -> list[list[int]]:
    """Split pictures with the same padded shape into batches: on a CPU, one batch for all of them.

    On a GPU, batches hold 1, 8 or 64 pictures, and are filled up by repeating the last one. That gives few batch shapes, since
    cuDNN makes a plan for each (see `EfficientNetLite.multiply_pointwise`).
    """
    rest = list(indices)
    if device.type == "cpu":
        return [rest]
    parts = []
    while rest:
        size = 64 if len(rest) > 32 else 8 if len(rest) > 1 else 1
        part, rest = rest[:size], rest[size:]
        parts.append(part + part[-1:] * (size - len(part)))
    return parts


def load_attribute_rcnn(
    folder: Path, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> AttributeRcnnDetector:
    """Rebuild a detector from its checkpoint folder.

    Args:
        folder: of a detector, such as checkpoints/css-detector.
        device: "cpu" or "cuda".
        dtype: what its feature maps are computed in; regions are always float32.

    Raises:
        CheckpointError: the folder is not an intact detector checkpoint.
    """
    header = read_config(folder, "detector")
    config = build_config(DetectorConfig, header)
    model = build_faster_rcnn(config, MAX_REGIONS)
    load_weights(folder, header, model)
    return AttributeRcnnDetector(model, config, fingerprint(header), device, dtype)
