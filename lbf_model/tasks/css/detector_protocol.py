"""Evaluate a detector on CSS: AP of boxes (COCO's own evaluation), and accuracy of attributes on matched boxes."""

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import torch
from torchvision.ops import box_iou
from tqdm import tqdm

from lbf_model.checkpoint import provenance
from lbf_model.tasks.css.storage import RENDERINGS, CssSplit
from lbf_model.training.region_store import open_pictures
from lbf_model.types import Regions
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector

_BATCH = 16


def evaluate_detector(detector: AttributeRcnnDetector, split: CssSplit, limit: int | None = None) -> dict:
    """AP50 and AP of boxes, accuracy of size, colour and shape, both renderings, all in percent.

    An attribute is compared on every true box that some region above the detector's own threshold overlaps with IoU >= 0.5.

    Args:
        detector: to judge.
        split: whose pictures and true boxes to use.
        limit: how many pictures, evenly spread; None takes all.
    """
    indices = np.linspace(0, len(split.images) - 1, limit or len(split.images)).astype(int).tolist()
    figures = {"split": split.split, "pictures": len(indices), "detector": detector.fingerprint}
    for rendering in RENDERINGS:
        found: list[Regions] = []
        for first in tqdm(range(0, len(indices), _BATCH), desc=f"detect {rendering}", unit="batch"):
            pictures = open_pictures([split.picture(i, rendering) for i in indices[first : first + _BATCH]])
            found += detector.detect_regions(pictures, min_score=0.05)
        truth = [split.images[i].true_boxes(rendering) for i in indices]
        objects = [split.images[i].scene.objects for i in indices]
        figures[rendering] = {**average_precision(truth, found), **_attributes(detector, truth, objects, found)}
    return {**figures, **provenance()}


def average_precision(truth: Sequence[np.ndarray], found: Sequence[Regions]) -> dict[str, float]:
    """COCO's AP50 and AP (IoU 0.50 to 0.95) of class-agnostic boxes, in percent.

    Args:
        truth: (objects, 4) float32 xyxy of each picture.
        found: regions of each picture; whole-image stand-ins do not count.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    annotations = [
        {"image_id": i, "category_id": 1, "bbox": _xywh(box), "area": float(np.prod(box[2:] - box[:2])), "iscrowd": 0}
        for i, boxes in enumerate(truth)
        for box in boxes
    ]
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    detections = [
        {"image_id": i, "category_id": 1, "bbox": _xywh(box), "score": float(score)}
        for i, regions in enumerate(found)
        if not regions.whole_image
        for box, score in zip(regions.boxes, regions.scores, strict=True)
    ]
    if not detections:
        return {"AP50": 0.0, "AP": 0.0}
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports by printing
        coco = COCO()
        images = [{"id": i} for i in range(len(truth))]
        coco.dataset = {"images": images, "annotations": annotations, "categories": [{"id": 1}], "info": {}}
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(detections), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return {"AP50": round(100 * float(judge.stats[1]), 2), "AP": round(100 * float(judge.stats[0]), 2)}


def _attributes(detector, truth, objects, found) -> dict[str, float]:
    names = list(detector.config.attributes)
    right, matched, total, spare = np.zeros(len(names)), 0, 0, 0
    for boxes, items, regions in zip(truth, objects, found, strict=True):
        sure = int((regions.scores >= detector.config.min_score).sum()) if not regions.whole_image else 0
        total += len(items)
        spare += max(0, sure - len(items))
        if not len(items) or not sure:
            continue
        overlap = box_iou(torch.from_numpy(boxes), torch.from_numpy(regions.boxes[:sure]))
        best, region = overlap.max(1)
        for item, iou, r in zip(items, best.tolist(), region.tolist(), strict=True):
            if iou >= 0.5:
                matched += 1
                right += [getattr(item, n) == said for n, said in zip(names, regions.labels[r].split(), strict=True)]
    accuracy = {f"{n} accuracy": round(100 * v / max(matched, 1), 2) for n, v in zip(names, right.tolist(), strict=True)}
    return {
        **accuracy,
        "found at threshold": round(100 * matched / max(total, 1), 2),
        "spare a picture": round(spare / len(truth), 4),
    }


def _xywh(box: np.ndarray) -> list[float]:
    return [float(v) for v in (box[0], box[1], box[2] - box[0], box[3] - box[1])]
