"""The project's own detector: a class-agnostic Faster R-CNN whose regions know their attributes.

Source: torchvision's Faster R-CNN with a feature pyramid. What differs: the body is EfficientNet-Lite0; the box head tells
object from background only, and one small branch an attribute (shape, colour, size) names what the object is. The branches'
hidden activations, side by side, are the region feature, so that it carries what words talk about. Boxes are pooled a second
time after refinement (as Mask R-CNN does for masks), so features and attributes belong to the final box.
"""

from collections import OrderedDict
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import AnchorGenerator, RegionProposalNetwork
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign, roi_align

from lbf_model.vision.efficientnet_lite import PYRAMID_CHANNELS, EfficientNetLite0

IGNORED = -100  # an attribute label that trains nothing, where a picture cannot tell


@dataclass(frozen=True)
class DetectorConfig:
    """Model facts of a detector; they travel in its checkpoint.

    Attributes:
        attributes: name of each attribute and its values, in the order a label reads ("small gray cube").
        short_side: pictures are scaled to this short side in pixels ...
        long_side: ... unless the long side would exceed this.
        anchor_sizes: side in pixels of the anchors at strides 4, 8, 16 and 32 of the scaled picture.
        pyramid_channels: channels of the feature pyramid.
        hidden: width of the box head.
        attribute_width: hidden width of each attribute branch; the region feature has one such slice an attribute.
        from_pixels: attributes told from the region's own pixels, each looked at alone (see `PixelEncoder`).
        min_score: regions below this confidence are not regions.
    """

    attributes: dict[str, tuple[str, ...]]
    short_side: int = 128
    long_side: int = 224
    anchor_sizes: tuple[int, ...] = (12, 24, 48, 96)
    pyramid_channels: int = 96
    hidden: int = 256
    attribute_width: int = 64
    from_pixels: tuple[str, ...] = ()
    min_score: float = 0.5

    def __post_init__(self):
        object.__setattr__(self, "attributes", {k: tuple(v) for k, v in self.attributes.items()})
        object.__setattr__(self, "anchor_sizes", tuple(self.anchor_sizes))
        object.__setattr__(self, "from_pixels", tuple(self.from_pixels))
        if not set(self.from_pixels) <= self.attributes.keys():
            raise ValueError(f"from_pixels names {self.from_pixels}, but the attributes are {', '.join(self.attributes)}")
        if not self.attributes or any(len(v) < 2 for v in self.attributes.values()):
            raise ValueError(f"each attribute needs two values or more: {self.attributes}")
        if len(self.anchor_sizes) != len(PYRAMID_CHANNELS):
            raise ValueError(f"{len(PYRAMID_CHANNELS)} anchor sizes are needed, one a pyramid level, not {self.anchor_sizes}")

    @property
    def feature_width(self) -> int:
        return self.attribute_width * len(self.attributes)


class _Pyramid(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.body = EfficientNetLite0()
        self.fpn = FeaturePyramidNetwork(list(PYRAMID_CHANNELS), channels)
        self.out_channels = channels

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        maps = self.fpn(self.body(images))
        maps["pixels"] = images  # for the attributes that are told from pixels; the proposal network does not see it
        return maps


class _PyramidProposals(RegionProposalNetwork):
    def forward(self, images, features, targets=None):
        return super().forward(images, {k: v for k, v in features.items() if k != "pixels"}, targets)


class PixelEncoder(nn.Module):
    """A region's colours without its form: the same two layers on each of 7x7 pixels of the box, then the mean.

    A deep feature knows the shape, and a colour branch that reads it learns which colours a shape had in training: it is then
    often wrong on shape-colour pairs that it has never seen. Single pixels have no shape to lean on.
    """

    def __init__(self, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 32, 1), nn.ReLU(), nn.Conv2d(32, outputs, 1), nn.ReLU())

    def forward(self, images: Tensor, boxes: list[Tensor]) -> Tensor:
        """(B, 3, height, width) float and B box tensors (N_i, 4) xyxy pixels -> (sum N_i, outputs)."""
        return self.layers(roi_align(images, boxes, 7, sampling_ratio=1, aligned=True)).mean((2, 3))


