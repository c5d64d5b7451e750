"""What a gallery is made of: its pictures, and what made it."""

from dataclasses import dataclass


class GalleryError(ValueError):
    """A gallery folder is missing, broken, or was made by another checkpoint."""


class GalleryUnavailable(GalleryError):
    """A gallery's server does not answer, or refuses; it may be there later."""


@dataclass(frozen=True)
class GalleryItem:
    """One picture of a gallery.

    Attributes:
        id: unique in its gallery.
        path: below the gallery's picture root, unique, too.
        caption: what is shown beside the picture.
        regions: {"box": [x1, y1, x2, y2] in pixels, "score", "label"} for each region.
        digest: names the picture's pixels (`vision.pictures.picture_digest`); items that share it have equal pixels.
        size: of the file, in bytes.
        modified: of the file, in nanoseconds. Size and time tell `--update` which files it need not open.
        copy_of: id of an earlier item that shows the same picture (see `near_duplicates`), "" where there is none. The store
            sets it when a gallery is finished.
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
        root: the folder that paths start from; a relative one starts from the gallery's folder.
        title: how a page calls it, "" where nobody said.
        compared: further compositors of the same detector whose vectors the gallery holds, so that they can be compared.
        backend: a name of `backends.BACKENDS`, or "milvus", which searches the vectors of that compositor; those of others
            are searched exactly.
        recall: share of the ten nearest pictures that the back end finds, measured when the gallery was built; None where it
            finds all, since it compares the query with every vector.
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
        """Embedding width of every compositor by fingerprint, the one that made the gallery first."""
        return {self.compositor: self.embedding_width} | {c.fingerprint: c.embedding_width for c in self.compared}

    def check_makers(self, place: object, compositor: str, detector: str) -> None:
        """Refuse a gallery whose vectors mean nothing to the models in use.

        Args:
            place: where it lies, for the message.
            compositor: fingerprint of the compositor in use.
            detector: fingerprint of the detector in use.

        Raises:
            GalleryError: others made it.
        """
        for what, made, have in (("compositor", self.compositor, compositor), ("detector", self.detector, detector)):
            if made != have:
                raise GalleryError(
                    f"{place}: made by {what} {made}, but {have} is in use; build it again with `python -m lbf_model index`"
                )


def check_path(path: str) -> None:
    """Refuse a path that leads out of the picture root: a gallery that somebody else made must not name this machine's files.

    Raises:
        ValueError: it does.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path} leads out of the picture folder")


def item_from_record(record: dict) -> GalleryItem:
    """An item of what `dataclasses.asdict` made of it and JSON kept.

    Raises:
        KeyError, TypeError, ValueError: it is none, or its path leads out of the picture root.
    """
    check_path(record["path"])
    return GalleryItem(**{**record, "regions": tuple(record["regions"])})
