"""The checkpoint folder: model.safetensors, config.json (with the weights' checksum), metrics.json and a model card.

Detectors and compositors share this layout. checksums.json, written last, covers config.json and the figures shown to people.
Nothing is ever unpickled, and every load is strict. Plain git cannot push a file above 10 MiB to a Space, so a larger model's
tensors are split over model-1.safetensors, model-2.safetensors and so on.
"""

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save as format_safetensors
from torch import nn

from lbf_model.checksums import checksum, find_altered, read_record, write_record

FORMAT = 1
_RECORD = "checksums.json"
_VOUCHED = ("config.json", "metrics.json", "attribution.json")  # the weights' checksum is in config.json
_MOST_FILES = 1000
_EXAMPLES = {"detector": "checkpoints/css-detector", "compositor": "checkpoints/css-big"}
LARGEST_FILE = 10_000_000  # bytes of tensors per file; 10 MiB is 10,485,760


class CheckpointError(ValueError):
    """A checkpoint folder is incomplete, altered, or not of the kind asked for."""


class AlteredError(CheckpointError):
    """A file was altered after it was written. Code that skips folders that are not checkpoints must not skip this one."""


def save_checkpoint(folder: Path, kind: str, module: nn.Module, config, facts: dict, half: bool = False) -> None:
    """Write weights, config.json and checksums.json; each is complete before the file that holds its checksum is written.

    Args:
        folder: created if needed.
        kind: "detector" or "compositor".
        module: its state dict becomes model.safetensors.
        config: the model's frozen dataclass.
        facts: whatever else the checkpoint records about itself: training data, detector, seed.
        half: store floats as float16, which halves the files; loading converts them back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dtype = torch.float16 if half else torch.float32
    tensors = {k: v.detach().cpu().contiguous() for k, v in module.state_dict().items()}
    parts = _spread({k: v.to(dtype) if v.is_floating_point() else v for k, v in tensors.items()})
    files = _files(folder, len(parts))
    for file, part in zip(files, parts, strict=True):
        partial = file.with_name(f"{file.name}.part")
        partial.write_bytes(format_safetensors(part))  # its own writer raises no OSError and blocks other users from reading
        partial.rename(file)
    for other in {folder / "model.safetensors", *folder.glob("model-[0-9]*.safetensors")} - set(files):
        other.unlink(missing_ok=True)  # left by an earlier save with a different number of files
    header = {
        "format": FORMAT,
        "kind": kind,
        "weights_sha256": hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest(),
        **({"weights_files": len(files)} if len(files) > 1 else {}),
        "model": asdict(config),
        **facts,
    }
    _write_header(folder, header)


def checkpoint_name(folder: Path) -> str:
    """What a checkpoint's folder is called, however its path is written: "." has a name, too."""
    return Path(os.path.abspath(folder)).name


def change_facts(folder: Path, kind: str, model: dict | None = None, **facts) -> None:
    """Rewrite some of the facts in a checkpoint's config.json; its weights stay. Raises what `read_config` raises.

    Args:
        folder: the checkpoint.
        kind: as for `read_config`.
        model: facts of the model's config to change.
        **facts: facts outside the model's config to change.
    """
    header = read_config(folder, kind)
    _write_header(folder, {**header, "model": {**header["model"], **(model or {})}, **facts})


def _write_header(folder: Path, header: dict) -> None:
    partial = folder / "config.json.part"
    partial.write_text(json.dumps(header, indent=2) + "\n")
    partial.replace(folder / "config.json")  # the old one stays until the new one is complete
    write_checksums(folder)


def write_checksums(folder: Path) -> Path:
    """Write the checksums of a checkpoint as it is now; returns the path of the checksum file.

    Raises:
        CheckpointError: config.json is missing or broken, or does not fit the weights.
    """
    read_weights(folder, _parse_config(folder))
    write_record(folder / _RECORD, {file.name: checksum(file) for file in _vouched(folder)})
    return folder / _RECORD


