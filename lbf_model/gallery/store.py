"""A gallery on disk.

DIR/gallery.json         format number, checkpoint and detector that made it, compared compositors, title, picture root, back
                         end, counts, pictures that could not be read with the reason, and the generation N of the files below
DIR/items-N.jsonl        a line a picture: id, path (below the picture root), caption, regions, digest, file facts, and of which
                         earlier item it is a copy
DIR/hashes-N.npy         (G, 385) uint8, the perceptual hash of each picture
DIR/vectors-N.faiss      the vectors, ids are row numbers of items-N.jsonl
DIR/vectors-N-F.faiss    the same of a compared compositor, F its fingerprint; float16, which moves a cosine by less than 0.0002
DIR/checksums-N.json     of gallery.json and of all these files; what does not fit them is refused by name
DIR/.lock                held by the one process that writes

gallery.json is replaced in one step and last of all. Until then the old generation is whole, and it is deleted afterwards.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from lbf_model.checksums import checksum, find_altered, write_record
from lbf_model.gallery.backends import BACKENDS, Backend
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import CompositorFacts, GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.near_duplicates import HASH_BYTES, PerceptualHashes, group_near_duplicates

FORMAT = 3
_WITHOUT_HASHES = 2  # a format that is still read; `index --update` turns it into the present one


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other processes, and other builds of this one, from writing a gallery folder; a process that dies lets go of it.

    Raises:
        GalleryError: somebody else writes there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:  # it stays: whoever deletes a lock file may delete it under the next writer
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GalleryError(f"{folder}: is being written by another index; wait for it, or choose another --out") from None
        yield


class GalleryWriter:
    """Builds a gallery folder piece by piece; what was added before an interruption is kept.

    Pictures are appended to a journal. A gallery that lies in the folder stays whole and usable until `finish`. Each line of
    the journal starts with a checksum of what was stored for its picture, by which compositors. So what a power cut or another
    program left there is told from what was added. Use it inside `only_writer`.

    Attributes:
        items: what the journal holds, in the order it was added.
        lost: which file of the journal is broken from where on, "" where all is whole; what it held has to be added again.

    Raises:
        GalleryError: the folder holds something begun with other facts.
    """

    def __init__(self, folder: Path, facts: GalleryFacts):
        self.folder, self.facts = folder, facts
        folder.mkdir(parents=True, exist_ok=True)
        self._lines, self._begun = folder / "items.jsonl.part", folder / "gallery.json.part"
        self._hashes = folder / "hashes.part"
        self._widths = facts.widths()
        self._vectors = {name: folder / f"vectors-{name}.part" for name in self._widths}
        self._vectors[facts.compositor] = folder / "vectors.part"
        self._makers = json.dumps({"format": FORMAT, **asdict(facts), "title": ""})
        self.lost = ""
        if self._begun.exists() and (begun := self._begun.read_bytes()) != self._makers.encode():
            if _is_json(begun):
                raise GalleryError(
                    f"{folder}: an unfinished gallery of other checkpoints or another folder lies here; delete its *.part "
                    "files or choose another folder"
                )
            self.lost = f"{self._begun.name}: broken"  # what was added by these very compositors is told by its checksums
        self._begun.write_text(self._makers)
        self.items = self._recover()

    def _recover(self) -> list[GalleryItem]:
        """Items of an interrupted run, cut back to those whose line, hash and vectors are all as they were added."""
        widths = {self._hashes: HASH_BYTES} | {file: 4 * self._widths[name] for name, file in self._vectors.items()}
        if not all(file.exists() for file in (self._lines, *widths)):
            for file in (self._lines, *widths):
                file.write_bytes(b"")
            return []
        lines = self._lines.read_bytes().split(b"\n")[:-1]  # what follows the last line end was cut off
        stored = {file: file.read_bytes() for file in widths}
        whole: list[bytes] = []
        for row, line in enumerate(lines):
            said, _, record = line.partition(b" ")
            parts = [content[row * widths[file] : (row + 1) * widths[file]] for file, content in stored.items()]
            if said != self._checksum(record, *parts):
                if all(len(content) >= (row + 1) * widths[file] for file, content in stored.items()):  # else it was cut off
                    self.lost = f"{self._lines.name}, or what belongs to it: broken after {row} pictures"
                break
            whole.append(record)
        self._lines.write_bytes(b"".join(line + b"\n" for line in lines[: len(whole)]))
        for file, width in widths.items():
            os.truncate(file, len(whole) * width)
        return [_item(json.loads(record)) for record in whole]

    def _checksum(self, record: bytes, *parts: bytes) -> bytes:
        """Of a picture's JSON and of its hash and its vectors, in the order of the journal's files."""
        return hashlib.sha256(b"\0".join([self._makers.encode(), record, *parts])).hexdigest().encode()

    def vectors(self, compositor: str | None = None) -> np.ndarray:
        """(N, E) float32, of `items`; of the compositor that makes the gallery, or of a compared one by its fingerprint."""
        name = self.facts.compositor if compositor is None else compositor
        return np.fromfile(self._vectors[name], np.float32).reshape(-1, self._widths[name])

    def hashes(self) -> np.ndarray:
        """(N, 385) uint8, the perceptual hashes of `items`."""
        return np.fromfile(self._hashes, np.uint8).reshape(-1, HASH_BYTES)

    def add(
        self,
        items: Sequence[GalleryItem],
        hashes: np.ndarray,
        embeddings: np.ndarray,
        compared: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Append pictures; a path that was added before is replaced.

        Args:
            items: N pictures.
            hashes: (N, 385) uint8, their perceptual hashes.
            embeddings: (N, E) float32, unit length.
            compared: the same of each compared compositor, by fingerprint.

        Raises:
            ValueError: the embeddings are not those of exactly the gallery's compositors.
        """
        together = {self.facts.compositor: embeddings, **(compared or {})}
        if together.keys() != self._widths.keys():
            raise ValueError(f"embeddings of {', '.join(together)}, but the gallery holds {', '.join(self._widths)}")
        stored = {self._hashes: np.ascontiguousarray(hashes, np.uint8)}
        stored |= {file: np.ascontiguousarray(together[name], np.float32) for name, file in self._vectors.items()}
        for file, values in stored.items():
            with file.open("ab") as opened:
                opened.write(values.tobytes())
        with self._lines.open("ab") as opened:
            for row, item in enumerate(items):
                record = json.dumps(asdict(item)).encode()
                opened.write(self._checksum(record, *(of[row].tobytes() for of in stored.values())) + b" " + record + b"\n")
        self.items += items

    def finish(self, skipped: Sequence[dict], paths: Sequence[str] | None = None) -> Gallery:
        """Make a gallery of the journal, in place of the one in the folder, if there is one.

        Here it is decided, once, which items show the same picture.

        Args:
            skipped: {"path", "reason"} of pictures that could not be read.
            paths: which pictures the gallery holds, in this order; None takes all, as they were added.

        Raises:
            GalleryError: no picture was added.
        """
        rows = {item.path: row for row, item in enumerate(self.items)}  # of two lines for one path the later counts
        chosen = [rows[path] for path in (rows if paths is None else paths)]
        if not chosen:
            raise GalleryError(f"{self.folder}: no readable picture to index ({len(skipped)} skipped)")
        hashes = self.hashes()[chosen]
        items = _with_copies([self.items[row] for row in chosen], group_near_duplicates(hashes))
        generation = _generation(self.folder) + 1
        lines, hash_file, vectors = _files(self.folder, generation, self.facts)
        record, made = _record(self.folder, generation), (lines, hash_file, *vectors.values())
        backends = {}
        for name in self._widths:
            half = name != self.facts.compositor
            backends[name] = BACKENDS[self.facts.backend].build(self.vectors(name)[chosen], half)
            backends[name].save(vectors[name])
        np.save(hash_file, hashes)
        lines.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
        counts = {"generation": generation, "pictures": len(items), "skipped": list(skipped)}
        new = self.folder / "gallery.json.new"
        new.write_text(json.dumps({"format": FORMAT, **asdict(self.facts), **counts}, indent=2) + "\n")
        write_record(record, {"gallery.json": checksum(new)} | {file.name: checksum(file) for file in made})
        for file in (*made, record, new):
            with file.open("rb") as opened:
                os.fsync(opened.fileno())  # a power cut must not leave a gallery.json that names files which are not there
        os.replace(new, self.folder / "gallery.json")
        kinds = ("items-*.jsonl", "hashes-*.npy", "vectors-*.faiss", "checksums-*.json")
        outdated = {p for kind in kinds for p in self.folder.glob(kind)} - {*made, record}
        for file in (self._lines, self._hashes, *self._vectors.values(), self._begun, *outdated):
            file.unlink()
        return Gallery(self.folder, self.facts, items, backends, PerceptualHashes(hashes), skipped)


