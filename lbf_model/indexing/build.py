"""Pictures -> gallery folder: open, encode, write; resumable, and unreadable pictures are named and skipped."""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from lbf_model.gallery.store import Gallery, GalleryError, GalleryFacts, GalleryItem, GalleryWriter, read_facts
from lbf_model.retrieval.compare import Beside
from lbf_model.retrieval.retriever import Retriever
from lbf_model.types import Regions
from lbf_model.vision.pictures import PictureError, load_picture, picture_digest

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
_BATCH = 8


def folder_entries(folder: Path) -> list[GalleryItem]:
    """One entry for each picture file below a folder, in the order of their paths; captions are left to the detector.

    Raises:
        GalleryError: no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise GalleryError(f"{folder}: no such folder")
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise GalleryError(f"{folder}: holds no picture ({', '.join(sorted(SUFFIXES))})")
    return [GalleryItem(id=path, path=path, caption="") for path in paths]


def passed_over(folder: Path) -> Counter[str]:
    """How many files below a folder are no pictures by their names, by suffix: ".heic", or "" where there is none."""
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return Counter(p.suffix.lower() for p in files if p.suffix.lower() not in SUFFIXES)


@dataclass(frozen=True)
class Changes:
    """What a build did to a gallery.

    Attributes:
        added, changed, removed, kept: pictures, compared with the gallery that was there before.
        skipped: {"path", "reason"} of every picture that could not be read.
    """

    added: int
    changed: int
    removed: int
    kept: int
    skipped: tuple[dict, ...]


def build_gallery(
    retriever: Retriever,
    root: Path,
    entries: Sequence[GalleryItem],
    out: Path,
    root_name: str | None = None,
    title: str = "",
    update: bool = False,
    beside: Sequence[Beside] = (),
) -> tuple[Gallery, Changes]:
    """Index pictures, with a progress bar. Arguments, result and errors are those of `build_steps`."""
    steps = build_steps(retriever, root, entries, out, root_name, title, update, beside)
    with tqdm(total=len(entries), desc="index", unit="picture") as bar:
        while True:
            try:
                bar.update(next(steps) - bar.n)
            except StopIteration as end:
                return end.value


def build_steps(
    retriever: Retriever,
    root: Path,
    entries: Sequence[GalleryItem],
    out: Path,
    root_name: str | None = None,
    title: str = "",
    update: bool = False,
    beside: Sequence[Beside] = (),
) -> Generator[int, None, tuple[Gallery, Changes]]:
    """Index pictures, a few at each step. What an interrupted build has done is not done again.

    Args:
        retriever: whose embeddings the gallery holds.
        root: folder that the entries' paths start from. A link that leads out of it is skipped.
        entries: what to index; an empty caption is filled with the names of the detected regions.
        out: gallery folder.
        root_name: how gallery.json names the root; None writes its absolute path. A relative name starts from `out`.
        title: how a page calls the gallery.
        update: bring the gallery in `out` up to date: entries become its only pictures, but those whose file or pixels are
            the same as before keep id, caption and embeddings. The gallery stays usable until the last step.
        beside: further compositors whose embeddings the gallery holds, too, of the same detected regions. An update needs all
            that the gallery knows; of others that it is given, it adds the embeddings of every picture.

    Yields:
        How many entries are done.

    Returns:
        The gallery, and what became of it.

    Raises:
        GalleryError: `out` holds a gallery and `update` is not asked for, or one of another checkpoint or root, or one with a
            compositor beside that is not given; nothing is readable.
    """
    facts = GalleryFacts(
        retriever.fingerprint,
        retriever.detector.fingerprint,
        retriever.config.embedding_width,
        root_name or str(root.resolve()),
        title,
        tuple(b.facts for b in beside),
    )
    before: dict[str, _Known] = {}
    if (out / "gallery.json").exists():
        old = _gallery_to_update(retriever, root, out, update, beside)
        facts = replace(facts, root=old.facts.root, title=title or old.facts.title)
        before = _known(old.items, {name: old.beside(name).vectors() for name in old.facts.widths()})
    writer = GalleryWriter(out, facts)
    wanted = facts.widths().keys()
    journal = _known(writer.items, {name: writer.vectors(name) for name in wanted})
    known = before | journal
    by_digest = {one.item.digest: one for one in (*before.values(), *journal.values())}  # the journal's lack no vector

    def is_whole(digest: str) -> bool:
        return digest in by_digest and by_digest[digest].vectors.keys() >= wanted

    paths: list[str] = []
    skipped: list[dict] = []
    for first in range(0, len(entries), _BATCH):
        some = entries[first : first + _BATCH]
        opened, fresh = [], {}
        for entry in some:
            earlier = known.get(entry.path)
            try:
                item, picture = _open(root, entry, earlier, earlier is not None and is_whole(earlier.item.digest))
            except PictureError as error:
                skipped.append({"path": entry.path, "reason": str(error)})
                continue
            opened.append(item)
            if not is_whole(item.digest):
                fresh[item.digest] = picture
        if fresh:
            regions, embeddings = retriever.encode_pictures(list(fresh.values()))
            made = {retriever.fingerprint: embeddings, **{b.fingerprint: b.encode_regions(regions) for b in beside}}
            for row, (digest, found) in enumerate(zip(fresh, regions, strict=True)):
                bare = _Known(GalleryItem("", "", "", tuple(region_records(found)), digest), {})
                had = by_digest.get(digest, bare)  # what a picture had stays as it was, to the last bit
                by_digest[digest] = _Known(had.item, {name: of[row] for name, of in made.items()} | had.vectors)
        described = [_described(item, by_digest[item.digest].item.regions) for item in opened]
        new = [item for item in described if item.path not in journal or item != journal[item.path].item]
        if new:
            rows = {name: np.stack([by_digest[item.digest].vectors[name] for item in new]) for name in wanted}
            writer.add(new, rows.pop(retriever.fingerprint), rows)
        paths += [item.path for item in opened]
        yield first + len(some)

    gallery = writer.finish(skipped, paths)
    same = [before[item.path].item.digest == item.digest for item in gallery.items if item.path in before]
    removed = len(before.keys() - set(paths))
    return gallery, Changes(len(gallery) - len(same), same.count(False), removed, same.count(True), tuple(skipped))


@dataclass(frozen=True)
class _Known:
    """A picture that was indexed before, and its embeddings by fingerprint of the compositor."""

    item: GalleryItem
    vectors: dict[str, np.ndarray]


def _known(items: Sequence[GalleryItem], vectors: dict[str, np.ndarray]) -> dict[str, _Known]:
    """Indexed pictures by path; (N, E) vectors by fingerprint."""
    return {item.path: _Known(item, {name: of[row] for name, of in vectors.items()}) for row, item in enumerate(items)}


def _gallery_to_update(retriever: Retriever, root: Path, out: Path, update: bool, beside: Sequence[Beside]) -> Gallery:
    if not update:
        raise GalleryError(f"{out}: holds a gallery already; bring it up to date with --update, or delete it first")
    facts = read_facts(out)
    if facts.compositor != retriever.fingerprint:
        raise GalleryError(
            f"{out}: made by checkpoint {facts.compositor}, and only that one can bring it up to date, but "
            f"{retriever.fingerprint} is in use; leave --checkpoint out, or build into another folder with --out"
        )
    given = {b.fingerprint for b in beside}
    if missing := [f"{b.name} is {b.fingerprint}" for b in facts.beside if b.fingerprint not in given]:
        raise GalleryError(
            f"{out}: holds vectors of compositors whose checkpoints are not there ({', '.join(missing)}); name their folders "
            "with --beside, or build into another folder with --out"
        )
    old = retriever.open_gallery(out)
    if (out / old.facts.root).resolve() != root.resolve():
        raise GalleryError(f"{out}: its pictures lie in {old.facts.root}, not in {root}; choose another --out")
    return old


def _open(root: Path, entry: GalleryItem, known: _Known | None, whole: bool) -> tuple[GalleryItem, Image.Image | None]:
    """The entry with its digest and file facts, and its picture where the file had to be opened.

    Args:
        root: what paths start from.
        entry: what to open.
        known: the same path as it was indexed before.
        whole: whether nothing need be encoded where the file is still that one.

    Raises:
        PictureError: the file cannot be read, or is a link out of the root.
    """
    file = root / entry.path
    try:
        if file.is_symlink() and not file.resolve().is_relative_to(root.resolve()):
            raise PictureError(f"{file.name}: a link that leads out of the folder; put the picture itself there")
        status = file.stat()
    except (OSError, RuntimeError) as error:  # a RuntimeError for links in a circle
        raise PictureError(f"{file.name}: can't be read ({error})") from None
    facts = {"size": status.st_size, "modified": status.st_mtime_ns}
    if whole and replace(known.item, **facts) == known.item:
        return known.item, None
    picture = load_picture(file)
    digest = picture_digest(picture)
    if known is None:
        return replace(entry, digest=digest, **facts), picture
    if known.item.digest == digest:
        return replace(known.item, **facts), picture
    return replace(entry, id=known.item.id, digest=digest, **facts), picture


def _described(item: GalleryItem, regions: tuple[dict, ...]) -> GalleryItem:
    return replace(item, caption=item.caption or ", ".join(r["label"] for r in regions), regions=regions)


def region_records(regions: Regions) -> list[dict]:
    """Regions as JSON can say them: {"box": [x1, y1, x2, y2] in pixels, "score", "label"}."""
    return [
        {"box": [round(float(v), 1) for v in box], "score": round(float(score), 4), "label": label}
        for box, score, label in zip(regions.boxes, regions.scores, regions.labels, strict=True)
    ]
