"""Regions from torchvision's COCO detector, for pictures of everyday things.

Source: torchvision.models.detection.fasterrcnn_resnet50_fpn_v2 (Li et al. 2021, arXiv 2111.11429), whose weights are published
as fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth. What differs from its own inference: a region also carries the box head's
output, pooled a second time after refinement, so that it belongs to the final box; and pictures are taken one by one.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.models.detection import FasterRCNN, FasterRCNN_ResNet50_FPN_V2_Weights, fasterrcnn_resnet50_fpn_v2
from torchvision.transforms.functional import pil_to_tensor

from lbf_model.types import Regions
from lbf_model.vision.detectors.base import MAX_REGIONS, average_to_grid, fix_pooled_strides
from lbf_model.vision.detectors.published_weights import fit_weights, gather_regions, read_weights

LABELS = tuple(FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1.meta["categories"])  # 91, the first is the background


class TorchvisionCocoDetector:
    """A RegionDetector around torchvision's Faster R-CNN with COCO's labels."""

    def __init__(self, model: FasterRCNN, name: str, device: str | torch.device = "cpu"):
        self.model = model.to(device).eval()
        fix_pooled_strides(model.roi_heads.box_roi_pool)
        self.fingerprint = name
        self.feature_width = model.roi_heads.box_predictor.cls_score.in_features
        self.feature_map_channels = model.backbone.out_channels
        self.device = torch.device(device)

    @torch.inference_mode()
    def detect_regions(self, pictures: Sequence[Image.Image]) -> list[Regions]:
        """Detect objects.

        Args:
            pictures: RGB, any size.

        Returns:
            One Regions per picture, best first, with the limits on number and confidence given to `load_torchvision_coco`, and
            (R, 1024) features. The feature map is the feature pyramid's level of stride 32, averaged to 6x6 cells.
            One object may appear twice, under two labels, since torchvision suppresses overlaps only within a label.
            If nothing is that sure, the one region is the whole image, with `whole_image` set.
        """
        # One by one: in a batch, pictures are padded to a common size, which changes what the network sees at their edges.
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture: Image.Image) -> Regions:
        heads = self.model.roi_heads
        images, _ = self.model.transform([pil_to_tensor(picture).to(self.device, torch.float32) / 255])
        maps = self.model.backbone(images.tensors)
        proposals, _ = self.model.rpn(images, maps)

        def describe(boxes: Tensor) -> Tensor:
            return heads.box_head(heads.box_roi_pool(maps, [boxes], images.image_sizes))

        logits, refinement = heads.box_predictor(describe(proposals[0]))
        found = heads.postprocess_detections(logits, refinement, proposals, images.image_sizes)
        boxes, scores, classes = (values[0] for values in found)
        height, width = images.image_sizes[0]
        names = [LABELS[i] for i in classes.tolist()]
        return gather_regions(picture, (width, height), boxes, scores, names, describe, average_to_grid(maps["3"]))


def load_torchvision_coco(
    weights: Path, device: str | torch.device = "cpu", max_regions: int = MAX_REGIONS, min_score: float = 0.2
) -> TorchvisionCocoDetector:
    """Build the detector from a local weights file; nothing is downloaded.

    Args:
        weights: torchvision's published .pth file, or the same tensors as .safetensors.
        device: where to run.
        max_regions: K, the most regions per picture.
        min_score: confidence in [0, 1) that a region must exceed.

    Raises:
        ValueError: the file is missing, damaged, or not the weights of this architecture.
    """
    state, name = read_weights(weights)
    model = fasterrcnn_resnet50_fpn_v2(
        weights=None,
        weights_backbone=None,
        num_classes=len(LABELS),
        box_score_thresh=min_score,
        box_detections_per_img=max_regions,
    )
    fit_weights(model, state, weights, "torchvision's fasterrcnn_resnet50_fpn_v2")
    return TorchvisionCocoDetector(model, name, device)
