"""One query, several compositors: what the simple rows of the paper's tables answer beside LBF, from the same regions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from lbf_model.checkpoint import CheckpointError, fingerprint, read_config
from lbf_model.compositors.base import Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.gallery.store import BesideFacts, Gallery
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.retrieval.retriever import Retriever, load_compositor, load_words, read_model_config
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import TextError, Vocabulary
from lbf_model.types import Match, Regions, SearchResult, Tokens


class Beside:
    """A compositor that answers beside a retriever, from the regions which that one's detector found.

    It runs on the CPU wherever the retriever does: it is small, and a page may then compare without holding a GPU.

    Attributes:
        vocabulary: what reads its sentences; None where they read as the retriever's do, so that the retriever's tokens serve.
    """

    def __init__(self, network: Compositor, facts: BesideFacts, vocabulary: Vocabulary | MiniLm | None = None):
        self.network = network.eval()
        self.facts = facts
        self.vocabulary = vocabulary
        self.config: CompositorConfig = network.config

    @property
    def fingerprint(self) -> str:
        return self.facts.fingerprint

    @property
    def title(self) -> str:
        """How people call it; a further LBF, with the name of its checkpoint."""
        title = COMPOSITORS[self.facts.compositor].title
        return f"{title} ({self.facts.name})" if self.facts.compositor == "lbf" else title

    @torch.inference_mode()
    def encode_regions(self, regions: Sequence[Regions]) -> np.ndarray:
        """(N, E) float32, unit length: what a gallery stores of N pictures beside the retriever's own embeddings."""
        return self.network.encode_target(batch_regions(regions, self.config.max_regions)).float().numpy()

    @torch.inference_mode()
    def compose_query(self, regions: Regions, tokens: Tokens) -> np.ndarray:
        """(E,) float32, unit length: one query of a reference image's regions and a sentence as this compositor reads it."""
        batch = batch_regions([regions], self.config.max_regions)
        return self.network.compose_query(batch, batch_words([tokens.values])).embedding[0].float().numpy()


@dataclass(frozen=True)
class Column:
    """What one compositor answers.

    Attributes:
        title: for people.
        compositor: its kind, such as "concat".
        matches: best first.
        rank_of_target: from 1, where the known target stands among all different pictures; None where none was named.
        problem: why there are no matches, "" where there are.
    """

    title: str
    compositor: str
    matches: tuple[Match, ...]
    rank_of_target: int | None = None
    problem: str = ""


def compare(
    result: SearchResult,
    gallery: Gallery,
    beside: Sequence[Beside],
    count: int,
    exclude: str | None = None,
    target: str | None = None,
) -> list[Column]:
    """Ask an answered query again of other compositors. Nothing is detected anew.

    Args:
        result: LBF's answer; its regions, text and embedding are used.
        gallery: the one that was searched; it holds vectors of all of `beside`.
        beside: the other compositors.
        count: how many matches a column.
        exclude: as for the search.
        target: id of the gallery item that answers the query right, where that is known.

    Returns:
        LBF's column first, then one for each of `beside`, in their order. A compositor that cannot read the text gets a column
        without matches that says why.

    Raises:
        GalleryError: the gallery holds no vectors of one of them, or no target of this id.
    """

    def column(title: str, kind: str, seen: Gallery, embedding: np.ndarray) -> Column:
        rank = None if target is None else int(seen.place(embedding[None], target, exclude)[1][0])
        return Column(title, kind, seen.search(embedding, count, exclude), rank)

    columns = [column(COMPOSITORS["lbf"].title, "lbf", gallery, result.embedding)]
    for other in beside:
        try:
            tokens = result.tokens if other.vocabulary is None else other.vocabulary.tokenize_text(result.text)
        except TextError as error:
            columns.append(Column(other.title, other.facts.compositor, (), problem=str(error)))
            continue
        embedding = other.compose_query(result.regions, tokens)
        columns.append(column(other.title, other.facts.compositor, gallery.beside(other.fingerprint), embedding))
    return columns


def beside_folders(folders: Sequence[Path], retriever: Retriever, wanted: Collection[str] | None = None) -> list[Path]:
    """The checkpoints that can stand beside a retriever; others, and folders that hold no compositor, are passed over.

    Args:
        folders: checkpoint folders to choose from.
        retriever: whose detector's regions they must read, and no more of them than it keeps.
        wanted: their fingerprints; None takes every compositor that is not LBF.
    """
    chosen: dict[str, Path] = {}
    for folder in folders:
        try:
            header = read_config(folder, "compositor")
            seen = read_model_config(folder, header).max_regions
        except CheckpointError:
            continue
        name = fingerprint(header)
        asked = header.get("compositor") != "lbf" if wanted is None else name in wanted
        fits = header.get("detector") == retriever.detector.fingerprint and seen <= retriever.config.max_regions
        if asked and fits and name != retriever.fingerprint:
            chosen.setdefault(name, folder)
    return list(chosen.values())


def load_beside(folders: Sequence[Path], retriever: Retriever) -> list[Beside]:
    """Load compositors to stand beside a retriever, from the end of the paper's table to its beginning.

    Args:
        folders: checkpoint folders; one that stands twice is loaded once.
        retriever: whose detector's regions they read. Those that read the same words share a text encoder, or do with its.

    Raises:
        CheckpointError: a folder is not intact, is the retriever's own checkpoint, or was trained with another detector or on
            more regions than the retriever keeps.
    """
    encoders: list[tuple[CompositorConfig, Vocabulary | MiniLm | None]] = [(retriever.config, None)]
    loaded: dict[str, Beside] = {}
    for folder in folders:
        network, header = load_compositor(folder)
        name, config = fingerprint(header), network.config
        if name in loaded:
            continue
        if name == retriever.fingerprint:
            raise CheckpointError(f"{folder}: this is the gallery's own checkpoint; it needs no place beside itself")
        if header["detector"] != retriever.detector.fingerprint:
            have = retriever.detector.fingerprint
            raise CheckpointError(f"{folder}: trained with detector {header['detector']}, but the gallery's is {have}")
        if config.max_regions > retriever.config.max_regions:
            kept = retriever.config.max_regions
            raise CheckpointError(f"{folder}: reads {config.max_regions} regions, but the gallery's checkpoint keeps {kept}")
        if not any(_read_alike(known, config) for known, _ in encoders):
            encoders.append((config, load_words(config)))
        vocabulary = next(encoder for known, encoder in encoders if _read_alike(known, config))
        facts = BesideFacts(name, Path(folder).name, header["compositor"], config.embedding_width)
        loaded[name] = Beside(network, facts, vocabulary)
    order = {kind: place for place, kind in enumerate(reversed(COMPOSITORS))}
    return sorted(loaded.values(), key=lambda b: (order[b.facts.compositor], b.facts.name))


def _read_alike(one: CompositorConfig, other: CompositorConfig) -> bool:
    """Whether sentences mean the same to both, so that one text encoder does for them."""
    return (one.words, one.vocabulary, one.aliases) == (other.words, other.vocabulary, other.aliases)
