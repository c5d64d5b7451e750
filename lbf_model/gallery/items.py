"""What a gallery is made of: its pictures, and what made it."""

from dataclasses import dataclass


class GalleryError(ValueError):
    """A gallery folder is missing, broken, or was made by another checkpoint."""


class GalleryUnavailable(GalleryError):
    """A gallery's server does not answer or refuses the request; it may work later."""


@dataclass(frozen=True)
class GalleryItem:
    """One picture of a gallery.

    Attributes:
        id: unique in its gallery.
        path: relative to the gallery's picture root; also unique.
        caption: the text shown beside the picture.
        regions: {"box": [x1, y1, x2, y2] in pixels, "score", "label"} for each region.
        digest: identifies the picture's pixels (`vision.pictures.picture_digest`); items that share it have equal pixels.
        size: of the file, in bytes.
        modified: modification time of the file, in nanoseconds. Size and time tell `--update` which files it need not open.
        copy_of: id of an earlier item that shows the same picture (see `near_duplicates`), or "". The store sets it when a
            gallery is finished.
    """

    id: str
    path: str
    caption: str
    regions: tuple[dict, ...] = ()
    digest: str = ""
    size: int = 0
    modified: int = 0
    copy_of: str = ""


@dataclass(frozen=True)
class CompositorFacts:
    """A compositor whose vectors a gallery holds: fingerprint, name of its checkpoint, kind, embedding width."""

    fingerprint: str
    name: str
    compositor: str
    embedding_width: int


@dataclass(frozen=True)
class GalleryFacts:
    """What made a gallery.

    Attributes:
        compositor: fingerprint of the compositor that made it.
        detector: fingerprint of the detector.
        embedding_width: E of that compositor.
        root: the folder that paths start from; if relative, it starts from the gallery's folder.
        title: the name shown on a page; "" if none was given.
        compared: other compositors for the same detector whose vectors the gallery also holds, so that they can be compared.
        backend: a name in `backends.BACKENDS`, or "milvus": what searches the vectors of `compositor`. The vectors of other
            compositors are searched exactly.
        recall: share of the ten nearest pictures that the back end finds, measured when the gallery was built; None if it finds
            all of them because it compares the query with every vector.
    """

    compositor: str
    detector: str
    embedding_width: int
    root: str
    title: str = ""
    compared: tuple[CompositorFacts, ...] = ()
    backend: str = "flat"
    recall: float | None = None

    def widths(self) -> dict[str, int]:
        """Embedding width of every compositor by fingerprint; the compositor that made the gallery comes first."""
        return {self.compositor: self.embedding_width} | {c.fingerprint: c.embedding_width for c in self.compared}

    def check_makers(self, place: object, compositor: str, detector: str) -> None:
        """Refuse a gallery whose vectors mean nothing to the models in use.

        Args:
            place: where the gallery is, for the message.
            compositor: fingerprint of the compositor in use.
            detector: fingerprint of the detector in use.

        Raises:
            GalleryError: other models made it.
        """
        for what, made, have in (("compositor", self.compositor, compositor), ("detector", self.detector, detector)):
            if made != have:
                raise GalleryError(
                    f"{place}: made by {what} {made}, but {have} is in use; build it again with `python -m lbf_model index`"
                )


def check_path(path: str) -> None:
    """Refuse a path that leads out of the picture root: somebody else's gallery must not reach other files on this machine.

    Raises:
        ValueError: the path leads out of the root.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path} leads out of the picture folder")


def item_from_record(record: dict) -> GalleryItem:
    """Rebuild an item that was stored as JSON with `dataclasses.asdict`.

    Raises:
        KeyError, TypeError, ValueError: the record is not an item, or its path leads out of the picture root.
    """
    check_path(record["path"])
    return GalleryItem(**{**record, "regions": tuple(record["regions"])})
