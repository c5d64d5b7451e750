"""The project's own detector: a class-agnostic Faster R-CNN whose regions know their attributes.

Source: torchvision's Faster R-CNN with a feature pyramid. What differs: the body is an EfficientNet-Lite; the box head tells
object from background only, and one small branch an attribute (shape, colour, size) names what the object is. The branches'
hidden activations, side by side, are the region feature, so that it carries what words talk about. Boxes are pooled a second
time after refinement (as Mask R-CNN does for masks), so features and attributes belong to the final box.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import AnchorGenerator, RegionProposalNetwork
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign, box_area, roi_align

from lbf_model.vision.detectors.base import average_to_grid, fix_pooled_strides
from lbf_model.vision.detectors.efficientnet_lite import BODIES, EfficientNetLite, pyramid_channels
from lbf_model.vision.detectors.region_readers import (
    CELLS,
    FROZEN_STRIDES,
    PIXEL_MEAN,
    PIXEL_STD,
    ForegroundHead,
    FrozenReader,
    PaletteEncoder,
    PixelEncoder,
    TextureEncoder,
    frozen_channels,
    pool_frozen,
)
from lbf_model.vision.detectors.suppression import at_least, clip_to_pictures, suppress_overlaps

_LEVELS = ("0", "1", "2", "3")  # of the pyramid: strides 4, 8, 16 and 32

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
        from_palette: attributes told from the colours of the region's foreground alone (see `PaletteEncoder`).
        from_cloth: attributes told, besides, by the texture of the region's foreground (see `TextureEncoder`).
        from_frozen: attributes that `frozen_body` tells, too (see `FrozenReader`); each has a second slice in the feature.
        named: the attributes that a region's label says, in this order; empty says all.
        wholes: values of the last named attribute that name a whole object. Such a region within another one is a part by the
            wrong name, and is left out.
        foreground: tell a region's own pixels from those of the background around it; colours and textures are then read
            from the foreground alone. Objects on a plain ground do without.
        min_score: regions below this confidence are not regions.
        temperatures: what an attribute's logits are divided by, so that its probabilities are as often right as they say; 1 of
            those that are not named. Fitted after training, on pictures that did not train (see `training.calibration`).
        body: the EfficientNet-Lite that looks at the picture, of `efficientnet_lite.BODIES`.
        frozen_body: another one, which keeps its ImageNet weights: what is trained on a few thousand pictures comes to know
            them by heart, and forgets what it knew of the others. Empty does without.
        min_frozen_score: what the frozen body must give a region that is called a whole, in [0, 1], or it is none; 0 does
            without.
    """

    attributes: dict[str, tuple[str, ...]]
    short_side: int = 128
    long_side: int = 224
    anchor_sizes: tuple[int, ...] = (12, 24, 48, 96)
    pyramid_channels: int = 96
    hidden: int = 256
    attribute_width: int = 64
    from_pixels: tuple[str, ...] = ()
    from_palette: tuple[str, ...] = ()
    from_cloth: tuple[str, ...] = ()
    from_frozen: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    wholes: tuple[str, ...] = ()
    foreground: bool = False
    min_score: float = 0.5
    temperatures: dict[str, float] = field(default_factory=dict)
    body: str = "lite0"
    frozen_body: str = ""
    min_frozen_score: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "attributes", {k: tuple(v) for k, v in self.attributes.items()})
        object.__setattr__(self, "anchor_sizes", tuple(self.anchor_sizes))
        for part in ("from_pixels", "from_palette", "from_cloth", "from_frozen", "named"):
            object.__setattr__(self, part, tuple(getattr(self, part)))
            if not set(getattr(self, part)) <= self.attributes.keys():
                raise ValueError(f"{part} names {getattr(self, part)}, but the attributes are {', '.join(self.attributes)}")
        object.__setattr__(self, "wholes", tuple(self.wholes))
        if not set(self.temperatures) <= self.attributes.keys() or not all(t > 0 for t in self.temperatures.values()):
            raise ValueError(f"temperatures are {self.temperatures}; give positive numbers of {', '.join(self.attributes)}")
        if (self.from_cloth or self.from_palette) and not self.foreground:
            raise ValueError("from_cloth and from_palette need foreground: they read the foreground of a region")
        if bool(self.from_frozen or self.min_frozen_score) != bool(self.frozen_body):
            raise ValueError("frozen_body and what reads it (from_frozen, min_frozen_score) need each other")
        if not self.attributes or any(len(v) < 2 for v in self.attributes.values()):
            raise ValueError(f"each attribute needs two values or more: {self.attributes}")
        last = (self.named or tuple(self.attributes))[-1]
        if not set(self.wholes) <= set(self.attributes[last]):
            raise ValueError(f"wholes names {self.wholes}, but the values of {last} are {', '.join(self.attributes[last])}")
        if len(self.anchor_sizes) != 4:
            raise ValueError(f"4 anchor sizes are needed, one a pyramid level, not {self.anchor_sizes}")
        for body in filter(None, (self.body, self.frozen_body)):
            if body not in BODIES:
                raise ValueError(f"no body {body!r}; there are {', '.join(BODIES)}")

    @property
    def feature_width(self) -> int:
        return self.attribute_width * (len(self.attributes) + len(self.from_frozen))

    def slice_of(self, attribute: str) -> slice:
        """Where an attribute's branch lies in the region feature."""
        first = list(self.attributes).index(attribute) * self.attribute_width
        return slice(first, first + self.attribute_width)

    def frozen_slice_of(self, attribute: str) -> slice | None:
        """Where what the frozen body says of an attribute lies; None where it says nothing of it."""
        if attribute not in self.from_frozen:
            return None
        first = (len(self.attributes) + self.from_frozen.index(attribute)) * self.attribute_width
        return slice(first, first + self.attribute_width)


