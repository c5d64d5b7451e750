"""Add a gallery of your own to a Space: its pictures, its index, and the checkpoints that it is searched with."""

import argparse
import filecmp
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lbf_model.checkpoint import read_config
from lbf_model.checksums import SAMPLED, checksum, read_record, write_record
from lbf_model.gallery.store import check_gallery, read_facts, read_unaltered
from lbf_model.retrieval.catalog import find_checkpoint, shipped_checkpoints
from lbf_model.vision.detectors.registry import resolve_detector
from lbf_model.vision.pictures import check_header
from scripts.space_files import ROOT

_NAME = re.compile(r"[\w-]+", re.ASCII)
_RESERVED = "my-pictures"  # the page's name for a visitor's own pictures


@dataclass(frozen=True)
class OwnGallery:
    """A gallery to add: the name that it is offered under, and its folder."""

    name: str
    folder: Path


def add_galleries(parser: argparse.ArgumentParser) -> None:
    """Add --gallery and --checkpoint."""
    parser.add_argument(
        "--gallery",
        type=_own_gallery,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="add this gallery (repeatable)",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="LBF checkpoint that made a gallery, if it is not in checkpoints/ (repeatable)",
    )


def add_gallery(own: OwnGallery, out: Path, checkpoints: Sequence[Path] = (), root: Path = ROOT) -> list[str]:
    """Copy a gallery into a staged Space, which then offers it first.

    Args:
        own: what to copy. Pictures that are elsewhere are copied into it.
        out: the staged folder.
        checkpoints: folders where its checkpoint may be, besides checkpoints/ of the repository.
        root: of the repository.

    Returns:
        Paths of the files that were copied, below `out`.

    Raises:
        ValueError: the gallery is damaged, one of its pictures is gone, its name is taken, or its checkpoint is missing.
    """
    check_gallery(own.folder)
    facts = read_facts(own.folder)
    goal = out / "assets" / "galleries" / own.name
    if goal.exists():
        raise ValueError(f"{own.name}: a gallery with this name is already shipped; choose another name")
    shipped = root / "checkpoints"
    maker = find_checkpoint(own.folder, [*checkpoints, *shipped_checkpoints(shipped)])
    about = json.loads((own.folder / "gallery.json").read_text())
    record = own.folder / f"checksums-{about['generation']}.json"
    written = [name for name in read_record(record) if not name.endswith(SAMPLED)]
    copies = {own.folder / name: goal / name for name in [record.name, *written]}
    for item in read_unaltered(own.folder).items:
        copies[own.folder / facts.root / item.path] = goal / "pictures" / item.path
    for folder in _needed(maker) if maker.parent.resolve() != shipped.resolve() else ():
        copies |= {path: out / "checkpoints" / folder.name / path.name for path in sorted(folder.iterdir()) if path.is_file()}
    for source, copy in copies.items():
        if not source.is_file():
            raise ValueError(f"{source}: missing; bring the gallery up to date with `python -m lbf_model index --update`")
        if copy.is_relative_to(goal / "pictures"):
            check_header(source)  # a gallery that somebody else made may name any file
        if copy.exists():
            if filecmp.cmp(source, copy, shallow=False):
                continue  # another gallery of the same checkpoint brought it along
            raise ValueError(f"{copy.parent.name}: a checkpoint with this name is already shipped; rename the folder")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    (goal / "gallery.json").write_text(json.dumps({**about, "root": "pictures"}, indent=2) + "\n")
    write_record(goal / record.name, read_record(record) | {"gallery.json": checksum(goal / "gallery.json")})
    return [copy.relative_to(out).as_posix() for copy in copies.values()]


def _needed(compositor: Path) -> list[Path]:
    """A compositor's checkpoint folder, and that of its detector, which is beside it."""
    detector = Path(resolve_detector(read_config(compositor, "compositor")["detector_checkpoint"], compositor.parent))
    if not detector.is_dir():
        raise ValueError(f"{compositor}: only a detector in a folder beside it can be added, not {detector}")
    return [compositor, detector]


def _own_gallery(text: str) -> OwnGallery:
    name, _, folder = text.partition("=")
    if not folder or not _NAME.fullmatch(name) or name == _RESERVED:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write NAME=DIR, such as shop=my-gallery; a name has letters, digits, - and _"
        )
    return OwnGallery(name, Path(folder))
