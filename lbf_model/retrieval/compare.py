"""One query, several compositors: what the other rows of the paper's tables return, from the same regions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lbf_model.checkpoint import AlteredError, CheckpointError, fingerprint, read_config
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.gallery.gallery import Gallery
from lbf_model.retrieval.encoder import QueryEncoder, load_encoder, read_model_config, reads_alike
from lbf_model.retrieval.feedback import FeedbackError, feedback_shift, move
from lbf_model.retrieval.retriever import Retriever
from lbf_model.text.vocabulary import TextError
from lbf_model.types import Match, SearchResult

_NOT_POINTED = "It has no attention between words and regions, so it cannot be pointed at one."
_NOT_READ = "It reads fewer regions, and none of those that were to change."


@dataclass(frozen=True)
class Column:
    """What one compositor returns.

    Attributes:
        title: the name shown to people.
        compositor: its kind, such as "concat".
        matches: best first.
        rank_of_target: rank of the known target among all distinct pictures, from 1; None if no target was named.
        problem: why there are no matches, or "".
    """

    title: str
    compositor: str
    matches: tuple[Match, ...]
    rank_of_target: int | None = None
    problem: str = ""


def compare(
    retriever: Retriever,
    result: SearchResult,
    gallery: Gallery,
    others: Sequence[QueryEncoder],
    count: int,
    target: str | None = None,
) -> list[Column]:
    """Run an answered query again with other compositors. Nothing is detected again, and the same pictures are left out.

    Args:
        retriever: what answered the query; its tokens are reused for compositors that read the same words.
        result: the answer; its regions, text and embedding are used.
        gallery: the one that was searched; it holds vectors of all of `others`.
        others: the other compositors.
        count: how many matches per column.
        target: id of the gallery item that is the right answer, if known.

    Returns:
        The retriever's own column first, then one for each of `others`, in their order. A compositor that cannot read the
        text, or cannot be pointed at regions although the query is, gets a column without matches that says why.

    Raises:
        GalleryError: the gallery holds no vectors from one of them, or has no target with this id.
    """
    columns = []
    for encoder in (retriever.encoder, *others):
        kind = encoder.facts.compositor
        seen = gallery.seen_by(encoder.fingerprint)
        title = COMPOSITORS["lbf"].title if encoder is retriever.encoder else title_of(encoder)
        try:
            if encoder is retriever.encoder:
                embedding = result.embedding
            elif problem := _pointing_problem(encoder, result.links):
                columns.append(Column(title, kind, (), problem=problem))
                continue
            else:
                alike = reads_alike(encoder.config, retriever.encoder.config)
                tokens = result.tokens if alike else encoder.reader.tokenize_text(result.text)
                embedding, _ = encoder.encode_query(result.regions, tokens, result.links)
                embedding = move(embedding, feedback_shift(encoder, seen, result))
        except (TextError, FeedbackError) as error:
            columns.append(Column(title, kind, (), problem=str(error)))
            continue
        rank = None if target is None else int(seen.rank(embedding[None], target, result.left_out, result.filters)[1][0])
        columns.append(Column(title, kind, seen.search(embedding, count, result.left_out, result.filters), rank))
    return columns


def _pointing_problem(encoder: QueryEncoder, links: np.ndarray | None) -> str | None:
    """Why a compositor cannot take the query with `links` (R,) bool, the regions that may change; None if it can."""
    if links is None:
        return None
    if not encoder.network.attends:
        return _NOT_POINTED
    return None if links[: encoder.config.max_regions].any() else _NOT_READ


def title_of(encoder: QueryEncoder) -> str:
    """The name of a compositor as shown to people; for a second LBF, with the name of its checkpoint."""
    title = COMPOSITORS[encoder.facts.compositor].title
    return f"{title} ({encoder.facts.name})" if encoder.facts.compositor == "lbf" else title


def comparable_folders(folders: Sequence[Path], retriever: Retriever, wanted: Collection[str] | None = None) -> list[Path]:
    """The checkpoints that can be compared with a retriever; others, and folders that hold no compositor, are skipped.

    Args:
        folders: checkpoint folders to choose from.
        retriever: they must read regions from its detector, and no more of them than it keeps.
        wanted: fingerprints of those to take; None takes every compositor that is not LBF.

    Raises:
        AlteredError: a checkpoint is not as it was written.
    """
    chosen: dict[str, Path] = {}
    for folder in folders:
        try:
            header = read_config(folder, "compositor")
            seen = read_model_config(folder, header).max_regions
        except AlteredError:
            raise
        except CheckpointError:
            continue
        name = fingerprint(header)
        asked = header.get("compositor") != "lbf" if wanted is None else name in wanted
        fits = header.get("detector") == retriever.detector.fingerprint and seen <= retriever.encoder.config.max_regions
        if asked and fits and name != retriever.fingerprint:
            chosen.setdefault(name, folder)
    return list(chosen.values())


def load_compared(folders: Sequence[Path], retriever: Retriever, known: Sequence[QueryEncoder] = ()) -> list[QueryEncoder]:
    """Load compositors to compare with a retriever, in reverse order of the paper's table.

    They always run on the CPU, wherever the retriever runs: they are small, and a page can then compare without holding a GPU.

    Args:
        folders: checkpoint folders; one that is listed twice is loaded once.
        retriever: they read regions from its detector. Those that read the same words share one reader, also with it.
        known: compositors that were loaded before; they are not loaded again.

    Raises:
        CheckpointError: a folder is not intact, is the retriever's own checkpoint, or was trained with another detector or on
            more regions than the retriever keeps.
    """
    loaded: dict[str, QueryEncoder] = {}
    before = {encoder.fingerprint: encoder for encoder in known}
    for folder in folders:
        header = read_config(folder, "compositor")
        name = fingerprint(header)
        if name in loaded:
            continue
        if name == retriever.fingerprint:
            raise CheckpointError(f"{folder}: this is the gallery's own checkpoint; it is compared anyway")
        if header["detector"] != retriever.detector.fingerprint:
            have = retriever.detector.fingerprint
            raise CheckpointError(f"{folder}: trained with detector {header['detector']}, but the gallery's is {have}")
        encoder = before.get(name) or load_encoder(folder, known=[retriever.encoder, *loaded.values()])
        kept = retriever.encoder.config.max_regions
        if encoder.config.max_regions > kept:
            seen = encoder.config.max_regions
            raise CheckpointError(f"{folder}: reads {seen} regions, but the gallery's checkpoint keeps {kept}")
        loaded[name] = encoder
    order = {kind: number for number, kind in enumerate(reversed(COMPOSITORS))}
    return sorted(loaded.values(), key=lambda e: (order[e.facts.compositor], e.facts.name))
