"""Visitors' files, and when they are deleted."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from lbf_model.gallery.items import GalleryItem
from lbf_model.indexing.build import build_steps
from lbf_model.interface.uploads import UploadReport, picture_name, receive_uploads
from lbf_model.retrieval.catalog import Catalog

KEPT_SECONDS = 3600  # how long own pictures are kept after they were indexed, whether their page is still open or not
_GRACE = 600  # extra seconds, so that the session ends first and no running indexing is cut off


class UploadError(ValueError):
    """There is nothing to index; the message says what to do."""


@dataclass(frozen=True)
class OwnPicture:
    """One of a visitor's pictures: its file, and the name and the digest of the pixels that it was uploaded with."""

    file: str
    name: str
    digest: str


@dataclass(frozen=True)
class OwnGallery:
    """A visitor's own pictures, indexed. A page keeps this for its session; the folder's name never reaches a client.

    Attributes:
        folder: of pictures and gallery.
        kept: what is in it.
        ever: how many pictures were ever in it; a new one takes the next number, so that no two pictures share a name.
    """

    folder: Path
    kept: tuple[OwnPicture, ...] = ()
    ever: int = 0

    @property
    def pictures(self) -> int:
        """How many there are."""
        return len(self.kept)

    @property
    def gallery(self) -> Path:
        """The gallery folder."""
        return self.folder / "gallery"


