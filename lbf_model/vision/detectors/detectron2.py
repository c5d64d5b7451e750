"""Regions from a Faster R-CNN of detectron2's model zoo.

Source: github.com/facebookresearch/detectron2 (Wu et al. 2019), its GeneralizedRCNN with StandardROIHeads (FPN and DC5
configurations) or Res5ROIHeads (C4). What differs from its DefaultPredictor: a region also carries the box head's output,
pooled a second time after refinement, so that it belongs to the final box; masks and keypoints are not computed; the YAML file
may not name Python objects; and loading is strict.

detectron2 is not on PyPI and this project does not require it, so it is imported only when it is asked for.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file
from torch import Tensor

from lbf_model.plain_pickle import load_plain_pickle
from lbf_model.types import Regions
from lbf_model.vision.detectors.base import MAX_REGIONS, average_to_grid
from lbf_model.vision.detectors.published_weights import fit_weights, gather_regions, read_weights

INSTALL = 'pip install --no-build-isolation "git+https://github.com/facebookresearch/detectron2"'
UNDERSTOOD = {
    "MODEL.META_ARCHITECTURE": ("GeneralizedRCNN",),
    "MODEL.PROPOSAL_GENERATOR.NAME": ("RPN",),
    "MODEL.ROI_HEADS.NAME": ("StandardROIHeads", "Res5ROIHeads"),
    "INPUT.FORMAT": ("RGB", "BGR"),
}


class Detectron2Detector:
    """A RegionDetector around a detectron2 model.

    Attributes:
        labels: one readable name per class.
        input_format: "RGB" or "BGR", the channel order that the network expects.
        short_side: pictures are scaled to this short side in pixels (0: not at all) ...
        long_side: ... unless the long side would exceed this.
    """

    def __init__(self, model, name: str, *, labels: Sequence[str], input_format: str, short_side: int, long_side: int):
        self.model = model.eval()
        self.fingerprint = name
        self.feature_width = model.roi_heads.box_predictor.cls_score.in_features
        self.feature_map_channels = model.backbone.output_shape()[model.roi_heads.in_features[-1]].channels
        self.labels = tuple(labels)
        self.input_format = input_format
        self.short_side = short_side
        self.long_side = long_side

    @torch.inference_mode()
    def detect_regions(self, pictures: Sequence[Image.Image]) -> list[Regions]:
        """Detect objects.

        Args:
            pictures: RGB, any size.

        Returns:
            One Regions per picture: at most `max_regions`, confidence above `min_score`, best first, with (R, F) features: F is
            the width of the box head, 1024 for FPN and 2048 for C4 configurations of the model zoo. One object may appear
            twice, under two labels, since overlaps are suppressed only within a label. If nothing is that sure, the one region
            is the whole image, with `whole_image` set. The feature map is the coarsest one that the heads read, averaged to
            6x6 cells.
        """
        # One by one: in a batch, pictures are padded to a common size, which changes what the network sees at their edges.
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture: Image.Image) -> Regions:
        scaled = self._scaled(picture)
        images = self.model.preprocess_image([{"image": scaled}])
        maps = self.model.backbone(images.tensor)
        proposals, _ = self.model.proposal_generator(images, maps)
        predictor = self.model.roi_heads.box_predictor
        pooled = self._box_features(maps, proposals[0].proposal_boxes.tensor)
        found = predictor.inference(predictor(pooled), proposals)[0][0]
        found = found[found.pred_boxes.nonempty()]
        labels = [self.labels[i] for i in found.pred_classes.tolist()]
        height, width = scaled.shape[1:]
        return gather_regions(
            picture,
            (width, height),
            found.pred_boxes.tensor,
            found.scores,
            labels,
            lambda boxes: self._box_features(maps, boxes),
            average_to_grid(maps[self.model.roi_heads.in_features[-1]]),
        )

    def _scaled(self, picture: Image.Image) -> Tensor:
        from detectron2.data.transforms import ResizeShortestEdge

        if self.short_side:
            height, width = ResizeShortestEdge.get_output_shape(picture.height, picture.width, self.short_side, self.long_side)
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        pixels = np.array(picture, np.float32)
        if self.input_format == "BGR":
            pixels = pixels[:, :, ::-1]
        return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))

    def _box_features(self, maps: dict[str, Tensor], boxes: Tensor) -> Tensor:
        """(N, F) of boxes (N, 4) in pixels of the scaled picture."""
        from detectron2.structures import Boxes

        heads = self.model.roi_heads
        levels, boxes = [maps[name] for name in heads.in_features], [Boxes(boxes)]
        if hasattr(heads, "box_pooler"):
            return heads.box_head(heads.box_pooler(levels, boxes)).flatten(1)
        return heads._shared_roi_transform(levels, boxes).mean(dim=(2, 3))


def load_detectron2(
    config: Path | str,
    weights: Path,
    device: str | torch.device = "cpu",
    max_regions: int = MAX_REGIONS,
    min_score: float = 0.2,
) -> Detectron2Detector:
    """Build a detectron2 detector from local files; no weights are downloaded.

    Args:
        config: a YAML file, or a name in the model zoo such as "COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml".
        weights: a .pth file as detectron2 writes it, or .safetensors; see `convert_detectron2_weights` for the zoo's .pkl.
        device: where to run.
        max_regions: K, the most regions per picture.
        min_score: confidence in [0, 1) that a region must exceed.

    Raises:
        ValueError: detectron2 cannot be imported; the configuration is missing, broken, or not of a Faster R-CNN; the weights
            are missing, damaged, pickled (.pkl), or do not fit this configuration.
    """
    if Path(weights).suffix == ".pkl":
        raise ValueError(f"{weights}: pickles are not loaded; turn it into .safetensors once with convert_detectron2_weights")
    cfg = _read_config(config)
    state, name = read_weights(weights)
    from detectron2.modeling import build_model

    cfg.MODEL.DEVICE = str(device)
    cfg.MODEL.ROI_HEADS.SCORE_THRESH_TEST = min_score
    cfg.TEST.DETECTIONS_PER_IMAGE = max_regions
    try:
        model = build_model(cfg)
    except (KeyError, AssertionError) as error:  # a part with an unknown name; parts that do not fit together
        raise ValueError(f"{config}: detectron2 cannot build this: {error}") from None
    fit_weights(model, state, weights, str(config))
    return Detectron2Detector(
        model,
        name,
        labels=_label_names(cfg),
        input_format=cfg.INPUT.FORMAT,
        short_side=cfg.INPUT.MIN_SIZE_TEST,
        long_side=cfg.INPUT.MAX_SIZE_TEST,
    )


def convert_detectron2_weights(pkl: Path, out: Path) -> None:
    """Turn a model-zoo .pkl into .safetensors, once, so that no pickle is loaded afterwards.

    From a Python prompt: `convert_detectron2_weights("model_final_280758.pkl", "faster_rcnn_R_50_FPN_3x.safetensors")`.

    Args:
        pkl: as the model zoo publishes it: a dict with the arrays as "model". Only NumPy arrays and plain containers are
            allowed. Names stay as they are, so files with Detectron1's or Caffe2's naming will not fit afterwards.
        out: written completely or not at all.

    Raises:
        ValueError: the file is missing or damaged, names anything but NumPy arrays and plain containers, or holds no model.
    """
    found = load_plain_pickle(pkl)
    state = found.get("model") if isinstance(found, dict) else None
    if not isinstance(state, dict) or not state or not all(isinstance(value, np.ndarray) for value in state.values()):
        raise ValueError(f'{pkl}: has no dict of arrays as "model", as files of detectron2\'s model zoo do')
    partial = Path(f"{out}.part")
    save_file(state, partial)
    os.replace(partial, out)


def _read_config(config: Path | str):
    try:
        import detectron2.data  # imports the rest, so that a broken installation shows up here and not midway
        from detectron2.config import get_cfg
    except ImportError as error:
        raise ValueError(f"detectron2 cannot be used ({error}); build it with: {INSTALL}") from error
    import yaml

    path = Path(config)
    if not path.is_file():  # not with detectron2.model_zoo, which needs pkg_resources, missing from newer setuptools
        path = Path(detectron2.__file__).parent / "model_zoo" / "configs" / config
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        raise ValueError(f"{config}: neither a YAML file nor a configuration of detectron2's model zoo")
    cfg = get_cfg()
    try:
        cfg.merge_from_file(str(path), allow_unsafe=False)
    except (yaml.YAMLError, FileNotFoundError, KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
        raise ValueError(f"{config}: not a configuration of detectron2: {error}") from None
    for key, known in UNDERSTOOD.items():
        value = cfg
        for part in key.split("."):
            value = value[part]
        if value not in known:
            raise ValueError(f"{config}: {key} is {value}, but this adapter understands only {' and '.join(known)}")
    return cfg


def _label_names(cfg) -> tuple[str, ...]:
    from detectron2.data import MetadataCatalog

    count = cfg.MODEL.ROI_HEADS.NUM_CLASSES
    for dataset in (*cfg.DATASETS.TEST, *cfg.DATASETS.TRAIN):
        # asking the catalog for an unknown name would create it
        names = MetadataCatalog.get(dataset).get("thing_classes") if dataset in MetadataCatalog else None
        if names and len(names) == count:
            return tuple(names)
    return tuple(f"class {i}" for i in range(count))