def read_facts(folder: Path) -> GalleryFacts:
    """What made a gallery, without loading it.

    Raises:
        GalleryError: missing, altered, broken or of another format.
    """
    return _facts(folder, _about(Path(folder)))


def _facts(folder: Path, about: dict) -> GalleryFacts:
    try:
        # Galleries of the format without hashes call compared compositors "beside"; the oldest know none.
        compared = about.get("compared", about.get("beside", ()))
        known = {key: about[key] for key in ("compositor", "detector", "embedding_width", "root", "title")}
        facts = GalleryFacts(
            **known, compared=tuple(CompositorFacts(**c) for c in compared), backend=about.get("backend", "flat")
        )
    except (KeyError, TypeError) as error:
        raise _broken(folder, error) from None
    if facts.backend not in BACKENDS:
        raise GalleryError(f"{folder}: searched by {facts.backend!r}, but there are {', '.join(BACKENDS)}; build it again")
    return facts


def load_gallery(folder: Path, compositor: str, detector: str) -> Gallery:
    """Load a finished gallery.

    Args:
        folder: the gallery folder.
        compositor: fingerprint of the compositor in use.
        detector: fingerprint of the detector in use.

    Raises:
        GalleryError: missing, altered, broken, or made by another compositor or detector.
    """
    folder = Path(folder)
    facts = read_facts(folder)
    for what, made, have in (("compositor", facts.compositor, compositor), ("detector", facts.detector, detector)):
        if made != have:
            raise GalleryError(
                f"{folder}: made by {what} {made}, but {have} is in use; build it again with `python -m lbf_model index`"
            )
    content = _read(folder, facts)
    if content.altered:
        raise GalleryError(f"{'; '.join(content.altered)}; mend the gallery with `python -m lbf_model index --update`")
    return Gallery(folder, facts, content.items, content.backends, content.hashes, content.skipped)


