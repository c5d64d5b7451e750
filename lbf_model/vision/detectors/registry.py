"""Which detector a name means: a checkpoint folder of this project, or the published weights of somebody else's.

    checkpoints/css-detector
    torchvision-coco:WEIGHTS        torchvision's fasterrcnn_resnet50_fpn_v2
    detectron2:CONFIG:WEIGHTS       a Faster R-CNN of detectron2; CONFIG is a YAML file or a name in its model zoo

Nothing is downloaded. A detector's module is imported when that detector is asked for.
"""

import os
from pathlib import Path

import torch

from lbf_model.checkpoint import CheckpointError
from lbf_model.vision.detectors.base import RegionDetector

KINDS = {"torchvision-coco": "torchvision-coco:WEIGHTS", "detectron2": "detectron2:CONFIG:WEIGHTS"}


def load_detector(spec: Path | str, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32) -> RegionDetector:
    """Load a detector.

    Args:
        spec: a checkpoint folder, or one of the forms above.
        device: "cpu" or "cuda".
        dtype: what the feature maps of this project's own detector are computed in; published ones always take float32.

    Raises:
        CheckpointError: the folder is no intact detector checkpoint.
        ValueError: the form is wrong, or weights or configuration are missing, damaged or do not fit.
    """
    kind, *parts = _parts(spec)
    if kind == "torchvision-coco":
        from lbf_model.vision.detectors.torchvision_coco import load_torchvision_coco

        return load_torchvision_coco(Path(parts[0]), device)
    if kind == "detectron2":
        from lbf_model.vision.detectors.detectron2 import load_detectron2

        return load_detectron2(parts[0], Path(parts[1]), device)
    from lbf_model.vision.detectors.attribute_rcnn import load_attribute_rcnn

    return load_attribute_rcnn(Path(parts[0]), device, dtype)


def detector_reference(spec: Path | str) -> str:
    """What a compositor's checkpoint records of its detector: the spec with names in place of paths."""
    kind, *parts = _parts(spec)
    if kind == "detectron2":  # a name in the model zoo is no path of ours and stays whole
        config = Path(parts[0]).name if Path(parts[0]).is_file() else parts[0]
        return f"{kind}:{config}:{Path(parts[1]).name}"
    name = Path(os.path.abspath(parts[0])).name
    return name if kind == "folder" else f"{kind}:{name}"


def resolve_detector(reference: str, folder: Path) -> str:
    """The spec that a reference means where its files lie in `folder`, as a compositor's checkpoint has them beside itself."""
    kind, *parts = _parts(reference)
    if kind == "folder":
        return str(folder / parts[0])
    if kind == "detectron2" and not (folder / parts[0]).is_file():
        return f"{kind}:{parts[0]}:{folder / parts[1]}"
    return ":".join([kind, *(str(folder / part) for part in parts)])


def load_detector_of(
    header: dict,
    folder: Path,
    spec: Path | str | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> RegionDetector:
    """The detector that a compositor was trained with.

    Args:
        header: of the compositor's checkpoint.
        folder: the compositor's checkpoint folder; the detector lies beside it ...
        spec: ... or where this says.
        device: as for `load_detector`.
        dtype: as for `load_detector`.

    Raises:
        CheckpointError: the detector is another one, or no intact checkpoint.
        ValueError: as for `load_detector`.
    """
    reference = header["detector_checkpoint"]
    detector = load_detector(spec or resolve_detector(reference, folder.parent), device, dtype)
    if detector.fingerprint != header["detector"]:
        told = f"{spec or reference} is {detector.fingerprint}"
        raise CheckpointError(f"{folder}: trained with detector {header['detector']}, but {told}")
    return detector


def _parts(spec: Path | str) -> tuple[str, ...]:
    """("folder", PATH), or a kind with its arguments; ValueError where there are too few."""
    text = str(spec)
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS:
        return "folder", text
    parts = [rest] if kind == "torchvision-coco" else rest.split(":", 1)
    if len(parts) != KINDS[kind].count(":") or not all(parts):
        raise ValueError(f"{text}: a detector of this kind is given as {KINDS[kind]}")
    return kind, *parts
