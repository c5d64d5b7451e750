"""The files of a gallery folder, and what gallery.json says.

DIR/gallery.json         format number, checkpoint and detector that made it, compared compositors, title, picture root, back
                         end, counts, pictures that could not be read and why, and the generation N of the files below
DIR/items-N.sqlite       one row per picture: id, path (relative to the picture root), caption, regions, digest, file facts, and
                         which earlier row shows the same picture (see `gallery.item_table`)
DIR/hashes-N.npy         (G, 385) uint8, the perceptual hash of each picture
DIR/vectors-N.faiss      the vectors, in row order
DIR/vectors-N.index      the index in which an approximate back end finds candidates; `flat` has none
DIR/vectors-N-F.faiss    the vectors of a compared compositor, F its fingerprint; float16, which changes a cosine by less than
                         0.0002
DIR/checksums-N.json     checksums of gallery.json and of all these files; a file that does not match is refused by name
DIR/.lock                held by the one process that writes

gallery.json is replaced atomically, as the last step. Until then the old generation stays whole; it is deleted afterwards.

Galleries in two earlier formats can still be read, and `index --update` converts them to the current one: format 3 has
items-N.jsonl, one line per picture, in place of items-N.sqlite; format 2 has no hashes either.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from lbf_model.checksums import find_altered
from lbf_model.gallery.backends import BACKENDS
from lbf_model.gallery.items import CompositorFacts, GalleryError, GalleryFacts

FORMAT = 4
ITEMS_AS_LINES = 3
WITHOUT_HASHES = 2
PATTERNS = ("items-*", "hashes-*", "vectors-*", "checksums-*")  # the files of any generation


@dataclass(frozen=True)
class GalleryFiles:
    """Where the files of one generation are.

    Attributes:
        items: the pictures.
        hashes: their hashes; None in a format without hashes.
        vectors: for each compositor, by fingerprint; a back end may put another file beside it (`Backend.files`).
        record: the checksums.
    """

    items: Path
    hashes: Path | None
    vectors: dict[str, Path]
    record: Path

    @classmethod
    def of(cls, folder: Path, generation: int, facts: GalleryFacts, format: int = FORMAT) -> "GalleryFiles":
        """The files of one generation of a gallery in the given format."""
        compared = {c.fingerprint: folder / f"vectors-{generation}-{c.fingerprint}.faiss" for c in facts.compared}
        return cls(
            folder / f"items-{generation}.{'sqlite' if format == FORMAT else 'jsonl'}",
            None if format == WITHOUT_HASHES else folder / f"hashes-{generation}.npy",
            {facts.compositor: folder / f"vectors-{generation}.faiss", **compared},
            record_of(folder, generation),
        )


def record_of(folder: Path, generation: int) -> Path:
    """The checksum file of a generation."""
    return folder / f"checksums-{generation}.json"


def backend_of(facts: GalleryFacts, compositor: str) -> str:
    """The back end that searches the vectors of a compositor, by name: compared ones are always searched exactly."""
    return facts.backend if compositor == facts.compositor else "flat"


def read_facts(folder: Path) -> GalleryFacts:
    """What made a gallery, without loading it.

    Raises:
        GalleryError: missing, altered, broken or in another format.
    """
    folder = Path(folder)
    return facts_of(folder, read_about(folder))


def read_about(folder: Path) -> dict:
    """The content of gallery.json, checked against its checksum."""
    about, path = parse_about(folder), folder / "gallery.json"
    record = record_of(folder, about["generation"])
    try:
        altered = find_altered(record, [path])
    except ValueError as error:
        raise GalleryError(f"{path}: its checksums cannot be read ({error})") from None
    if altered:
        raise GalleryError(f"{path}: altered, or {record.name} was; delete it and index the pictures again")
    return about


def parse_about(folder: Path) -> dict:
    """The content of gallery.json, without looking at its checksum."""
    path = folder / "gallery.json"
    try:
        about = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise GalleryError(f"{path}: missing; build the gallery with `python -m lbf_model index`") from None
    except ValueError as error:
        raise broken(path, error) from None
    if not isinstance(about, dict) or about.get("format") not in (FORMAT, ITEMS_AS_LINES, WITHOUT_HASHES):
        have = about.get("format") if isinstance(about, dict) else None
        raise GalleryError(f"{path}: in format {have!r}, which this version cannot read; build it again")
    if not isinstance(about.get("generation"), int):
        raise broken(path, ValueError(f"generation {about.get('generation')!r}"))
    if not isinstance(about.get("skipped"), list):
        raise broken(path, ValueError(f"skipped {about.get('skipped')!r}"))
    return about


def facts_of(folder: Path, about: dict) -> GalleryFacts:
    """What made the gallery, according to the content of gallery.json."""
    try:
        # In the format without hashes, compared compositors are called "beside"; the oldest galleries have none.
        compared = about.get("compared", about.get("beside", ()))
        known = {key: about[key] for key in ("compositor", "detector", "embedding_width", "root", "title")}
        known |= {"backend": about.get("backend", "flat"), "recall": about.get("recall")}
        if wrong := [name for name in ("compositor", "detector", "root", "title", "backend") if type(known[name]) is not str]:
            raise TypeError(f"{wrong[0]} {known[wrong[0]]!r}")
        facts = GalleryFacts(**known, compared=tuple(CompositorFacts(**c) for c in compared))
    except (KeyError, TypeError) as error:
        raise broken(folder, error) from None
    if facts.backend not in BACKENDS:
        raise GalleryError(f"{folder}: searched by {facts.backend!r}, but there are {', '.join(BACKENDS)}; build it again")
    return facts


def generation_of(folder: Path) -> int:
    """The generation of the finished gallery in a folder; 0 if there is none."""
    return read_about(folder)["generation"] if (folder / "gallery.json").exists() else 0


def broken(folder: Path, error: Exception) -> GalleryError:
    """The error for a gallery with invalid content."""
    return GalleryError(f"{folder}: broken gallery ({error}); build it again with `python -m lbf_model index`")