@dataclass
class GalleryContent:
    """What lies in a gallery folder, as far as it is as it was written.

    Attributes:
        items: none where their file was altered, since nothing else means anything without it.
        hashes: of the items; None, too, where the gallery was made before there were any.
        backends: vectors by fingerprint.
        skipped: {"path", "reason"} of pictures that could not be read.
        altered: what was left out, in words that name each file.
    """

    items: list[GalleryItem] = field(default_factory=list)
    hashes: PerceptualHashes | None = None
    backends: dict[str, Backend] = field(default_factory=dict)
    skipped: list[dict] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)


def read_unaltered(folder: Path) -> GalleryContent:
    """What an update can go on from.

    Raises:
        GalleryError: as `read_facts`, or a file is not what it should be although nobody altered it.
    """
    return _read(folder, read_facts(folder))


def check_gallery(folder: Path) -> int:
    """How many pictures a gallery holds, after looking at all that can be wrong with it.

    Raises:
        GalleryError: something does not fit; the message names every such thing.
    """
    facts = read_facts(folder)
    content = _read(folder, facts)
    wrong = content.altered + _contradictions(folder, content)
    if wrong:
        raise GalleryError(f"{'; '.join(wrong)}; mend the gallery with `python -m lbf_model index --update`")
    return len(content.items)


def write_checksums(folder: Path) -> Path:
    """Vouch for a gallery as it lies there, for one that was made before there were checksums; returns the file of them.

    Raises:
        GalleryError: missing or broken, or its parts contradict each other.
    """
    about = _parse_about(folder)
    facts = _facts(folder, about)
    lines, hash_file, vectors = _files(folder, about["generation"], facts)
    if wrong := _contradictions(folder, _read(folder, facts, about, checked=False)):
        raise GalleryError("; ".join(wrong))
    files = [folder / "gallery.json", lines, *vectors.values()] + [hash_file] * (about["format"] != _WITHOUT_HASHES)
    record = _record(folder, about["generation"])
    write_record(record, {file.name: checksum(file) for file in files})
    return record


def _read(folder: Path, facts: GalleryFacts, about: dict | None = None, checked: bool = True) -> GalleryContent:
    """A gallery's files, without those that were altered; `checked` tells whether to look for such."""
    about = about or _about(folder)
    lines, hash_file, vectors = _files(folder, about["generation"], facts)
    hash_files = [] if about["format"] == _WITHOUT_HASHES else [hash_file]
    files = (lines, *hash_files, *vectors.values())
    altered = find_altered(_record(folder, about["generation"]), files) if checked else {}
    content = GalleryContent(skipped=about["skipped"], altered=list(altered.values()))
    if lines in altered:
        return content
    try:
        content.items = [_item(json.loads(line)) for line in lines.read_text().splitlines()]
        if not hash_files:
            content.items = _with_copies(content.items, _equal_digests(content.items))
        elif hash_file not in altered:
            content.hashes = PerceptualHashes(np.load(hash_file))
        whole = {name: file for name, file in vectors.items() if file not in altered}
        content.backends = {name: BACKENDS[facts.backend].load(file) for name, file in whole.items()}
    except FileNotFoundError as error:
        raise GalleryError(f"{error.filename}: missing; build the gallery with `python -m lbf_model index`") from None
    except (KeyError, TypeError, ValueError, EOFError) as error:
        raise _broken(folder, error) from None
    widths = facts.widths()
    for name, backend in content.backends.items():
        if len(content.items) != len(backend) or backend.width != widths[name]:
            raise GalleryError(f"{folder}: {len(content.items)} pictures but {len(backend)} vectors of {name}; build it again")
    if content.hashes is not None and len(content.hashes) != len(content.items):
        raise GalleryError(f"{folder}: {len(content.items)} pictures but {len(content.hashes)} hashes; build it again")
    return content


