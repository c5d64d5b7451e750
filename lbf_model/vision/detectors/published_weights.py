"""What the adapters for published detectors share: reading a weights file, and turning detections into Regions."""

import hashlib
import io
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from torch import Tensor, nn

from lbf_model.plain_pickle import PICKLE_DAMAGE
from lbf_model.types import Regions


def read_weights(path: Path) -> tuple[dict[str, Tensor], str]:
    """Read a published weights file without unpickling anything but tensors and plain containers.

    Args:
        path: a .safetensors file, or a .pth file holding a state dict or, as detectron2 writes it, a dict with one as "model".

    Returns:
        state: name -> tensor on the CPU.
        fingerprint: the first 12 hex digits of the file's SHA-256.

    Raises:
        ValueError: the file is missing, of another kind or damaged, or holds anything other than tensors.
    """
    path = Path(path)
    if path.suffix not in (".pth", ".safetensors"):
        raise ValueError(f"{path}: a weights file ends in .pth or .safetensors")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{path}: missing; nothing is downloaded here, so get the weights file first") from None
    try:
        if path.suffix == ".safetensors":
            state = parse_safetensors(content)
        else:
            state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, AssertionError, struct.error, *PICKLE_DAMAGE) as error:
        # torch appends advice to load without weights_only; nobody should follow it
        raise ValueError(f"{path}: damaged, or not plain weights ({str(error).partition(chr(10))[0]})") from None
    if isinstance(state, dict) and isinstance(state.get("model"), dict):
        state = state["model"]
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"{path}: holds something other than named tensors")
    return dict(state), hashlib.sha256(content).hexdigest()[:12]


def fit_weights(model: nn.Module, state: dict[str, Tensor], path: Path, name: str) -> None:
    """Load `state` into `model`, strictly.

    The file may also hold constants that the model derives from its configuration (pixel mean, anchors), as older checkpoints
    do; they must then equal the model's, which catches a wrong configuration.

    Args:
        path, name: of the file and the model, for the message.

    Raises:
        ValueError: a tensor is missing, unknown or of another shape, or a constant differs.
    """
    own = model.state_dict()
    constants = {key: value.cpu() for key, value in model.named_buffers() if key not in own}
    given = {key: value for key, value in state.items() if key not in constants}
    faults = {
        "missing": [key for key in own if key not in given],
        "unknown": [key for key in given if key not in own],
        "of another shape": [key for key in given if key in own and given[key].shape != own[key].shape],
        "different from the configuration": [
            key
            for key, value in constants.items()
            if key in state and not (state[key].shape == value.shape and torch.allclose(state[key].to(value), value))
        ],
    }
    told = [f"{len(keys)} {fault} (such as {keys[0]})" for fault, keys in faults.items() if keys]
    if told:
        raise ValueError(f"{path}: not the weights of {name}; of its tensors, {', '.join(told)}")
    model.load_state_dict(given, strict=True)


def gather_regions(
    picture: Image.Image,
    seen: tuple[int, int],
    boxes: Tensor,
    scores: Tensor,
    labels: Sequence[str],
    describe: Callable[[Tensor], Tensor],
    feature_map: Tensor,
) -> Regions:
    """Turn a detector's findings in one picture into Regions; if it found nothing, the one region is the whole picture.

    Args:
        picture: the original.
        seen: (width, height) of the scaled picture, as the network sees it.
        boxes: (R, 4) float, xyxy in pixels of the scaled picture, best first; R may be 0.
        scores: (R,) float in [0, 1].
        labels: R readable names.
        describe: computes features (N, F) from boxes (N, 4) in pixels of the scaled picture.
        feature_map: (1, C, h, w) float, of the whole picture.
    """
    whole = len(boxes) == 0
    if whole:
        boxes = boxes.new_tensor([[0, 0, *seen]])
        scores, labels = boxes.new_ones(1), ("whole image",)
    features = describe(boxes).cpu().numpy()
    corner = np.array(picture.size * 2, np.float32)
    scale = corner / np.array(seen * 2, np.float32)
    # rounding in the scaling back may push a box just outside the picture
    boxes = np.clip(boxes.cpu().numpy() * scale, 0, corner)
    whole_map = feature_map[0].half().cpu().numpy()
    return Regions(boxes, scores.cpu().numpy(), tuple(labels), features, picture.size, whole, whole_map)
