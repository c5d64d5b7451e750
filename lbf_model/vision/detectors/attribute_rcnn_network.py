"""The project's own detector: a class-agnostic Faster R-CNN whose regions know their attributes.

Source: torchvision's Faster R-CNN with a feature pyramid. What differs: the body is an EfficientNet-Lite; the box head only
tells objects from background, and one small branch per attribute (shape, colour, size) says what the object is. The branches'
hidden activations, side by side, are the region feature, so that it carries what words talk about. Boxes are pooled a second
time after refinement (as Mask R-CNN does for masks), so features and attributes belong to the final box.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import AnchorGenerator, RegionProposalNetwork
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign, box_area, roi_align

from lbf_model.vision.detectors.attribute_branches import AttributeBranches, Description
from lbf_model.vision.detectors.base import average_to_grid, fix_pooled_strides
from lbf_model.vision.detectors.detector_config import IGNORED, DetectorConfig
from lbf_model.vision.detectors.efficientnet_lite import EfficientNetLite, pyramid_channels
from lbf_model.vision.detectors.region_readers import CELLS, FROZEN_STRIDES, PIXEL_MEAN, PIXEL_STD
from lbf_model.vision.detectors.suppression import at_least, clip_to_pictures, suppress_overlaps

_LEVELS = ("0", "1", "2", "3")  # of the pyramid: strides 4, 8, 16 and 32


class _Pyramid(nn.Module):
    """Feature maps, float32, computed in `dtype`. What follows (boxes, overlaps, pooling, attributes) is always float32: a box
    in half precision would be off by a pixel, and colours are read from pixels."""

    def __init__(self, body: str, channels: int, frozen_body: str):
        super().__init__()
        self.body = EfficientNetLite(body)
        self.fpn = FeaturePyramidNetwork(list(pyramid_channels(body)), channels)
        self.out_channels = channels
        self.frozen_body = EfficientNetLite(frozen_body).requires_grad_(False) if frozen_body else None

    @property
    def dtype(self) -> torch.dtype:
        """What maps are computed in."""
        return next(self.fpn.parameters()).dtype

    def compute_in(self, dtype: torch.dtype) -> None:
        """Convert the weights to `dtype`, which depends on the device and not on the model. For inference only."""
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
        # For the attributes that are read from pixels or the frozen body; the proposal network does not see these maps.
        maps["pixels"] = images
        for level in FROZEN_STRIDES if frozen else ():
            maps[f"frozen {level}"] = frozen[level].float()
        return maps


class _PyramidProposals(RegionProposalNetwork):
    def forward(self, images, features, targets=None):
        return super().forward(images, {level: features[level] for level in _LEVELS}, targets)

    def filter_proposals(self, proposals, objectness, image_shapes, num_anchors_per_level):
        """As in torchvision, but for all pictures at once."""
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
        """The likeliest boxes, best first, and their scores, -1 for those that are dropped or suppressed by others."""
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


class AttributeRoIHeads(RoIHeads):
    """torchvision's RoI heads plus attribute branches.

    Training targets carry `attributes`, (objects, attributes) int64, IGNORED where unknown; with a foreground head also
    `masks`, (1, height, width) uint8, 1 on any object; and `partial`, a bool: the annotated objects may contain further ones,
    as a shirt contains sleeves, so a box within one is never taken for background.
    """

    def __init__(self, branches: AttributeBranches, **torchvision_arguments):
        super().__init__(**torchvision_arguments)
        self.branches = branches

    def forward(self, features, proposals, image_shapes, targets=None):
        """Called by torchvision in training; for detection, call `detect` and `describe`."""
        return [], self._losses(features, proposals, image_shapes, targets)

    def detect(self, features, proposals, image_shapes) -> tuple[list[Tensor], list[Tensor]]:
        """Boxes (R, 4) of each picture, in pixels of the scaled picture, and their scores (R,) float, best first."""
        logits, refinement = self.box_predictor(self.box_head(self.box_roi_pool(features, proposals, image_shapes)))
        return self.postprocess_detections(logits, refinement, proposals, image_shapes)

    def postprocess_detections(self, class_logits, box_regression, proposals, image_shapes):
        """As in torchvision, but for all pictures at once, for the only class there is, and without labels."""
        counts = torch.tensor([len(boxes) for boxes in proposals])
        real = (torch.arange(int(counts.max())) < counts[:, None]).to(class_logits.device)
        boxes = box_regression.new_zeros(*real.shape, 4)
        scores = box_regression.new_full(real.shape, -1)
        boxes[real] = self.box_coder.decode(box_regression, proposals).reshape(-1, 2, 4)[:, 1]
        scores[real] = class_logits.softmax(-1)[:, 1]
        scores, places = scores.sort(dim=1, descending=True, stable=True)
        boxes = clip_to_pictures(_at(boxes, places), image_shapes)
        kept = suppress_overlaps(boxes, (scores > self.score_thresh) & at_least(boxes, 1e-2), self.nms_thresh)
        kept &= kept.cumsum(1) <= self.detections_per_img
        counts = kept.sum(1).tolist()
        return list(boxes[kept].split(counts)), list(scores[kept].split(counts))

    def describe(self, features, boxes, image_shapes) -> Description:
        """Describe boxes, in pixels of the scaled pictures, with `AttributeBranches`."""
        pooled = self.box_roi_pool(features, boxes, image_shapes)
        return self.branches(pooled, self.box_head(pooled), _unit(boxes, image_shapes), features, boxes)

    def assign_targets_to_proposals(self, proposals, gt_boxes, gt_labels):
        matched, labels = super().assign_targets_to_proposals(proposals, gt_boxes, gt_labels)
        for place, (boxes, known) in enumerate(zip(proposals, gt_boxes, strict=True)):
            if self._partial[place]:
                labels[place][(labels[place] == 0) & within(boxes, known)] = -1  # the sampler leaves these out
        return matched, labels

    def _losses(self, features, proposals, image_shapes, targets):
        self._partial = [t.get("partial", False) for t in targets]  # torchvision passes on boxes, but not whole targets
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
            losses["loss_foreground"] = total / max(1, told.foreground.numel())  # a batch without objects has none
        for title, answers in (("", told.logits), ("frozen_", told.frozen)):
            for name, values in answers.items():
                right = truth[:, list(self.branches.config.attributes).index(name)]
                total = F.cross_entropy(values, right, ignore_index=IGNORED, reduction="sum")
                losses[f"loss_{title}{name}"] = total / (right != IGNORED).sum().clamp(min=1)
        return losses


def within(boxes: Tensor, known: Tensor, share: float = 0.3) -> Tensor:
    """(N,) bool: whether more than `share` of a box lies in some known box. Boxes are (N, 4) and (M, 4), xyxy."""
    if not len(known):
        return torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    corner, opposite = torch.maximum(boxes[:, None, :2], known[:, :2]), torch.minimum(boxes[:, None, 2:], known[:, 2:])
    shared = (opposite - corner).clamp(min=0).prod(-1)
    return (shared / box_area(boxes).clamp(min=1e-6)[:, None]).amax(1) > share


def _rows(attributes: Tensor, matched: Tensor) -> Tensor:
    """Attributes of each proposal's object; all IGNORED in a picture without objects, where everything is background."""
    return attributes[matched] if len(attributes) else attributes.new_full((len(matched), attributes.shape[1]), IGNORED)


def _at(boxes: Tensor, places: Tensor) -> Tensor:
    """Pick boxes (B, M, 4) from (B, N, 4) by the indices (B, M) within each picture."""
    return boxes.gather(1, places[..., None].expand(-1, -1, 4))


def _unit(boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
    scaled = [b / b.new_tensor([width, height, width, height]) for b, (height, width) in zip(boxes, image_shapes, strict=True)]
    return torch.cat(scaled)


def build_faster_rcnn(config: DetectorConfig, max_regions: int = 36) -> FasterRCNN:
    """Assemble the detector, randomly initialised.

    Returns:
        torchvision's FasterRCNN over a list of (3, height, width) float pictures in [0, 1]. Called as a whole, it only trains;
        `AttributeRcnnDetector` calls its parts to detect.
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
    model.rpn.__class__ = _PyramidProposals  # torchvision builds it with all its settings, but offers no choice of class
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