class _Pyramid(nn.Module):
    """Feature maps, float32, computed in `dtype`. What follows (boxes, overlaps, pooling, attributes) is float32 always: a box
    in half precision would be off by a pixel, and colours are told from pixels."""

    def __init__(self, body: str, channels: int, frozen_body: str):
        super().__init__()
        self.dtype = torch.float32
        self.body = EfficientNetLite(body)
        self.fpn = FeaturePyramidNetwork(list(pyramid_channels(body)), channels)
        self.out_channels = channels
        self.frozen_body = EfficientNetLite(frozen_body).requires_grad_(False) if frozen_body else None

    def compute_in(self, dtype: torch.dtype) -> None:
        """Change weights to what is computed in: where it runs decides, not the model. For inference only."""
        self.dtype = dtype
        for part in filter(None, (self.body, self.fpn, self.frozen_body)):
            part.to(dtype)

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        looked_at = images.to(self.dtype)
        seen = self.body(looked_at)
        maps = self.fpn(seen)
        frozen = self.frozen_body(looked_at) if self.frozen_body else {}
        maps = OrderedDict((level, values.float()) for level, values in maps.items())
        if not self.training:
            maps["whole"] = torch.cat([average_to_grid(level.float()) for level in seen.values()], 1)
        # For the attributes that are told from pixels or by the frozen body; the proposal network does not see them.
        maps["pixels"] = images
        for level in FROZEN_STRIDES if frozen else ():
            maps[f"frozen {level}"] = frozen[level].float()
        return maps