def vouch_for_figures(file: Path) -> None:
    """Add a newly written file of figures to its checkpoint's checksums; a file outside a checkpoint needs none."""
    record = file.parent / _RECORD
    if file.name in _VOUCHED and record.exists():
        write_record(record, {**read_record(record), file.name: checksum(file)})


def _vouched(folder: Path) -> list[Path]:
    return [folder / name for name in _VOUCHED if (folder / name).exists()]


def read_config(folder: Path, kind: str) -> dict:
    """The checked content of config.json.

    Raises:
        AlteredError: it is not JSON or describes no checkpoint, it or the figures beside it were altered after they were
            written, or checksums.json is missing or broken.
        CheckpointError: missing, or of another format or kind.
    """
    path = Path(folder) / "config.json"
    header = _parse_config(path.parent, kind)
    try:
        altered = find_altered(path.parent / _RECORD, _vouched(path.parent))
    except ValueError as error:
        raise AlteredError(str(error)) from None
    if altered:
        raise AlteredError(f"{'; '.join(altered.values())}; get the checkpoint again")
    if header.get("format") != FORMAT:
        raise CheckpointError(f"{path}: format {header.get('format')!r} is not {FORMAT}; train it again with this version")
    if header.get("kind") != kind:
        raise CheckpointError(f"{path}: this is a {header.get('kind')!r} checkpoint, but a {kind} is needed")
    return header


def _parse_config(folder: Path, kind: str = "compositor") -> dict:
    path = folder / "config.json"
    try:
        header = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(f"{path}: missing; name a checkpoint folder, such as {_EXAMPLES[kind]}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise AlteredError(f"{path}: not JSON ({error})") from None
    if not isinstance(header, dict) or "weights_sha256" not in header:
        raise AlteredError(f"{path}: does not describe a checkpoint")
    return header


def load_weights(folder: Path, header: dict, module: nn.Module) -> None:
    """Load a folder's weights into `module`, strictly.

    Raises:
        CheckpointError: as for `read_weights`, or the tensors are not exactly those of `module`.
    """
    try:
        module.load_state_dict(read_weights(folder, header), strict=True)
    except RuntimeError as error:
        raise CheckpointError(f"{folder}: its tensors do not fit the model in config.json ({error})") from None


def read_weights(folder: Path, header: dict) -> dict[str, torch.Tensor]:
    """A folder's tensors, after checking their file (or their files, joined in order) against the checksum in `header`.

    Raises:
        CheckpointError: a file is missing, altered or broken.
    """
    count = header.get("weights_files", 1)
    if not isinstance(count, int) or not 1 <= count <= _MOST_FILES:
        raise CheckpointError(f"{folder}/config.json: weights_files is {count!r}, not a number from 1 to {_MOST_FILES}")
    files = _files(Path(folder), count)
    contents = []
    for path in files:
        try:
            contents.append(path.read_bytes())
        except FileNotFoundError:
            raise CheckpointError(f"{path}: missing") from None
    told = " or ".join(map(str, files))
    if hashlib.sha256(b"".join(contents)).hexdigest() != header["weights_sha256"]:
        raise CheckpointError(f"{told}: its checksum is not the one in config.json; the file was altered, get it again")
    try:
        return {name: tensor for content in contents for name, tensor in parse_safetensors(content).items()}
    except SafetensorError as error:
        raise CheckpointError(f"{told}: not a safetensors file ({error})") from None


def _files(folder: Path, count: int) -> list[Path]:
    return [folder / ("model.safetensors" if count == 1 else f"model-{i}.safetensors") for i in range(1, count + 1)]


def _spread(tensors: dict[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
    """Split the tensors, in order, into parts of at most LARGEST_FILE bytes; a larger tensor gets a part of its own."""
    parts, held = [{}], 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        if parts[-1] and held + size > LARGEST_FILE:
            parts.append({})
            held = 0
        parts[-1][name] = tensor
        held += size
    return parts


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
    """The commit this code is at; "unknown" outside a git checkout."""
    here = Path(__file__).parent
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.strip()


def provenance() -> dict[str, str]:
    """What every measured figure records about its origin: the commit of the code and the kind of machine."""
    return {"commit": current_commit(), "machine": platform.processor() or platform.machine()}