class AttributeBranches(nn.Module):
    """One hidden layer and one classifier an attribute, from the box head's output and the normalised box, or from pixels."""

    def __init__(self, inputs: int, width: int, attributes: dict[str, tuple[str, ...]], from_pixels: tuple[str, ...] = ()):
        super().__init__()
        self.from_pixels = from_pixels
        self.pixels = PixelEncoder(width) if from_pixels else None
        self.hidden = nn.ModuleDict({n: nn.Linear(width if n in from_pixels else inputs + 4, width) for n in attributes})
        self.classify = nn.ModuleDict({name: nn.Linear(width, len(values)) for name, values in attributes.items()})

    def pixel_parameters(self) -> list[nn.Parameter]:
        """Parameters of the branches that read pixels: small networks of their own, which bear a higher learning rate."""
        if self.pixels is None:
            return []
        modules = [self.pixels, *(part[name] for part in (self.hidden, self.classify) for name in self.from_pixels)]
        return [p for module in modules for p in module.parameters()]

    def forward(
        self, pooled: Tensor, boxes_unit: Tensor, images: Tensor, boxes: list[Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Features and logits of N boxes.

        Args:
            pooled: (N, hidden) float, the box head's output.
            boxes_unit: (N, 4) float, xyxy in [0, 1]. Size is told by box and place, which RoI pooling has normalised away.
            images: (B, 3, height, width) float, as the detector sees them.
            boxes: B tensors of the same N boxes, xyxy in pixels of `images`.

        Returns:
            features: (N, attributes * width) float, the branches' hidden activations side by side.
            logits: attribute -> (N, values) float.
        """
        x = torch.cat([pooled, boxes_unit], 1)
        colors = self.pixels(images, boxes) if self.from_pixels else None
        hidden = {name: F.relu(layer(colors if name in self.from_pixels else x)) for name, layer in self.hidden.items()}
        logits = {name: self.classify[name](h) for name, h in hidden.items()}
        return torch.cat(list(hidden.values()), 1), logits


class AttributeRoIHeads(RoIHeads):
    """torchvision's RoI heads plus attribute branches.

    Training targets carry `attributes`, (objects, attributes) int64, IGNORED where unknown. Detections carry `features`
    (R, F) float and `attributes`, a dict of (R, values) probabilities, beside `boxes`, `labels` and `scores`.
    """

    def __init__(self, branches: AttributeBranches, **torchvision_arguments):
        super().__init__(**torchvision_arguments)
        self.branches = branches

    def forward(self, features, proposals, image_shapes, targets=None):
        if self.training:
            return [], self._losses(features, proposals, image_shapes, targets)
        pooled = self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        boxes, scores, labels = self.postprocess_detections(*self.box_predictor(pooled), proposals, image_shapes)
        region_features, logits = self.describe(features, boxes, image_shapes)
        counts = [len(b) for b in boxes]
        split = {name: v.softmax(1).split(counts) for name, v in logits.items()}
        return [
            {
                "boxes": boxes[i],
                "labels": labels[i],
                "scores": scores[i],
                "features": part,
                "attributes": {name: v[i] for name, v in split.items()},
            }
            for i, part in enumerate(region_features.split(counts))
        ], {}

    def describe(self, features, boxes, image_shapes) -> tuple[Tensor, dict[str, Tensor]]:
        """Features and attribute logits, as of `AttributeBranches`, of boxes in pixels of the scaled pictures."""
        pooled = self.box_head(self.box_roi_pool(features, boxes, image_shapes))
        return self.branches(pooled, _unit(boxes, image_shapes), features["pixels"], boxes)

    def _losses(self, features, proposals, image_shapes, targets):
        proposals, matched, labels, regression = self.select_training_samples(proposals, targets)
        pooled = self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        classification, box = fastrcnn_loss(*self.box_predictor(pooled), labels, regression)
        losses = {"loss_objectness_head": classification, "loss_box": box}
        positive = [kind > 0 for kind in labels]
        objects = [p[chosen] for p, chosen in zip(proposals, positive, strict=True)]
        rows = [_rows(t["attributes"], m)[chosen] for t, m, chosen in zip(targets, matched, positive, strict=True)]
        truth, boxes_unit = torch.cat(rows), _unit(objects, image_shapes)
        _, logits = self.branches(pooled[torch.cat(positive)], boxes_unit, features["pixels"], objects)
        for column, (name, values) in enumerate(logits.items()):
            known = truth[:, column] != IGNORED
            total = F.cross_entropy(values, truth[:, column], ignore_index=IGNORED, reduction="sum")
            losses[f"loss_{name}"] = total / known.sum().clamp(min=1)
        return losses


def _rows(attributes: Tensor, matched: Tensor) -> Tensor:
    """Attributes of each proposal's object; a picture without objects has only background, which IGNORED stands for."""
    return attributes[matched] if len(attributes) else attributes.new_full((len(matched), attributes.shape[1]), IGNORED)


def _unit(boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
    scaled = [b / b.new_tensor([width, height, width, height]) for b, (height, width) in zip(boxes, image_shapes, strict=True)]
    return torch.cat(scaled)


def build_faster_rcnn(config: DetectorConfig, max_regions: int = 36) -> FasterRCNN:
    """Assemble the detector, randomly initialised.

    Returns:
        torchvision's FasterRCNN over a list of (3, height, width) float pictures in [0, 1].
    """
    channels = config.pyramid_channels
    pool = MultiScaleRoIAlign(featmap_names=["0", "1", "2", "3"], output_size=7, sampling_ratio=2)
    model = FasterRCNN(
        _Pyramid(channels),
        num_classes=2,
        min_size=config.short_side,
        max_size=config.long_side,
        rpn_anchor_generator=AnchorGenerator(
            tuple((s,) for s in config.anchor_sizes), ((0.5, 1.0, 2.0),) * len(config.anchor_sizes)
        ),
        rpn_pre_nms_top_n_train=400,
        rpn_post_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=200,
        rpn_post_nms_top_n_test=60,
        rpn_batch_size_per_image=128,
        box_roi_pool=pool,
    )
    model.rpn.__class__ = _PyramidProposals  # torchvision builds it with all its settings, but lets no one choose the class
    model.roi_heads = AttributeRoIHeads(
        AttributeBranches(config.hidden, config.attribute_width, config.attributes, config.from_pixels),
        box_roi_pool=pool,
        box_head=TwoMLPHead(channels * 49, config.hidden),
        box_predictor=FastRCNNPredictor(config.hidden, 2),
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=64,
        positive_fraction=0.5,
        bbox_reg_weights=None,
        score_thresh=0.05,
        nms_thresh=0.5,
        detections_per_img=max_regions,
    )
    return model
