"""Embed captioned pictures and the queries on them, and rank by the captions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lbf_model.checkpoint import CheckpointError, provenance
from lbf_model.compositors.base import Compositor
from lbf_model.tasks.captioned.records import CaptionedPicture, CaptionedQuery, CaptionedSplit, CaptionProtocol
from lbf_model.tasks.measured import load_measured
from lbf_model.tasks.passed_over import passed_over_figures
from lbf_model.text.minilm import MiniLm
from lbf_model.training import embedding
from lbf_model.training.metrics import first_hit_ranks, recall
from lbf_model.training.region_store import RegionStore, content_digest, extract_regions, open_decodable
from lbf_model.vision.detectors.base import RegionDetector
from lbf_model.vision.detectors.registry import load_detector


def captioned_store(
    name: str, root: Path, pictures: Sequence[CaptionedPicture], detector: RegionDetector, folder: Path
) -> RegionStore:
    """The extracted regions of pictures, in their order; extracted first if missing or incomplete.

    Args:
        name: of the benchmark.
        root: what the pictures' paths are relative to.
        pictures: the store is identified by the bytes of their files, so other pictures get another store. The row of one that
            cannot be decoded stays empty (see `RegionStore.decoded`).
        detector: whose regions to extract.
        folder: of stores; each detector has a sub-folder.
    """
    files = [root / p.path for p in pictures]

    def draw(rows):
        return open_decodable([files[row] for row in rows])

    return extract_regions(folder / detector.fingerprint, name, content_digest(files), detector, len(files), draw)


def read_sentences(words: MiniLm, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Word features (T, 772) float32 of each different sentence."""
    different = sorted(set(texts))
    return {text: tokens.values for text, tokens in zip(different, words.tokenize_texts(different), strict=True)}


def embed_gallery(model: Compositor, store: RegionStore, rows: Sequence[int]) -> np.ndarray:
    """Target embeddings (G, E) float32, unit length, of the pictures in some rows of a store."""
    return embedding.embed_targets(model, len(rows), _gather(model, store, rows))


def embed_queries(
    model: Compositor, store: RegionStore, rows: Sequence[int], texts: Sequence[str], sentences: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Composed embeddings (Q, E) float32, unit length; only the reference and the text are used.

    Args:
        model: a compositor.
        store: regions.
        rows: of the Q reference pictures.
        texts: of the queries.
        sentences: word features of every text.
    """
    return embedding.embed_queries(model, [sentences[text] for text in texts], _gather(model, store, rows))


def caption_ranks(
    asked: np.ndarray,
    gallery: np.ndarray,
    captions: Sequence[str],
    queries: Sequence[CaptionedQuery],
    shared: Callable[[str], str] = str,
) -> np.ndarray:
    """First-hit rank (Q,) of each query (see `metrics.first_hit_ranks`).

    Args:
        asked: (Q, E) float32, from `embed_queries`.
        gallery: (G, E) float32, from `embed_gallery`.
        captions: of the G pictures.
        queries: their sources are indices into the gallery, and are excluded.
        shared: the part of a caption that a hit must share with the target's; by default all of it.
    """
    told = [shared(c) for c in (*captions, *(q.target_caption for q in queries))]
    _, ids = np.unique(told, return_inverse=True)
    own = np.array([q.source for q in queries])
    return first_hit_ranks(asked, gallery, own, ids[len(captions) :], ids[: len(captions)])


def caption_figures(
    protocol: CaptionProtocol,
    asked: np.ndarray,
    gallery: np.ndarray,
    captions: Sequence[str],
    queries: Sequence[CaptionedQuery],
) -> dict[str, float]:
    """R@K in percent for each of the protocol's cutoffs and hits; arguments as `caption_ranks`."""
    return {
        before + name: value
        for before, shared in protocol.hits.items()
        for name, value in recall(caption_ranks(asked, gallery, captions, queries, shared), protocol.cutoffs).items()
    }


def evaluate_captioned(
    protocol: CaptionProtocol,
    split: CaptionedSplit,
    checkpoints: Sequence[Path],
    detector_spec: Path | str,
    regions: Path,
    device: str = "cpu",
) -> dict:
    """The benchmark's table, one row per checkpoint.

    Args:
        protocol: of the benchmark.
        split: with the queries; the gallery is all of its pictures.
        checkpoints: compositor checkpoint folders that read free text.
        detector_spec: of the detector that all of them were trained with.
        regions: folder of extracted regions; extracted first if missing or incomplete.
        device: "cpu" or "cuda".

    Raises:
        ValueError: no query is left.
        CheckpointError: a checkpoint was trained with another detector, or knows only a fixed vocabulary.
    """
    detector = load_detector(detector_spec, device)
    models = [load_measured(folder, detector) for folder in checkpoints]  # refused before hours of extraction, not after
    for folder, (model, _, _) in zip(checkpoints, models, strict=True):
        if model.config.words != "minilm":
            raise CheckpointError(f"{folder}: reads {model.config.words} words; captions need a checkpoint with minilm words")
    store = captioned_store(protocol.name, split.root, split.pictures, detector, regions)
    split = split.keep_decoded(store.decoded)
    if not split.queries:
        raise ValueError(f"{split.root}: no query of {protocol.title} starts from a picture that exists and can be decoded")
    texts, captions = [q.text for q in split.queries], [p.caption for p in split.pictures]
    sources = store.decoded[[q.source for q in split.queries]]
    read: dict[tuple[str, ...], dict[str, np.ndarray]] = {}  # by the vocabulary that corrects misspellings
    rows = []
    for model, _, row in models:
        known = model.config.vocabulary
        if known not in read:
            read[known] = read_sentences(MiniLm(known, device), texts)
        asked = embed_queries(model.to(device), store, sources, texts, read[known])
        gallery = embed_gallery(model, store, store.decoded)
        rows.append({**row, **caption_figures(protocol, asked, gallery, captions, split.queries)})
    return {
        "split": "test",
        "queries": len(split.queries),
        "queries left out": split.left_out,
        "gallery": len(split.pictures),
        **passed_over_figures(split.passed_over),
        "rows": rows,
        "detector": detector.fingerprint,
        "data": dict(split.data),
        **provenance(),
    }


def _gather(model: Compositor, store: RegionStore, rows: Sequence[int]) -> embedding.Gather:
    limit, with_map = model.config.max_regions, model.config.reads == "feature_map"
    return lambda some: store.gather(rows[some], limit, with_map)
