"""What can be searched: each gallery with the checkpoint that made it. Visitors choose a gallery, never a detector."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from lbf_model.checkpoint import AlteredError, CheckpointError, fingerprint, read_config
from lbf_model.gallery.gallery import Gallery
from lbf_model.gallery.items import GalleryError, GalleryFacts, GalleryUnavailable
from lbf_model.gallery.places import GalleryPlace, parse_place, read_facts
from lbf_model.retrieval.compare import comparable_folders, load_compared
from lbf_model.retrieval.encoder import QueryEncoder
from lbf_model.retrieval.retriever import Retriever, load_retriever

# The order in which the shipped galleries are offered, after any added ones, which are sorted by name; and which shipped
# checkpoint indexes visitors' own pictures: the first that exists. Both are set only here.
SHIPPED_ORDER = ("fashion", "css")
OWN_PICTURES_CHECKPOINTS = ("fashion", "css-big")


@dataclass(frozen=True)
class CatalogEntry:
    """A gallery and the retriever that made it; `title` is for people, `name` for programs.

    `compared` are compositors to compare it with: the gallery holds their vectors, and their checkpoints were found.
    `checkpoint` is the folder that the retriever was loaded from.
    """

    name: str
    title: str
    gallery: Gallery
    retriever: Retriever
    compared: tuple[QueryEncoder, ...] = ()
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Catalog:
    """Everything on offer, loaded.

    Attributes:
        by_name: the galleries, the default first.
        own: the retriever that indexes and searches visitors' own pictures.
        own_compared: compositors that it can be compared with.
        unavailable: for each requested gallery that is missing from `by_name`, the error: its server did not answer.
    """

    by_name: Mapping[str, CatalogEntry]
    own: Retriever
    own_compared: tuple[QueryEncoder, ...] = ()
    unavailable: Mapping[str, GalleryUnavailable] = field(default_factory=dict)

    def entry(self, name: str) -> CatalogEntry:
        """A gallery by its requested name; GalleryUnavailable if its server did not answer."""
        if name in self.unavailable:
            raise GalleryUnavailable(str(self.unavailable[name]))  # a new one: a raised one keeps its callers' frames
        return self.by_name[name]


def shipped_galleries(folder: Path) -> dict[str, Path]:
    """The gallery folders in assets/galleries by name, the default first; added galleries come before the shipped ones."""
    found = {path.parent.name: path.parent for path in sorted(folder.glob("*/gallery.json"))}
    last = [name for name in SHIPPED_ORDER if name in found]
    return {name: found[name] for name in [*(name for name in found if name not in last), *last]}


def find_gallery(named: str, shipped: Path) -> GalleryPlace:
    """Find the gallery that a user names.

    Args:
        named: the bare name of a shipped gallery, an address in Milvus, or a path relative to the current folder. For a folder
            with the same name as a shipped gallery, write a "/", as in ./fashion.
        shipped: the folder assets/galleries.

    Raises:
        GalleryError: no shipped gallery has this name, or the address is not valid.
    """
    if Path(named).name != named or named == "..":
        return parse_place(named)
    galleries = shipped_galleries(shipped)
    if named not in galleries and (Path(named) / "gallery.json").is_file():
        return Path(named)
    if named not in galleries:
        raise GalleryError(
            f"there is no shipped gallery {named!r}, but {', '.join(galleries)}; name a folder by its path, such as ./{named}"
        )
    return galleries[named]


def default_checkpoint(folder: Path) -> Path:
    """The checkpoint in checkpoints/ that indexes visitors' own pictures."""
    return next(
        (folder / name for name in OWN_PICTURES_CHECKPOINTS if (folder / name / "config.json").exists()),
        folder / OWN_PICTURES_CHECKPOINTS[-1],
    )


def shipped_checkpoints(folder: Path) -> list[Path]:
    """The checkpoint folders in checkpoints/, of every kind."""
    return sorted(path.parent for path in folder.glob("*/config.json"))


def find_checkpoint(gallery: GalleryPlace, checkpoints: Sequence[Path]) -> Path:
    """The checkpoint that made a gallery.

    Args:
        gallery: where the gallery is.
        checkpoints: folders to choose from; those without an LBF compositor are skipped.

    Raises:
        GalleryError: the gallery is broken, or none of the checkpoints made it.
        AlteredError: a checkpoint is not as it was written.
    """
    return _maker_of(gallery, read_facts(gallery), checkpoints)


