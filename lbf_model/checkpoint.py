"""The checkpoint folder: model.safetensors, config.json (with the weights' checksum), metrics.json and a model card.

Detectors and compositors share this form. Nothing in it is ever unpickled, and every load is strict.
"""

import hashlib
import json
import platform
import subprocess
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save_file
from torch import nn

FORMAT = 1


class CheckpointError(ValueError):
    """A checkpoint folder is incomplete, altered, or of another kind than asked for."""


def save_checkpoint(folder: Path, kind: str, module: nn.Module, config, facts: dict, half: bool = False) -> None:
    """Write weights and config.json; the weights file is complete before the config that vouches for it.

    Args:
        folder: made if need be.
        kind: "detector" or "compositor".
        module: its state dict becomes model.safetensors.
        config: the model's frozen dataclass.
        facts: whatever else the checkpoint says of itself: training data, detector, seed.
        half: store numbers as float16, so that a large model's file stays below 10 MiB; loading widens them again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights, partial = folder / "model.safetensors", folder / "model.safetensors.part"
    dtype = torch.float16 if half else torch.float32
    tensors = {k: v.detach().cpu().contiguous() for k, v in module.state_dict().items()}
    save_file({k: v.to(dtype) if v.is_floating_point() else v for k, v in tensors.items()}, partial)
    partial.rename(weights)
    header = {
        "format": FORMAT,
        "kind": kind,
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "model": asdict(config),
        **facts,
    }
    (folder / "config.json").write_text(json.dumps(header, indent=2) + "\n")


def read_config(folder: Path, kind: str) -> dict:
    """The checked content of config.json.

    Raises:
        CheckpointError: missing, not JSON, of another format or kind.
    """
    path = Path(folder) / "config.json"
    try:
        header = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(f"{path}: missing; name a checkpoint folder, such as checkpoints/css-big") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: not JSON ({error})") from None
    if header.get("format") != FORMAT:
        raise CheckpointError(f"{path}: format {header.get('format')!r} is not {FORMAT}; train it again with this version")
    if header.get("kind") != kind:
        raise CheckpointError(f"{path}: this is a {header.get('kind')!r} checkpoint, a {kind} is wanted")
    return header


def load_weights(folder: Path, header: dict, module: nn.Module) -> None:
    """Load model.safetensors into `module`, strictly.

    Raises:
        CheckpointError: as `read_weights`, or its tensors are not exactly those of `module`.
    """
    try:
        module.load_state_dict(read_weights(folder, header), strict=True)
    except RuntimeError as error:
        raise CheckpointError(f"{folder}: its tensors do not fit the model in config.json ({error})") from None


def read_weights(folder: Path, header: dict) -> dict[str, torch.Tensor]:
    """The tensors of model.safetensors, after comparing the file's checksum with the one in `header`.

    Raises:
        CheckpointError: the file is missing, altered or broken.
    """
    path = Path(folder) / "model.safetensors"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{path}: missing") from None
    if hashlib.sha256(content).hexdigest() != header["weights_sha256"]:
        raise CheckpointError(f"{path}: its checksum is not the one in config.json; the file was altered, get it again")
    try:
        return parse_safetensors(content)
    except SafetensorError as error:
        raise CheckpointError(f"{path}: not a safetensors file ({error})") from None


def build_config(config_type, header: dict):
    """The frozen dataclass `config_type` from a checkpoint's "model" entry; an unknown key raises CheckpointError."""
    try:
        return config_type(**header["model"])
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"config.json does not describe a {config_type.__name__}: {error}") from None


def fingerprint(header: dict) -> str:
    """Twelve hex digits that name the exact weights."""
    return header["weights_sha256"][:12]


def current_commit() -> str:
    """The commit this code stands at, "unknown" outside a git checkout."""
    here = Path(__file__).parent
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.strip()


def provenance() -> dict[str, str]:
    """What every measured figure says of its origin: the commit of the code and the kind of machine."""
    return {"commit": current_commit(), "machine": platform.processor() or platform.machine()}
