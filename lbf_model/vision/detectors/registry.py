"""The table of detectors: how each kind is named, on the command line and in checkpoints, and what loads it.

To add a detector, add a file to this folder and a record to DETECTOR_KINDS. Reading the table needs no torch; a detector's
module is imported when that detector is asked for. Nothing is downloaded.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from lbf_model.vision.detectors.base import RegionDetector


@dataclass(frozen=True)
class DetectorKind:
    """One kind of detector, named by a spec such as "detectron2:CONFIG:WEIGHTS".

    A compositor's checkpoint records that spec with file names in place of paths, and the files are looked for beside it.

    Attributes:
        name: what the spec starts with; "" for a checkpoint folder, whose path is the whole spec.
        arguments: what follows the name, each after a colon, in capitals as in help texts. The last may itself contain colons.
        module: of `lbf_model.vision.detectors`.
        loader_name: a function in that module. It takes the arguments (paths as `Path`) and a device.
        paths: the arguments that are paths.
        paths_or_names: the arguments that are a path if there is such a file, and otherwise a name that the loader knows.
        takes_dtype: whether the loader also takes the dtype of the feature maps; other kinds compute in float32.
    """

    name: str
    arguments: tuple[str, ...]
    module: str
    loader_name: str
    paths: tuple[str, ...] = ()
    paths_or_names: tuple[str, ...] = ()
    takes_dtype: bool = False

    @property
    def form(self) -> str:
        """How a spec of this kind is written, for help texts."""
        return self.spec(self.arguments)

    @property
    def loader(self) -> "Callable[..., RegionDetector]":
        return getattr(import_module(f"lbf_model.vision.detectors.{self.module}"), self.loader_name)

    def spec(self, values: Iterable[str]) -> str:
        """The spec of a detector with these arguments."""
        return ":".join([self.name, *values] if self.name else values)

    def is_path(self, argument: str, value: Path) -> bool:
        """Whether this value of an argument is a path."""
        return argument in self.paths or (argument in self.paths_or_names and value.is_file())


CHECKPOINT_FOLDER = DetectorKind("", ("FOLDER",), "attribute_rcnn", "load_attribute_rcnn", paths=("FOLDER",), takes_dtype=True)
DETECTOR_KINDS: dict[str, DetectorKind] = {
    kind.name: kind
    for kind in (
        CHECKPOINT_FOLDER,
        DetectorKind("torchvision-coco", ("WEIGHTS",), "torchvision_coco", "load_torchvision_coco", paths=("WEIGHTS",)),
        DetectorKind(
            "detectron2",
            ("CONFIG", "WEIGHTS"),
            "detectron2",
            "load_detectron2",
            paths=("WEIGHTS",),
            paths_or_names=("CONFIG",),  # a name in the model zoo
        ),
    )
}


def load_detector(
    spec: Path | str, device: "str | torch.device" = "cpu", dtype: "torch.dtype | None" = None
) -> "RegionDetector":
    """Load a detector.

    Args:
        spec: in the form of one of DETECTOR_KINDS.
        device: "cpu" or "cuda".
        dtype: what feature maps are computed in, for kinds that take a dtype. None means float32.

    Raises:
        CheckpointError: the folder is not an intact detector checkpoint.
        ValueError: the form is wrong, or weights or configuration are missing, damaged or do not fit.
    """
    kind, arguments = _parse(spec)
    precision = [dtype] if kind.takes_dtype and dtype is not None else []
    return kind.loader(*arguments, device, *precision)


def detector_reference(spec: Path | str) -> str:
    """What a compositor's checkpoint records about its detector: the spec with file names in place of paths."""
    kind, arguments = _parse(spec)
    return kind.spec(Path(os.path.abspath(value)).name if isinstance(value, Path) else value for value in arguments)


def resolve_detector(reference: str, folder: Path) -> str:
    """The spec for a reference whose files are in `folder`, as they are beside a compositor's checkpoint."""
    kind, arguments = _parse(reference, folder)
    return kind.spec(map(str, arguments))


def load_detector_of(
    header: dict,
    folder: Path,
    spec: Path | str | None = None,
    device: "str | torch.device" = "cpu",
    dtype: "torch.dtype | None" = None,
) -> "RegionDetector":
    """The detector that a compositor was trained with.

    Args:
        header: of the compositor's checkpoint.
        folder: the compositor's checkpoint folder; the detector is beside it ...
        spec: ... or where this says.
        device: as for `load_detector`.
        dtype: as for `load_detector`.

    Raises:
        CheckpointError: it is a different detector, or not an intact checkpoint.
        ValueError: as for `load_detector`.
    """
    from lbf_model.checkpoint import CheckpointError

    reference = header["detector_checkpoint"]
    detector = load_detector(spec or resolve_detector(reference, Path(os.path.abspath(folder)).parent), device, dtype)
    if detector.fingerprint != header["detector"]:
        told = f"{spec or reference} is {detector.fingerprint}"
        raise CheckpointError(f"{folder}: trained with detector {header['detector']}, but {told}")
    return detector


def _parse(spec: Path | str, folder: Path = Path()) -> tuple[DetectorKind, list[Path | str]]:
    """The kind that a spec names, and its arguments; those that are paths become a `Path` relative to `folder`.

    Raises:
        ValueError: arguments are missing, empty or too many.
    """
    text = str(spec)
    kind = DETECTOR_KINDS.get(text.partition(":")[0], CHECKPOINT_FOLDER)
    count = len(kind.arguments)
    values = text.split(":", max(count, 1))[1:] if kind.name else [text]
    if len(values) != count or not all(values):
        raise ValueError(f"{text}: a detector of this kind is given as {kind.form}")
    paths = [folder / value for value in values]
    return kind, [
        path if kind.is_path(argument, path) else value
        for argument, path, value in zip(kind.arguments, paths, values, strict=True)
    ]
