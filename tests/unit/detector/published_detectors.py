"""Small detectors of other people, with random weights in the form in which theirs are published."""

import numpy as np
import torch
from PIL import Image
from torchvision.models.detection import fasterrcnn_resnet50_fpn_v2

from lbf_model.vision.detectors.detectron2 import INSTALL
from lbf_model.vision.detectors.torchvision_coco import LABELS

ABSENT = f"detectron2 is not installed; build it with: {INSTALL}"
CAT, CLASSES = LABELS.index("cat"), 5


def noise(width, height, seed):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def shrink(detector):
    # 800 pixels and a thousand proposals would take this machine half a minute a picture
    detector.model.transform.min_size = (96,)
    detector.model.rpn.nms_thresh = 0.3
    return detector


def write_torchvision_coco(folder):
    """Weights in the published form, with random values and a liking for cats."""
    torch.manual_seed(0)
    state = fasterrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None).state_dict()
    state["roi_heads.box_predictor.cls_score.weight"] *= 1e-4
    state["roi_heads.box_predictor.cls_score.bias"][CAT] = 4.5  # exp(4.5) / (exp(4.5) + 90) = 0.5
    path = folder / "fasterrcnn_resnet50_fpn_v2_coco.pth"
    torch.save(state, path)
    return path


def small_config(kind):
    """The model zoo's FPN or C4 configuration with a small ResNet-18 and small pictures."""
    from detectron2.config import get_cfg

    cfg = get_cfg()
    cfg.MODEL.DEVICE = "cpu"
    cfg.MODEL.RESNETS.DEPTH = 18
    cfg.MODEL.RESNETS.RES2_OUT_CHANNELS = 64
    cfg.MODEL.ROI_HEADS.NUM_CLASSES = CLASSES
    cfg.MODEL.RPN.POST_NMS_TOPK_TEST = 40
    cfg.INPUT.MIN_SIZE_TEST = 64
    cfg.INPUT.MAX_SIZE_TEST = 90
    cfg.DATASETS.TRAIN = cfg.DATASETS.TEST = ("nobody_knows_this",)
    if kind == "fpn":
        cfg.MODEL.BACKBONE.NAME = "build_resnet_fpn_backbone"
        cfg.MODEL.RESNETS.OUT_FEATURES = ["res2", "res3", "res4", "res5"]
        cfg.MODEL.FPN.IN_FEATURES = ["res2", "res3", "res4", "res5"]
        cfg.MODEL.FPN.OUT_CHANNELS = 16
        cfg.MODEL.ANCHOR_GENERATOR.SIZES = [[32], [64], [128], [256], [512]]
        cfg.MODEL.RPN.IN_FEATURES = ["p2", "p3", "p4", "p5", "p6"]
        cfg.MODEL.ROI_HEADS.NAME = "StandardROIHeads"
        cfg.MODEL.ROI_HEADS.IN_FEATURES = ["p2", "p3", "p4", "p5"]
        cfg.MODEL.ROI_BOX_HEAD.NAME = "FastRCNNConvFCHead"
        cfg.MODEL.ROI_BOX_HEAD.NUM_FC = 2
        cfg.MODEL.ROI_BOX_HEAD.FC_DIM = 32
        cfg.MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION = 7
    return cfg


def write_detectron2(folder, cfg):
    """A YAML file, and random weights with a liking for class 2 in the form that detectron2's trainer writes."""
    from detectron2.modeling import build_model

    torch.manual_seed(0)
    state = build_model(cfg).state_dict()
    state["roi_heads.box_predictor.cls_score.weight"] *= 1e-4
    state["roi_heads.box_predictor.cls_score.bias"][2] = 1.6  # exp(1.6) / (exp(1.6) + 5) = 0.5
    config, weights = folder / "config.yaml", folder / "model_final.pth"
    config.write_text(cfg.dump())
    torch.save({"model": state, "iteration": 9}, weights)
    return config, weights


def check_boxes_lie_inside(found):
    """Every box lies in its original picture, and has an area."""
    for regions in found:
        width, height = regions.image_size
        x0, y0, x1, y1 = regions.boxes.T
        assert (x0 >= 0).all() and (y0 >= 0).all() and (x1 <= width).all() and (y1 <= height).all()
        assert (x1 > x0).all() and (y1 > y0).all()
