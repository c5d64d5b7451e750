"""Pictures -> gallery folder: read, detect and encode, write. Resumable; unreadable pictures are named and skipped."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
from tqdm import tqdm

from lbf_model.gallery.backends import AUTOMATIC
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.store import GalleryContent, GalleryWriter, only_writer, read_facts, read_unaltered
from lbf_model.indexing.read import IndexedPicture, ReadPicture, read_batches
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever
from lbf_model.types import Regions
from lbf_model.vision.pictures import PictureError

BATCH = 8  # pictures that are detected together
WORKERS = 2  # threads that decode


@dataclass(frozen=True)
class Changes:
    """What a build did to a gallery.

    Attributes:
        added, changed, removed, kept: pictures, compared with the gallery that was there before.
        skipped: {"path", "reason"} of every picture that could not be read, and of what else could not be looked at.
        notes: {"path", "reason"} of every picture that was indexed without something it brought, such as a colour profile.
        mended: what of the earlier gallery, or of an interrupted run, was altered or broken and was made again.
    """

    added: int
    changed: int
    removed: int
    kept: int
    skipped: tuple[dict, ...]
    notes: tuple[dict, ...] = ()
    mended: tuple[str, ...] = ()


def build_gallery(
    retriever: Retriever, root: Path, entries: Sequence[GalleryItem], out: Path, **options
) -> tuple[Gallery, Changes]:
    """Index pictures, with a progress bar. Arguments, result and errors are those of `build_steps`."""
    steps = build_steps(retriever, root, entries, out, **options)
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
    *,
    root_name: str | None = None,
    title: str = "",
    update: bool = False,
    unseen: Sequence[dict] = (),
    compared: Sequence[QueryEncoder] = (),
    batch: int = BATCH,
    workers: int = WORKERS,
    backend: str = "",
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
            the same as before keep id, caption and embeddings, unless those were altered. The gallery stays usable until the
            last step.
        unseen: {"path", "reason"} of folders and files that could not be looked at; what a gallery to update holds of them
            stays in it as it is.
        compared: further compositors whose embeddings the gallery holds, too, of the same detected regions. An update needs
            all that the gallery knows; of others that it is given, it adds the embeddings of every picture.
        batch: pictures that are detected together.
        workers: threads that decode pictures.
        backend: a name of `gallery.backends`; "" keeps that of a gallery to update, and lets a new one's size decide.

    Yields:
        How many entries are done.

    Returns:
        The gallery, and what became of it.

    Raises:
        GalleryError: `out` holds a gallery and `update` is not asked for, or one of another checkpoint or root, or one with a
            compared compositor that is not given; another build writes there; nothing is readable.
    """
    with only_writer(out):
        options = {"update": update, "unseen": unseen, "compared": compared, "batch": batch, "workers": workers}
        options["backend"] = backend
        return (yield from _build(retriever, root, entries, out, root_name, title, **options))


def _build(
    retriever: Retriever,
    root: Path,
    entries: Sequence[GalleryItem],
    out: Path,
    root_name: str | None,
    title: str,
    update: bool,
    unseen: Sequence[dict],
    compared: Sequence[QueryEncoder],
    batch: int,
    workers: int,
    backend: str,
) -> Generator[int, None, tuple[Gallery, Changes]]:
    """`build_steps`, by the only writer."""
    facts = GalleryFacts(
        retriever.fingerprint,
        retriever.detector.fingerprint,
        retriever.encoder.config.embedding_width,
        root_name or str(root.resolve()),
        title,
        tuple(encoder.facts for encoder in compared),
        backend or AUTOMATIC,
    )
    before: dict[str, IndexedPicture] = {}
    mended: list[str] = []
    if (out / "gallery.json").exists():
        old, content = _gallery_to_update(retriever, root, out, update, compared)
        facts = replace(facts, root=old.root, title=title or old.title, backend=backend or old.backend)
        hashes = None if content.hashes is None else content.hashes.values
        rows = np.arange(len(content.items))
        before = _by_path(content.items, hashes, {name: of.vectors(rows) for name, of in content.backends.items()})
        mended += content.altered
    writer = GalleryWriter(out, facts)
    mended += [f"{out / writer.lost}"] if writer.lost else []
    names = facts.widths().keys()
    journal = _by_path(writer.items, writer.hashes(), {name: writer.vectors(name) for name in names})
    known = before | journal
    # What is known of each picture by its pixels: a file that was moved, or stands twice, is encoded once.
    by_digest = {one.item.digest: one for one in (*before.values(), *journal.values())}

    def is_whole(one: IndexedPicture | None) -> bool:
        return one is not None and one.perceptual_hash is not None and one.vectors.keys() >= names

    whole = {path for path, one in known.items() if is_whole(by_digest.get(one.item.digest))}
    hidden = {path: one.item for path, one in before.items() if path in whole and _lies_below(path, unseen)}
    entries = sorted([*entries, *hidden.values()], key=lambda entry: entry.path) if hidden else entries
    paths: list[str] = []
    skipped, notes = list(unseen), []
    done = 0
    for read in read_batches(root, entries, known, whole, batch, workers):
        opened: list[ReadPicture] = []
        for entry, one in zip(entries[done : done + len(read)], read, strict=True):
            if isinstance(one, PictureError):
                skipped.append({"path": entry.path, "reason": str(one)})
                continue
            opened.append(one)
            if one.problem and entry.path not in hidden:
                skipped.append({"path": entry.path, "reason": one.problem})
            if one.note:
                notes.append({"path": entry.path, "reason": one.note})
        for one in opened:
            had = by_digest.get(one.item.digest)
            if had is not None and had.perceptual_hash is None:  # from a gallery made before there were hashes
                by_digest[one.item.digest] = replace(had, perceptual_hash=one.perceptual_hash)
        fresh = {one.item.digest: one for one in opened if not is_whole(by_digest.get(one.item.digest))}
        by_digest |= _encode(retriever, compared, fresh, by_digest)
        described = [_described(one.item, by_digest[one.item.digest].item.regions) for one in opened]
        new = [item for item in described if item.path not in journal or item != journal[item.path].item]
        if new:
            found = [by_digest[item.digest] for item in new]
            rows = {name: np.stack([one.vectors[name] for one in found]) for name in names}
            writer.add(new, np.stack([one.perceptual_hash for one in found]), rows.pop(retriever.fingerprint), rows)
        paths += [item.path for item in described]
        done += len(read)
        yield done

    gallery = writer.finish(skipped, paths)
    same = [before[item.path].item.digest == item.digest for item in gallery.items if item.path in before]
    removed = len(before.keys() - set(paths))
    counts = len(gallery) - len(same), same.count(False), removed, same.count(True)
    return gallery, Changes(*counts, tuple(skipped), tuple(notes), tuple(mended))