class _PyramidProposals(RegionProposalNetwork):
    def forward(self, images, features, targets=None):
        return super().forward(images, {level: features[level] for level in _LEVELS}, targets)

    def filter_proposals(self, proposals, objectness, image_shapes, num_anchors_per_level):
        """As torchvision's, of all pictures at once."""
        levels = zip(
            proposals.split(num_anchors_per_level, 1),
            objectness.detach().reshape(len(proposals), -1).split(num_anchors_per_level, 1),
            strict=True,
        )
        boxes, scores = zip(*(self._best_of_level(*level, image_shapes) for level in levels), strict=True)
        scores, places = torch.cat(scores, 1).sort(dim=1, descending=True, stable=True)
        most = self.post_nms_top_n()
        scores, boxes = scores[:, :most], _at(torch.cat(boxes, 1), places[:, :most])
        counts = (scores >= 0).sum(1).tolist()
        return [[own[:count] for own, count in zip(values, counts, strict=True)] for values in (boxes, scores)]

    def _best_of_level(self, boxes: Tensor, logits: Tensor, image_shapes: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """The likeliest boxes, best first, and their scores, -1 of those that others suppress."""
        logits, places = logits.topk(min(self.pre_nms_top_n(), logits.shape[1]), dim=1)
        boxes, scores = clip_to_pictures(_at(boxes, places), image_shapes), logits.sigmoid()
        real = at_least(boxes, self.min_size) & (scores >= self.score_thresh)
        return boxes, scores.where(suppress_overlaps(boxes, real, self.nms_thresh), -1)

    def assign_targets_to_anchors(self, anchors, targets):
        labels, matched = super().assign_targets_to_anchors(anchors, targets)
        for label, boxes, target in zip(labels, anchors, targets, strict=True):
            if target.get("partial", False):
                label[(label == 0) & within(boxes, target["boxes"])] = -1  # neither object nor background
        return labels, matched


class Description(NamedTuple):
    """What is told of N regions.

    Attributes:
        features: (N, DetectorConfig.feature_width) float, the branches' hidden activations side by side.
        logits: attribute -> (N, values) float, from the attribute's own branch.
        frozen: the same from the frozen body, for the attributes that it tells.
        foreground: (N, 1, 14, 14) float logits, or None.
        wholes: (N,) float in [0, 1], how likely each is a whole as far as the frozen body sees; None without min_frozen_score.
    """

    features: Tensor
    logits: dict[str, Tensor]
    frozen: dict[str, Tensor]
    foreground: Tensor | None
    wholes: Tensor | None = None

    @property
    def together(self) -> dict[str, Tensor]:
        """Logits of both, added: each is a witness of its own."""
        return {name: own + self.frozen[name] if name in self.frozen else own for name, own in self.logits.items()}


class AttributeBranches(nn.Module):
    """One hidden layer and one classifier an attribute, from the box head's output and the normalised box, or from pixels."""

    def __init__(self, config: DetectorConfig):
        super().__init__()
        width, channels, attributes = config.attribute_width, config.pyramid_channels, config.attributes
        self.config = config
        self.foreground = ForegroundHead(channels) if config.foreground else None
        self.pixels = PixelEncoder(width) if config.from_pixels else None
        self.palette = PaletteEncoder() if config.from_palette else None
        self.texture = TextureEncoder() if config.from_cloth else None

        def inputs(name: str) -> int:
            if name in config.from_pixels:
                return width
            if name in config.from_palette:
                return PaletteEncoder.outputs
            return config.hidden + 4 + 2 * channels * (name in config.from_cloth)

        self.hidden = nn.ModuleDict({name: nn.Linear(inputs(name), width) for name in attributes})
        self.classify = nn.ModuleDict({name: nn.Linear(width, len(values)) for name, values in attributes.items()})
        inputs_frozen = frozen_channels(config.frozen_body) if config.frozen_body else 0
        readers = {name: FrozenReader(inputs_frozen, width, len(attributes[name])) for name in config.from_frozen}
        self.frozen = nn.ModuleDict(readers)
        self.whole = FrozenReader(inputs_frozen, width, 2) if config.min_frozen_score else None

    def quick_parameters(self) -> list[nn.Parameter]:
        """Parameters of the branches that do without the box head: small networks, which bear a higher learning rate."""
        alone = (*self.config.from_pixels, *self.config.from_palette)
        modules = [*self.frozen.values(), *(part[name] for part in (self.hidden, self.classify) for name in alone)]
        return [p for module in (*modules, *filter(None, [self.pixels])) for p in module.parameters()]

    def forward(
        self, pooled: Tensor, hidden: Tensor, boxes_unit: Tensor, maps: dict[str, Tensor], boxes: list[Tensor]
    ) -> Description:
        """Describe N boxes.

        Args:
            pooled: (N, C, 7, 7) float, from the feature pyramid.
            hidden: (N, hidden) float, the box head's output.
            boxes_unit: (N, 4) float, xyxy in [0, 1]. Size is told by box and place, which RoI pooling has normalised away.
            maps: the pyramid; "pixels", (B, 3, height, width) float, the pictures as the detector sees them; and the frozen
                body's maps.
            boxes: B tensors of the same N boxes, xyxy in pixels of `maps["pixels"]`.
        """
        x = torch.cat([hidden, boxes_unit], 1)
        foreground = self.foreground(pooled) if self.foreground else None
        # Its own loss shapes the foreground; what reads through it must not bend it.
        weights = foreground.detach().sigmoid() if self.foreground else None
        colors = self.pixels(maps["pixels"], boxes, weights) if self.pixels else None
        palette = self.palette(maps["pixels"], boxes, weights) if self.palette else None
        cloth = torch.cat([x, self.texture(maps["1"], boxes, weights)], 1) if self.texture else None

        def seen(name: str) -> Tensor:
            if name in self.config.from_pixels:
                return colors
            if name in self.config.from_palette:
                return palette
            return cloth if name in self.config.from_cloth else x

        branches = {name: F.relu(layer(seen(name))) for name, layer in self.hidden.items()}
        logits = {name: self.classify[name](h) for name, h in branches.items()}
        pooled_frozen = pool_frozen(maps, boxes) if self.config.frozen_body else None
        read = {name: reader(pooled_frozen) for name, reader in self.frozen.items()}
        features = torch.cat([*branches.values(), *(own for own, _ in read.values())], 1)
        wholes = self.whole(pooled_frozen)[1].softmax(1)[:, 1] if self.whole else None
        return Description(features, logits, {name: told for name, (_, told) in read.items()}, foreground, wholes)

    def tell(self, features: Tensor, name: str) -> Tensor:
        """Logits of one attribute, (M, values), from region features (M, F)."""
        own = self.classify[name](features[:, self.config.slice_of(name)])
        more = self.config.frozen_slice_of(name)
        return own if more is None else own + self.frozen[name].classify(features[:, more])


class AttributeRoIHeads(RoIHeads):
    """torchvision's RoI heads plus attribute branches.

    Training targets carry `attributes`, (objects, attributes) int64, IGNORED where unknown; with a foreground head also
    `masks`, (1, height, width) uint8, 1 on any object; and `partial`, a bool: there may be more objects
    within those that are named, as sleeves within a shirt, so that no box within one is taken for background.
    """

    def __init__(self, branches: AttributeBranches, **torchvision_arguments):
        super().__init__(**torchvision_arguments)
        self.branches = branches

    def forward(self, features, proposals, image_shapes, targets=None):
        """What torchvision's training calls; who detects calls `detect` and `describe`."""
        return [], self._losses(features, proposals, image_shapes, targets)

    def detect(self, features, proposals, image_shapes) -> tuple[list[Tensor], list[Tensor]]:
        """Boxes (R, 4) of each picture, in pixels of the scaled one, and their scores (R,) float, best first."""
        logits, refinement = self.box_predictor(self.box_head(self.box_roi_pool(features, proposals, image_shapes)))
        return self.postprocess_detections(logits, refinement, proposals, image_shapes)

    def postprocess_detections(self, class_logits, box_regression, proposals, image_shapes):
        """As torchvision's, of all pictures at once, and for the one class there is."""
        counts = torch.tensor([len(boxes) for boxes in proposals])
        real = (torch.arange(int(counts.max())) < counts[:, None]).to(class_logits.device)
        boxes = box_regression.new_zeros(*real.shape, 4)
        scores = box_regression.new_full(real.shape, -1)
        boxes[real] = self.box_coder.decode(box_regression, proposals)[:, 1]
        scores[real] = class_logits.softmax(-1)[:, 1]
        scores, places = scores.sort(dim=1, descending=True, stable=True)
        boxes = clip_to_pictures(_at(boxes, places), image_shapes)
        kept = suppress_overlaps(boxes, (scores > self.score_thresh) & at_least(boxes, 1e-2), self.nms_thresh)
        kept &= kept.cumsum(1) <= self.detections_per_img
        counts = kept.sum(1).tolist()
        return list(boxes[kept].split(counts)), list(scores[kept].split(counts))

    def describe(self, features, boxes, image_shapes) -> Description:
        """What `AttributeBranches` tell of boxes in pixels of the scaled pictures."""
        pooled = self.box_roi_pool(features, boxes, image_shapes)
        return self.branches(pooled, self.box_head(pooled), _unit(boxes, image_shapes), features, boxes)

    def assign_targets_to_proposals(self, proposals, gt_boxes, gt_labels):
        matched, labels = super().assign_targets_to_proposals(proposals, gt_boxes, gt_labels)
        for place, (boxes, known) in enumerate(zip(proposals, gt_boxes, strict=True)):
            if self._partial[place]:
                labels[place][(labels[place] == 0) & within(boxes, known)] = -1  # the sampler leaves these out
        return matched, labels

    def _losses(self, features, proposals, image_shapes, targets):
        self._partial = [t.get("partial", False) for t in targets]  # torchvision hands boxes on, but not whole targets
        proposals, matched, labels, regression = self.select_training_samples(proposals, targets)
        pooled = self.box_roi_pool(features, proposals, image_shapes)
        hidden = self.box_head(pooled)
        classification, box = fastrcnn_loss(*self.box_predictor(hidden), labels, regression)
        losses = {"loss_objectness_head": classification, "loss_box": box}
        positive = [kind > 0 for kind in labels]
        objects = [p[chosen] for p, chosen in zip(proposals, positive, strict=True)]
        rows = [_rows(t["attributes"], m)[chosen] for t, m, chosen in zip(targets, matched, positive, strict=True)]
        truth, boxes_unit, chosen = torch.cat(rows), _unit(objects, image_shapes), torch.cat(positive)
        told = self.branches(pooled[chosen], hidden[chosen], boxes_unit, features, objects)
        if told.foreground is not None:
            masks = [
                roi_align(t["masks"][None].float(), [b], CELLS, aligned=True) for t, b in zip(targets, objects, strict=True)
            ]
            total = F.binary_cross_entropy_with_logits(told.foreground, torch.cat(masks).clamp(0, 1), reduction="sum")
            losses["loss_foreground"] = total / max(1, told.foreground.numel())  # a batch without any object has none
        for title, answers in (("", told.logits), ("frozen_", told.frozen)):
            for name, values in answers.items():
                right = truth[:, list(self.branches.config.attributes).index(name)]
                total = F.cross_entropy(values, right, ignore_index=IGNORED, reduction="sum")
                losses[f"loss_{title}{name}"] = total / (right != IGNORED).sum().clamp(min=1)
        return losses


def within(boxes: Tensor, known: Tensor, share: float = 0.3) -> Tensor:
    """(N,) bool: more than `share` of a box lies in some known box. Boxes are (N, 4) and (M, 4), xyxy."""
    if not len(known):
        return torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    corner, opposite = torch.maximum(boxes[:, None, :2], known[:, :2]), torch.minimum(boxes[:, None, 2:], known[:, 2:])
    shared = (opposite - corner).clamp(min=0).prod(-1)
    return (shared / box_area(boxes).clamp(min=1e-6)[:, None]).amax(1) > share


def _rows(attributes: Tensor, matched: Tensor) -> Tensor:
    """Attributes of each proposal's object; a picture without objects has only background, which IGNORED stands for."""
    return attributes[matched] if len(attributes) else attributes.new_full((len(matched), attributes.shape[1]), IGNORED)


def _at(boxes: Tensor, places: Tensor) -> Tensor:
    """The boxes (B, M, 4) of (B, N, 4) that stand at places (B, M) of their pictures."""
    return boxes.gather(1, places[..., None].expand(-1, -1, 4))


def _unit(boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
    scaled = [b / b.new_tensor([width, height, width, height]) for b, (height, width) in zip(boxes, image_shapes, strict=True)]
    return torch.cat(scaled)


def build_faster_rcnn(config: DetectorConfig, max_regions: int = 36) -> FasterRCNN:
    """Assemble the detector, randomly initialised.

    Returns:
        torchvision's FasterRCNN over a list of (3, height, width) float pictures in [0, 1].
    """
    channels = config.pyramid_channels
    pool = MultiScaleRoIAlign(featmap_names=list(_LEVELS), output_size=7, sampling_ratio=2)
    fix_pooled_strides(pool)
    model = FasterRCNN(
        _Pyramid(config.body, channels, config.frozen_body),
        num_classes=2,
        min_size=config.short_side,
        max_size=config.long_side,
        image_mean=PIXEL_MEAN,
        image_std=PIXEL_STD,
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
        AttributeBranches(config),
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
