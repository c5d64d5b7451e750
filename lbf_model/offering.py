"""What is offered to search: each gallery with the checkpoint that made it. Visitors choose a gallery, never a detector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbf_model.checkpoint import CheckpointError, fingerprint, read_config
from lbf_model.gallery.index import Gallery, GalleryError, read_facts
from lbf_model.search import Retriever, load_retriever

# The one place that says which shipped gallery is offered first (the others follow by name), and which shipped checkpoint
# indexes pictures that people bring: the first of each that is there.
GALLERIES = ("fashion", "css")
CHECKPOINTS = ("fashion", "css-big")


@dataclass(frozen=True)
class Offer:
    """A gallery and the retriever that made it; `title` is for people, `name` for programs."""

    name: str
    title: str
    gallery: Gallery
    retriever: Retriever


def shipped_galleries(folder: Path) -> dict[str, Path]:
    """The gallery folders in assets/galleries by name, the default first."""
    found = {path.parent.name: path.parent for path in sorted(folder.glob("*/gallery.json"))}
    first = [name for name in GALLERIES if name in found]
    return {name: found[name] for name in [*first, *(found.keys() - set(first))]}


def default_checkpoint(folder: Path) -> Path:
    """The checkpoint in checkpoints/ that indexes pictures which people bring."""
    return next((folder / name for name in CHECKPOINTS if (folder / name / "config.json").exists()), folder / CHECKPOINTS[-1])


def shipped_checkpoints(folder: Path) -> list[Path]:
    """The checkpoint folders in checkpoints/, of every kind."""
    return sorted(path.parent for path in folder.glob("*/config.json"))


def find_checkpoint(gallery: Path, checkpoints: Sequence[Path]) -> Path:
    """The checkpoint that made a gallery.

    Args:
        gallery: folder.
        checkpoints: folders to choose from; those that hold no LBF compositor are passed over.

    Raises:
        GalleryError: the gallery is broken, or none of the checkpoints made it.
    """
    facts = read_facts(gallery)
    tried = {folder: fingerprint(header) for folder in checkpoints if (header := _lbf_header(folder))}
    for folder, name in tried.items():
        if name == facts.compositor:
            return folder
    there = ", ".join(f"{folder} is {name}" for folder, name in tried.items()) or "there is none"
    raise GalleryError(
        f"{gallery}: made by checkpoint {facts.compositor}, which is not loaded ({there}); "
        "name its folder with --checkpoint, or build the gallery again"
    )


def load_offers(
    galleries: Mapping[str, Path], checkpoints: Sequence[Path], shipped: Path, device: str = "cpu"
) -> tuple[list[Offer], Retriever]:
    """Load galleries, and of the checkpoints only those that made them.

    Args:
        galleries: folders by name.
        checkpoints: LBF checkpoint folders that somebody named; the first indexes pictures that visitors bring.
        shipped: the folder checkpoints/, where galleries find their checkpoints, too.
        device: "cpu" or "cuda".

    Returns:
        The offers in the order of `galleries`, and the retriever for visitors' own pictures.

    Raises:
        GalleryError: a gallery is broken, or no checkpoint that is there made it.
        CheckpointError: a named checkpoint cannot be used.
    """
    own = checkpoints[0] if checkpoints else default_checkpoint(shipped)
    candidates = [own, *checkpoints[1:], *shipped_checkpoints(shipped)]
    loaded = {own: load_retriever(own, device)}
    offers = []
    for name, folder in galleries.items():
        maker = find_checkpoint(folder, candidates)
        if maker not in loaded:
            loaded[maker] = load_retriever(maker, device)
        gallery = loaded[maker].open_gallery(folder)
        offers.append(Offer(name, gallery.facts.title or name, gallery, loaded[maker]))
    return offers, loaded[own]


def _lbf_header(folder: Path) -> dict | None:
    """config.json of an LBF compositor; None for detectors, and for what cannot be searched with."""
    try:
        header = read_config(folder, "compositor")
    except CheckpointError:
        return None
    return header if header.get("compositor") == "lbf" else None