def _encode(
    retriever: Retriever,
    compared: Sequence[QueryEncoder],
    fresh: dict[str, ReadPicture],
    had: dict[str, IndexedPicture],
) -> dict[str, IndexedPicture]:
    """Regions and embeddings of pictures by digest. What a picture had stays as it was, to the last bit."""
    if not fresh:
        return {}
    regions = retriever.detect_regions([one.picture for one in fresh.values()])
    made = {encoder.fingerprint: encoder.encode_targets(regions) for encoder in (retriever.encoder, *compared)}
    found = {}
    for row, (digest, one) in enumerate(fresh.items()):
        bare = IndexedPicture(GalleryItem("", "", "", tuple(region_records(regions[row])), digest), None, {})
        before = had.get(digest, bare)
        vectors = {name: vectors[row] for name, vectors in made.items()} | before.vectors
        found[digest] = IndexedPicture(before.item, one.perceptual_hash, vectors)
    return found


def _by_path(
    items: Sequence[GalleryItem], hashes: np.ndarray | None, vectors: dict[str, np.ndarray]
) -> dict[str, IndexedPicture]:
    """Indexed pictures by path; (N, 385) hashes, and (N, E) vectors by fingerprint. Copies are told anew at the end."""
    return {
        item.path: IndexedPicture(
            replace(item, copy_of=""), None if hashes is None else hashes[row], {name: of[row] for name, of in vectors.items()}
        )
        for row, item in enumerate(items)
    }


def _gallery_to_update(
    retriever: Retriever, root: Path, out: Path, update: bool, compared: Sequence[QueryEncoder]
) -> tuple[GalleryFacts, GalleryContent]:
    """What made the gallery in `out`, and what of it is as it was written."""
    if not update:
        raise GalleryError(f"{out}: holds a gallery already; bring it up to date with --update, or delete it first")
    facts = read_facts(out)
    if facts.compositor != retriever.fingerprint:
        raise GalleryError(
            f"{out}: made by checkpoint {facts.compositor}, and only that one can bring it up to date, but "
            f"{retriever.fingerprint} is in use; leave --checkpoint out, or build into another folder with --out"
        )
    given = {encoder.fingerprint for encoder in compared}
    if missing := [f"{c.name} is {c.fingerprint}" for c in facts.compared if c.fingerprint not in given]:
        raise GalleryError(
            f"{out}: holds vectors of compositors whose checkpoints are not there ({', '.join(missing)}); name their folders "
            "with --beside, or build into another folder with --out"
        )
    if facts.detector != retriever.detector.fingerprint:
        raise GalleryError(f"{out}: made by detector {facts.detector}, but {retriever.detector.fingerprint} is in use")
    if (out / facts.root).resolve() != root.resolve():
        raise GalleryError(f"{out}: its pictures lie in {facts.root}, not in {root}; choose another --out")
    return facts, read_unaltered(out)


def _lies_below(path: str, unseen: Sequence[dict]) -> bool:
    return any(PurePosixPath(path).is_relative_to(one["path"]) for one in unseen)


def _described(item: GalleryItem, regions: tuple[dict, ...]) -> GalleryItem:
    return replace(item, caption=item.caption or ", ".join(r["label"] for r in regions), regions=regions)


def region_records(regions: Regions) -> list[dict]:
    """Regions as JSON can say them: {"box": [x1, y1, x2, y2] in pixels, "score", "label"}."""
    return [
        {"box": [round(float(v), 1) for v in box], "score": round(float(score), 4), "label": label}
        for box, score, label in zip(regions.boxes, regions.scores, regions.labels, strict=True)
    ]
