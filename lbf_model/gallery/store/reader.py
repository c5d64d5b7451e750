"""Loads the unaltered files of a gallery folder, and checks everything in it.

Whenever a gallery is loaded, files up to 64 MiB are compared with their checksums and kept in memory. Larger ones would take
seconds, so they are memory-mapped, and loading compares samples of them (see `lbf_model.checksums`); only `index --check` and
`index --update` read them whole. A mapped file must not be truncated in place while it is searched; `index` never does that.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lbf_model.checksums import checksum, checksums_of, find_altered, write_record
from lbf_model.gallery.backends import BACKENDS, Backend
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.item_table import ItemTable
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem, item_from_record
from lbf_model.gallery.near_duplicates import PerceptualHashes
from lbf_model.gallery.store.format import (
    FORMAT,
    WITHOUT_HASHES,
    GalleryFiles,
    backend_of,
    broken,
    facts_of,
    parse_about,
    read_about,
)

_MEND = "repair the gallery with `python -m lbf_model index --update`"


def load_gallery(
    folder: Path, compositor: str, detector: str, attributes: Mapping[str, Sequence[str]] | None = None
) -> Gallery:
    """Load a finished gallery; large files of vectors and hashes, and the pictures, are read on demand.

    Args:
        folder: the gallery folder.
        compositor: fingerprint of the compositor in use.
        detector: fingerprint of the detector in use.
        attributes: as for `Gallery`.

    Raises:
        GalleryError: missing, altered, broken, or made by another compositor or detector.
    """
    folder = Path(folder)
    about = read_about(folder)
    facts = facts_of(folder, about)
    facts.check_makers(folder, compositor, detector)
    content = _read(folder, facts, about, sampled=True)
    if content.altered:
        raise GalleryError(f"{'; '.join(content.altered)}; {_MEND}")
    return Gallery(folder, facts, content.items, content.backends, content.hashes, content.skipped, attributes)


@dataclass
class GalleryContent:
    """The unaltered content of a gallery folder.

    Attributes:
        items: empty if their file was altered; nothing else means anything without it.
        hashes: of the items; None if their file was altered, or the gallery was made before there were hashes.
        backends: vectors by fingerprint.
        skipped: {"path", "reason"} for each picture that could not be read.
        altered: what was left out, as messages that name each file.
    """

    items: Sequence[GalleryItem] = ()
    hashes: PerceptualHashes | None = None
    backends: dict[str, Backend] = field(default_factory=dict)
    skipped: list[dict] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)


def read_unaltered(folder: Path) -> GalleryContent:
    """What an update can build on.

    Raises:
        GalleryError: as for `read_facts`, or a file is invalid although its checksum matches.
    """
    about = read_about(folder)
    return _read(folder, facts_of(folder, about), about)


def check_gallery(folder: Path) -> int:
    """Check everything in a gallery; returns how many pictures it holds.

    Raises:
        GalleryError: something is wrong; the message names every problem.
    """
    about = read_about(folder)
    content = _read(folder, facts_of(folder, about), about)
    wrong = content.altered + _contradictions(folder, content)
    if wrong:
        raise GalleryError(f"{'; '.join(wrong)}; {_MEND}")
    return len(content.items)


def write_checksums(folder: Path) -> Path:
    """Write checksums of a gallery as it is now, for one made before there were checksums; returns the checksum file.

    Raises:
        GalleryError: missing or broken, or its parts contradict each other.
    """
    about = parse_about(folder)
    facts = facts_of(folder, about)
    files = GalleryFiles.of(folder, about["generation"], facts, about["format"])
    if wrong := _contradictions(folder, _read(folder, facts, about, checked=False)):
        raise GalleryError("; ".join(wrong))
    write_record(files.record, {"gallery.json": checksum(folder / "gallery.json"), **checksums_of(_all(files, facts))})
    return files.record


def _all(files: GalleryFiles, facts: GalleryFacts) -> list[Path]:
    """Every file of a generation except its checksum record."""
    vectors = [file for name, path in files.vectors.items() for file in BACKENDS[backend_of(facts, name)].files(path)]
    return [files.items, *([files.hashes] if files.hashes else []), *vectors]


def _read(folder: Path, facts: GalleryFacts, about: dict, checked: bool = True, sampled: bool = False) -> GalleryContent:
    """A gallery's files, without those that were altered.

    Args:
        folder: the gallery folder.
        facts: of the gallery.
        about: the content of gallery.json.
        checked: whether to look for altered files.
        sampled: whether to check only samples of large files.
    """
    files = GalleryFiles.of(folder, about["generation"], facts, about["format"])
    altered = find_altered(files.record, _all(files, facts), sampled) if checked else {}
    content = GalleryContent(skipped=about["skipped"], altered=list(altered.values()))
    if files.items in altered:
        return content
    try:
        content.items = _read_items(files.items, about["format"])
        if files.hashes is not None and files.hashes not in altered:
            content.hashes = PerceptualHashes.load(files.hashes)
        for name, path in files.vectors.items():
            kind = BACKENDS[backend_of(facts, name)]
            if not altered.keys() & {*kind.files(path)}:
                content.backends[name] = kind.load(path)
    except FileNotFoundError as error:
        raise GalleryError(f"{error.filename}: missing; build the gallery with `python -m lbf_model index`") from None
    except GalleryError:
        raise
    except (KeyError, TypeError, ValueError, EOFError) as error:
        raise broken(folder, error) from None
    widths = facts.widths()
    for name, backend in content.backends.items():
        if len(content.items) != len(backend) or backend.width != widths[name]:
            raise GalleryError(f"{folder}: {len(content.items)} pictures but {len(backend)} vectors of {name}; build it again")
    if content.hashes is not None and len(content.hashes) != len(content.items):
        raise GalleryError(f"{folder}: {len(content.items)} pictures but {len(content.hashes)} hashes; build it again")
    return content


def _read_items(path: Path, format: int) -> ItemTable:
    """The pictures of a gallery; those in an earlier format are converted to the current one in memory."""
    if format == FORMAT:
        return ItemTable.open(path)
    items = [item_from_record(json.loads(line)) for line in path.read_text().splitlines()]
    rows: dict[str, int] = {}
    for row, item in enumerate(items):
        rows.setdefault(item.id, row)
    if format != WITHOUT_HASHES:
        first = [rows.get(item.copy_of, row) for row, item in enumerate(items)]
    else:  # equal pixels are one picture
        digests: dict[str, int] = {}
        first = [digests.setdefault(item.digest or item.id, row) for row, item in enumerate(items)]
    return ItemTable.hold(items, first, str(path))


def _contradictions(folder: Path, content: GalleryContent) -> list[str]:
    """What contradicts itself in a gallery, whatever its checksums say."""
    found = content.items.check() if content.items else []
    for name, backend in content.backends.items():
        lengths = np.concatenate([np.linalg.norm(block, axis=1) for _, block in backend.blocks()])
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < 0.01))  # written so that NaN counts as wrong, too
        if len(wrong):
            found.append(f"{folder}: vectors of {name} without unit length, such as that of {content.items[wrong[0]].id!r}")
        if not backend.in_order():
            found.append(f"{folder}: vectors of {name} are numbered out of order")
    return found