def _maker_of(gallery: GalleryPlace, facts: GalleryFacts, checkpoints: Sequence[Path]) -> Path:
    """As `find_checkpoint`, for a gallery whose facts were already read."""
    tried = {folder: fingerprint(header) for folder in checkpoints if (header := _lbf_header(folder))}
    for folder, name in tried.items():
        if name == facts.compositor:
            return folder
    there = ", ".join(f"{folder} is {name}" for folder, name in tried.items()) or "there is none"
    raise GalleryError(
        f"{gallery}: made by checkpoint {facts.compositor}, which is not loaded ({there}); "
        "name its folder with --checkpoint, or build the gallery again"
    )


def leave_out_unavailable(galleries: Mapping[str, GalleryPlace], tell: Callable[[str], None]) -> dict[str, GalleryPlace]:
    """The galleries that are available now.

    Args:
        galleries: by name.
        tell: called with one line for each gallery whose server does not answer.

    Raises:
        GalleryError: a gallery is missing or broken.
        GalleryUnavailable: no gallery is available.
    """
    there, unavailable = {}, []
    for name, place in galleries.items():
        try:
            read_facts(place)
            there[name] = place
        except GalleryUnavailable as error:
            unavailable.append(error)
    if unavailable and not there:
        raise unavailable[0]
    for error in unavailable:
        tell(f"left out: {error}")
    return there


def gallery_titles(galleries: Mapping[str, GalleryPlace], checkpoints: Sequence[Path], shipped: Path) -> dict[str, str]:
    """The titles of the galleries, without loading any; same arguments and errors as `load_catalog`."""
    candidates = _candidates(checkpoints, shipped)
    facts = {name: read_facts(place) for name, place in galleries.items()}
    for name, place in galleries.items():
        _maker_of(place, facts[name], candidates)
    return {name: facts[name].title or name for name in galleries}


def load_catalog(
    galleries: Mapping[str, GalleryPlace],
    checkpoints: Sequence[Path],
    shipped: Path,
    device: str = "cpu",
    dtype: torch.dtype | None = None,
    detector: str | None = None,
) -> Catalog:
    """Load galleries, and of the checkpoints only those that made them.

    Args:
        galleries: where they are, by name.
        checkpoints: folders that the user named: LBF checkpoints, and others to compare them with. The first is LBF, and
            indexes visitors' own pictures.
        shipped: the folder checkpoints/, which is also searched for the galleries' checkpoints.
        device: "cpu" or "cuda".
        dtype: as for `load_retriever`.
        detector: the detector for the first of `checkpoints`, as for `load_retriever`; None finds it beside the checkpoint.

    Raises:
        GalleryError: a gallery is broken, or none of the checkpoints made it.
        CheckpointError: a named checkpoint, or one that a gallery needs, cannot be used.
    """
    candidates = _candidates(checkpoints, shipped)
    own = candidates[0]
    loaded = {own: load_retriever(own, device, dtype, detector)}
    catalog, unavailable, known = [], {}, []
    for name, place in galleries.items():
        try:
            maker = find_checkpoint(place, candidates)
            if maker not in loaded:
                loaded[maker] = load_retriever(maker, device, dtype)
            gallery = loaded[maker].open_gallery(place)
        except GalleryUnavailable as error:  # still load the others
            unavailable[name] = error
            continue
        others = comparable_folders(candidates, loaded[maker], {c.fingerprint for c in gallery.facts.compared})
        compared = tuple(load_compared(others, loaded[maker], known))
        known += compared
        catalog.append(CatalogEntry(name, gallery.facts.title or name, gallery, loaded[maker], compared, maker))
    shipped_compared = load_compared(comparable_folders(candidates, loaded[own]), loaded[own], known)
    return Catalog({entry.name: entry for entry in catalog}, loaded[own], tuple(shipped_compared), unavailable)


def _candidates(checkpoints: Sequence[Path], shipped: Path) -> list[Path]:
    """The checkpoints that galleries may have been made by; the first indexes visitors' own pictures."""
    for folder in checkpoints:
        read_config(folder, "compositor")  # a mistyped --checkpoint must fail here, not be skipped
    own = checkpoints[0] if checkpoints else default_checkpoint(shipped)
    return [own, *checkpoints[1:], *shipped_checkpoints(shipped)]


def _lbf_header(folder: Path) -> dict | None:
    """config.json of an LBF compositor; None for detectors, and for anything else that cannot search.

    Raises:
        AlteredError: it is not as it was written.
    """
    try:
        header = read_config(folder, "compositor")
    except AlteredError:
        raise
    except CheckpointError:
        return None
    return header if header.get("compositor") == "lbf" else None