class SessionFiles:
    """The files of each visitor's session, which are deleted when it ends."""

    def __init__(self, catalog: Callable[[], Catalog], folder: Path):
        """Start deleting files that outlive their session.

        Args:
            catalog: returns what indexes visitors' own pictures.
            folder: from `visitor_folder`. The server puts uploads and what it shows into `uploads` there. Visitors' galleries
                are next to it, and no URL leads to them.
        """
        self._catalog, self._folder = catalog, folder.resolve()
        self._received, self._made = self._folder / "uploads", self._folder / "own"
        self._made.mkdir()
        self._uploads: dict[str, set[str]] = {}  # session -> files
        self._galleries: dict[str, OwnGallery] = {}
        self._pinned: set[Path] = set()
        self._shared: set[str] = set()
        self._closed = Event()
        Thread(target=self._keep_sweeping, name="sweep", daemon=True).start()

    def index(
        self, files: Sequence[str], earlier: OwnGallery | None = None
    ) -> Iterator[tuple[str, float] | tuple[OwnGallery | None, UploadReport]]:
        """Make a gallery of a visitor's files, or add them to an earlier one; if it ends early, it leaves nothing behind.

        Args:
            files: uploaded pictures and zips.
            earlier: what to add them to; it can be searched all the while. None makes a new gallery.

        Yields:
            What is being done, and how much of it, from 0 to 1; at the end the gallery, or None if no picture was readable, and
            what became of each file.

        Raises:
            UploadError: no file at all, or the earlier pictures are no longer there.
        """
        if not files:
            raise UploadError("Add pictures or a zip first.")
        known = () if earlier is None else earlier.kept
        folder = Path(tempfile.mkdtemp(dir=self._made)) if earlier is None else self._renewed(earlier)
        pictures, first = folder / "pictures", 0 if earlier is None else earlier.ever
        made = None
        try:
            pictures.mkdir(exist_ok=True)
            received = receive_uploads([Path(f) for f in files], pictures, {one.digest: one.name for one in known}, first)
            report = yield from _progress("Reading", received)
            if report.kept:
                stored = [picture_name(first + i) for i in range(len(report.kept))]
                kept = (*known, *map(OwnPicture, stored, report.kept, report.digests))
                yield from self._build(folder, kept)
                made = OwnGallery(folder, kept, first + len(report.kept))
            yield made, report
        finally:
            if made is None and earlier is None:
                shutil.rmtree(folder, ignore_errors=True)
            elif made is None:
                self._delete_unknown(earlier)

    def remove(self, own: OwnGallery, file: str) -> OwnGallery:
        """Delete one of a visitor's pictures.

        Raises:
            UploadError: it is not there, it is the last one, or all of them are gone.
        """
        kept = tuple(one for one in own.kept if one.file != file)
        if len(kept) == len(own.kept):
            raise UploadError("This picture is not there any more.")
        if not kept:
            raise UploadError("This is your only picture; add another one before you remove it, or start over.")
        for _ in self._build(self._renewed(own), kept):
            pass
        changed = OwnGallery(own.folder, kept, own.ever)
        self._delete_unknown(changed)
        return changed

    def _build(self, folder: Path, kept: Sequence[OwnPicture]) -> Iterator[tuple[str, float]]:
        """Index the pictures in a folder; those that were indexed there before are not indexed again."""
        entries = [GalleryItem(one.file, one.file, one.name) for one in kept]
        catalog = self._catalog()
        options = {"compared": catalog.own_compared, "update": True}
        steps = build_steps(catalog.own, folder / "pictures", entries, folder / "gallery", **options)
        yield from _progress("Indexing", ((done, len(entries)) for done in steps))

    def _renewed(self, own: OwnGallery) -> Path:
        """The folder of pictures, which are now kept for another hour."""
        if not own.gallery.exists():
            raise UploadError("Your pictures are no longer here; start over with these.")
        os.utime(own.folder)
        return own.folder

    def _delete_unknown(self, own: OwnGallery) -> None:
        """Delete pictures that are not in a gallery."""
        known = {one.file for one in own.kept}
        for path in (own.folder / "pictures").glob("*"):
            if path.name not in known:
                path.unlink(missing_ok=True)

    def drop(self, own: OwnGallery | None) -> None:
        """Delete a visitor's pictures."""
        if own is not None:
            shutil.rmtree(own.folder, ignore_errors=True)

    def keep(self, session: str, own: OwnGallery) -> None:
        """Record the gallery of a session, replacing an earlier one; it is deleted when the session ends."""
        earlier = self._galleries.get(session)
        if earlier is not None and earlier.folder != own.folder:
            self.drop(earlier)
        self._galleries[session] = own

    def share(self, source: str, copy: str) -> None:
        """Record the copy of a picture that is shown: unless the picture is a visitor's, it outlives every session."""
        if not self._within(source, self._folder):
            self._shared.add(copy)

    def pin(self, copy: str) -> None:
        """Record the copy of a picture that every new page shows: it stays as long as the server runs."""
        self._pinned.add(Path(copy).resolve())

    def remember(self, session: str, path: str | None) -> None:
        """Record an upload, which is deleted when its session ends."""
        if path is not None and self._within(path, self._received):
            self._uploads.setdefault(session, set()).add(path)

    def forget(self, session: str) -> None:
        """Delete the files of a session that ended, except uploads that are shared or that another visitor uploaded, too."""
        self.drop(self._galleries.pop(session, None))
        gone = self._uploads.pop(session, set())
        for path in gone - self._shared.union(*self._uploads.values()):
            Path(path).unlink(missing_ok=True)

    def close(self) -> None:
        """Stop sweeping; whoever made the folder deletes it."""
        self._closed.set()

    def sweep(self) -> None:
        """Delete what is old: own pictures whose session ended without notice, uploads, and copies that were shown."""
        now = time.time()
        for folder in self._made.iterdir():
            with suppress(FileNotFoundError):  # its session's end came first
                if now - folder.stat().st_mtime > KEPT_SECONDS + _GRACE:
                    shutil.rmtree(folder, ignore_errors=True)
        for path in sorted(self._received.rglob("*"), reverse=True):  # a folder's content comes before the folder
            with suppress(OSError):  # already gone, or a folder in use
                if path not in self._pinned and now - path.lstat().st_mtime > KEPT_SECONDS:
                    path.rmdir() if path.is_dir() else path.unlink()

    def _within(self, path: str, folder: Path) -> bool:
        return Path(path).resolve().is_relative_to(folder)

    def _keep_sweeping(self) -> None:
        while not self._closed.wait(_GRACE / 10):
            with suppress(OSError):  # a folder vanished while its content was listed; the next round sees what is left
                self.sweep()


def _progress(text: str, steps: Generator) -> Generator:
    """Pass steps (done, total) on as (text, share); returns what they return."""
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            return end.value
        yield f"{text} {done} of {total}", done / total