def _contradictions(folder: Path, content: GalleryContent) -> list[str]:
    """What cannot be true of a gallery, whatever its checksums say."""
    found = []
    for what, values in (("id", [i.id for i in content.items]), ("path", [i.path for i in content.items])):
        if len(set(values)) < len(values):
            found.append(f"{folder}: two pictures share one {what}")
    for name, backend in content.backends.items():
        lengths = np.linalg.norm(backend.vectors(np.arange(len(backend))), axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < 0.01))  # not a number is not near to 1 either
        if len(wrong):
            found.append(f"{folder}: vectors of {name} without unit length, such as that of {content.items[wrong[0]].id!r}")
        if not backend.in_order():
            found.append(f"{folder}: vectors of {name} are numbered out of order")
    return found


def _about(folder: Path) -> dict:
    """The content of gallery.json, which is as it was written."""
    about, path = _parse_about(folder), folder / "gallery.json"
    try:
        altered = find_altered(_record(folder, about["generation"]), [path])
    except ValueError as error:
        raise GalleryError(f"{path}: its checksums are not there ({error})") from None
    if altered:
        raise GalleryError(f"{path}: altered, or its checksums were; delete it and index the pictures again")
    return about


def _parse_about(folder: Path) -> dict:
    path = folder / "gallery.json"
    try:
        about = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise GalleryError(f"{path}: missing; build the gallery with `python -m lbf_model index`") from None
    except ValueError as error:
        raise _broken(path, error) from None
    if not isinstance(about, dict) or about.get("format") not in (FORMAT, _WITHOUT_HASHES):
        have = about.get("format") if isinstance(about, dict) else None
        raise GalleryError(f"{path}: format {have!r}, but {FORMAT} is read; delete it and build it again")
    if not isinstance(about.get("generation"), int):
        raise _broken(path, ValueError(f"generation {about.get('generation')!r}"))
    return about


def _broken(folder: Path, error: Exception) -> GalleryError:
    return GalleryError(f"{folder}: broken gallery ({error}); build it again with `python -m lbf_model index`")


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def _generation(folder: Path) -> int:
    """Of the finished gallery in a folder; 0 where there is none."""
    return _about(folder)["generation"] if (folder / "gallery.json").exists() else 0


def _record(folder: Path, generation: int) -> Path:
    """The file of a generation's checksums."""
    return folder / f"checksums-{generation}.json"


def _files(folder: Path, generation: int, facts: GalleryFacts) -> tuple[Path, Path, dict[str, Path]]:
    """The file of the items, that of their hashes, and that of each compositor's vectors by fingerprint."""
    vectors = {c.fingerprint: folder / f"vectors-{generation}-{c.fingerprint}.faiss" for c in facts.compared}
    made = {facts.compositor: folder / f"vectors-{generation}.faiss", **vectors}
    return folder / f"items-{generation}.jsonl", folder / f"hashes-{generation}.npy", made


def _with_copies(items: Sequence[GalleryItem], first: np.ndarray) -> list[GalleryItem]:
    """Items that know of which earlier one they are a copy; `first` (G,) is the row that stands for each."""
    return [replace(item, copy_of="" if first[row] == row else items[first[row]].id) for row, item in enumerate(items)]


def _equal_digests(items: Sequence[GalleryItem]) -> np.ndarray:
    """(G,) int64: the first row with the same pixels."""
    rows: dict[str, int] = {}
    return np.array([rows.setdefault(item.digest or item.id, row) for row, item in enumerate(items)], np.int64)


def _item(record: dict) -> GalleryItem:
    path = record["path"]
    if path.startswith("/") or ".." in path.split("/"):  # a gallery that somebody else made must not name this machine's files
        raise ValueError(f"{path} leads out of the picture folder")
    return GalleryItem(**{**record, "regions": tuple(record["regions"])})
