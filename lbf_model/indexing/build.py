"""Pictures -> gallery folder: what was there before, what is new, and what changed.

Resumable; unreadable pictures are named and skipped. The actual work is done in `indexing.pipeline`.
"""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import torch
from tqdm import tqdm

from lbf_model.gallery.backends import AUTOMATIC
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryItem
from lbf_model.gallery.store import GalleryContent, GalleryWriter, read_facts, read_unaltered
from lbf_model.indexing.known import KnownPictures, KnownRows
from lbf_model.indexing.pipeline import Pipeline
from lbf_model.indexing.read import KEPT, UNREADABLE
from lbf_model.only_writer import only_writer
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever

BATCH = 8  # pictures at a time


@dataclass(frozen=True)
class Changes:
    """What a build did to a gallery.

    Attributes:
        added, changed, removed, kept: numbers of pictures, compared with the previous gallery.
        skipped: {"path", "reason"} for every picture that could not be read, and for anything else that could not be looked at.
        notes: {"path", "reason"} for every picture that this run indexed but ignored something in, such as a colour profile.
        mended: parts of the earlier gallery, or of an interrupted run, that were altered or broken and were made again.
    """

    added: int
    changed: int
    removed: int
    kept: int
    skipped: tuple[dict, ...]
    notes: tuple[dict, ...] = ()
    mended: tuple[str, ...] = ()


def build_gallery(
    retriever: Retriever,
    root: Path,
    entries: Sequence[GalleryItem],
    out: Path,
    *,
    workers: int | None = None,
    **options,
) -> tuple[Gallery, Changes]:
    """Index pictures, with a progress bar; the default is one worker per processor.

    Arguments, result and errors are as for `build_steps`. The bytes of the gallery do not depend on the number of workers.
    """
    with _one_thread_each(), tqdm(total=len(entries), desc="index", unit=" pictures") as bar:
        steps = build_steps(retriever, root, entries, out, workers=workers or os.cpu_count() or 1, **options)
        while True:
            try:
                bar.update(next(steps) - bar.n)
            except StopIteration as end:
                return end.value


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Run each worker in a single thread: more would wait for each other, and sums would depend on how they are split."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
    workers: int = 1,
    backend: str = "",
) -> Generator[int, None, tuple[Gallery, Changes]]:
    """Index pictures, a few at each step. What an interrupted build has done is not done again.

    Args:
        retriever: makes the embeddings that the gallery holds.
        root: folder that the entries' paths start from. A link that leads out of it is skipped.
        entries: what to index; an empty caption is filled with the names of the detected regions.
        out: gallery folder.
        root_name: how gallery.json names the root; None writes its absolute path. A relative name starts from `out`.
        title: the gallery's name on a page.
        update: bring the gallery in `out` up to date: entries become its only pictures, but those whose file or pixels are
            the same as before keep id, caption and embeddings, unless those were altered. The gallery stays usable until the
            last step.
        unseen: {"path", "reason"} for folders and files that could not be looked at; an update keeps, as they are, the pictures
            that the gallery holds from them, unless their stored data were altered.
        compared: other compositors whose embeddings, from the same detected regions, the gallery also holds. An update needs
            every compositor that the gallery already holds; for a new one, it adds the embeddings of every picture.
        batch: pictures that are read, encoded and written together.
        workers: threads that decode pictures and, on a CPU, encode them.
        backend: a name in `gallery.backends`; "" keeps the one of a gallery to update, and chooses by size for a new gallery.

    Yields:
        How many entries are done.

    Returns:
        The gallery, and what changed in it.

    Raises:
        GalleryError: `out` holds a gallery but `update` is False, or it holds one of another checkpoint or root, or one with a
            compared compositor that is not given; another build is writing there; no picture can be read.
    """
    with only_writer(out):
        facts = GalleryFacts(
            retriever.fingerprint,
            retriever.detector.fingerprint,
            retriever.encoder.config.embedding_width,
            root_name or str(root.resolve()),
            title,
            tuple(encoder.facts for encoder in compared),
            backend or AUTOMATIC,
        )
        mended: list[str] = []
        known, before = KnownPictures(), {}
        if (out / "gallery.json").exists():
            old, content = _gallery_to_update(retriever, root, out, update, compared)
            facts = replace(facts, root=old.root, title=title or old.title, backend=backend or old.backend)
            known.add(KnownRows.of_gallery(content))
            before = {item.path: item.digest for item in content.items}
            mended += content.altered
        writer = GalleryWriter(out, facts)
        mended += [f"{out}: {writer.lost}"] if writer.lost else []
        known.add(KnownRows.of_journal(writer))
        names = facts.widths().keys()
        below = {one["path"]: [path for path in before if _lies_below(path, one)] for one in unseen}
        kept = {place: [path for path in paths if known.is_whole(path, names)] for place, paths in below.items()}
        unseen = [_tell_kept(one, len(below[one["path"]]), len(kept[one["path"]])) for one in unseen]
        hidden = [known.at(path).item for path in sorted({path for paths in kept.values() for path in paths})]
        entries = sorted([*entries, *hidden], key=lambda entry: entry.path) if hidden else entries
        pipeline = Pipeline(retriever, compared, root, known, writer, {item.path for item in hidden})
        yield from pipeline.steps(entries, batch, workers)
        skipped = [*unseen, *pipeline.skipped]
        gallery = writer.finish(skipped, pipeline.paths)
        same = [before[item.path] == item.digest for item in gallery.items if item.path in before]
        removed = len(before.keys() - set(pipeline.paths))
        counts = len(gallery) - len(same), same.count(False), removed, same.count(True)
        return gallery, Changes(*counts, tuple(skipped), tuple(pipeline.notes), tuple(mended))


def _gallery_to_update(
    retriever: Retriever, root: Path, out: Path, update: bool, compared: Sequence[QueryEncoder]
) -> tuple[GalleryFacts, GalleryContent]:
    """What made the gallery in `out`, and its unaltered content."""
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
            f"{out}: holds vectors of compositors whose checkpoints were not given ({', '.join(missing)}); name their folders "
            "with --baseline, or build into another folder with --out"
        )
    if facts.detector != retriever.detector.fingerprint:
        raise GalleryError(f"{out}: made by detector {facts.detector}, but {retriever.detector.fingerprint} is in use")
    if (out / facts.root).resolve() != root.resolve():
        raise GalleryError(f"{out}: its pictures are in {facts.root}, not in {root}; choose another --out")
    return facts, read_unaltered(out)


def _lies_below(path: str, unseen: dict) -> bool:
    return PurePosixPath(path).is_relative_to(unseen["path"])


def _tell_kept(unseen: dict, held: int, kept: int) -> dict:
    """Add to an unreadable path's reason what happens to the pictures that the gallery holds from it."""
    if not held or not unseen["reason"].startswith(UNREADABLE):
        return unseen
    told = KEPT if kept == held else f"of {held} pictures that the gallery holds of it, {held - kept} are removed"
    return {**unseen, "reason": f"{unseen['reason']}; {told}"}
