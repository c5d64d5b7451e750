"""Embed a Fashion-200k gallery and its queries, and rank by the protocol (see `tasks.fashion200k.data`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, fingerprint, provenance
from lbf_model.compositors.base import Compositor
from lbf_model.network.batching import batch_words
from lbf_model.retrieval.encoder import load_compositor
from lbf_model.tasks.fashion200k.data import Fashion200kPicture, Fashion200kQuery, load_fashion200k
from lbf_model.text.minilm import MiniLm
from lbf_model.training.metrics import first_hit_ranks, recall
from lbf_model.training.region_store import RegionStore, content_digest, extract_regions, file_digests
from lbf_model.vision.detectors.base import RegionDetector
from lbf_model.vision.detectors.registry import load_detector
from lbf_model.vision.pictures import PictureError, load_picture

CUTOFFS = (1, 10, 50)
_BATCH = 256


def fashion200k_store(
    root: Path, pictures: Sequence[Fashion200kPicture], detector: RegionDetector, folder: Path
) -> RegionStore:
    """The extracted regions of pictures, in their order; made or finished first where need be.

    Args:
        root: of the data set.
        pictures: which of its pictures; the store is known by the bytes of their files, so others get another store.
        detector: whose regions are wanted.
        folder: of stores; each detector has a sub-folder.

    Returns:
        The store; pictures that are broken are not among its `readable` ones.

    Raises:
        ValueError: not one of the files is a picture.
    """
    files = [root / p.path for p in pictures]

    def describe(rows):
        opened = {row: picture for row in rows if (picture := _open_or_none(files[row])) is not None}
        found = dict(zip(opened, detector.detect_regions(list(opened.values())) if opened else (), strict=True))
        return [found.get(row) for row in rows]

    stores, content = folder / detector.fingerprint, content_digest(files)
    store = extract_regions(stores, "fashion200k", content, detector, len(files), describe, file_digests(files))
    if not len(store):
        raise ValueError(f"{files[0]}: can't be read, and neither can any other of the {len(files)} pictures")
    return store


def _open_or_none(file: Path) -> Image.Image | None:
    try:
        return load_picture(file)
    except PictureError:
        return None


def name_unreadable(pictures: Sequence[Fashion200kPicture], store: RegionStore) -> list[str]:
    """Paths of the pictures that `fashion200k_store` passed over."""
    readable = set(store.readable.tolist())
    return [picture.path for row, picture in enumerate(pictures) if row not in readable]


def read_sentences(words: MiniLm, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Word features (T, 772) float32 of each different sentence."""
    different = sorted(set(texts))
    return {text: tokens.values for text, tokens in zip(different, words.tokenize_texts(different), strict=True)}


@torch.inference_mode()
def fashion200k_ranks(
    model: Compositor,
    store: RegionStore,
    gallery: Sequence[int],
    captions: Sequence[str],
    queries: Sequence[Fashion200kQuery],
    sentences: Mapping[str, np.ndarray],
) -> np.ndarray:
    """First-hit rank (Q,) of each query by the protocol (see `metrics.first_hit_ranks`).

    Args:
        model: a compositor.
        store: regions.
        gallery: G rows of the store.
        captions: of these pictures.
        queries: their sources are indices into `gallery`.
        sentences: word features of every query's text.
    """
    model.eval()
    device, with_map = next(model.parameters()).device, model.config.reads == "feature_map"
    found, asked = [], []
    for first in range(0, len(gallery), _BATCH):
        regions = store.gather(gallery[first : first + _BATCH], model.config.max_regions, with_map).to(device)
        found.append(model.encode_target(regions).float().cpu().numpy())
    for first in range(0, len(queries), _BATCH):
        some = queries[first : first + _BATCH]
        regions = store.gather([gallery[q.source] for q in some], model.config.max_regions, with_map).to(device)
        words = batch_words([sentences[q.text] for q in some]).to(device)
        asked.append(model.compose_query(regions, words).embedding.float().cpu().numpy())
    own = np.array([q.source for q in queries])
    _, ids = np.unique([*captions, *(q.target_caption for q in queries)], return_inverse=True)
    return first_hit_ranks(np.concatenate(asked), np.concatenate(found), own, ids[len(captions) :], ids[: len(captions)])


def evaluate_fashion200k(
    checkpoints: Sequence[Path], root: Path, detector_spec: Path | str, regions: Path, device: str = "cpu"
) -> dict:
    """The benchmark's table: R@1, R@10 and R@50 of the test queries, one row per checkpoint.

    Args:
        checkpoints: compositor checkpoint folders that read free text.
        root: folder of Fashion-200k.
        detector_spec: of the detector all of them were trained with.
        regions: folder of extracted regions; made or finished first where need be.
        device: "cpu" or "cuda".

    Raises:
        ValueError: as `load_fashion200k`, or no query is left.
        CheckpointError: a checkpoint was trained with another detector, or knows a fixed vocabulary only.
    """
    split = load_fashion200k(root, "test")
    if not split.queries:
        raise ValueError(f"{root}: test_queries.txt asks nothing of the pictures that are there")
    detector = load_detector(detector_spec, device)
    models = [load_compositor(folder) for folder in checkpoints]  # refused before hours of extraction, not after
    for folder, (model, header) in zip(checkpoints, models, strict=True):
        if header["detector"] != detector.fingerprint:
            raise CheckpointError(f"{folder}: trained with detector {header['detector']}, not with {detector.fingerprint}")
        if model.config.words != "minilm":
            raise CheckpointError(f"{folder}: reads {model.config.words} words; captions need a checkpoint with minilm words")
    store = fashion200k_store(split.root, split.pictures, detector, regions)
    places = {row: place for place, row in enumerate(store.readable.tolist())}
    queries = [replace(q, source=places[q.source]) for q in split.queries if q.source in places]
    if not queries:
        raise ValueError(f"{root}: no query starts from a picture that can be read")
    texts, captions = [q.text for q in queries], [split.pictures[row].caption for row in places]
    unreadable = name_unreadable(split.pictures, store)
    read: dict[tuple[str, ...], dict[str, np.ndarray]] = {}  # by the words that slips are read as
    rows = []
    for folder, (model, header) in zip(checkpoints, models, strict=True):
        known = model.config.vocabulary
        if known not in read:
            read[known] = read_sentences(MiniLm(known, device), texts)
        ranks = fashion200k_ranks(model.to(device), store, range(len(captions)), captions, queries, read[known])
        row = {"checkpoint": folder.name, "compositor": header["compositor"], "weights": fingerprint(header)}
        rows.append({**row, **recall(ranks, CUTOFFS)})
    return {
        "split": "test",
        "queries": len(queries),
        "queries left out": split.left_out + len(split.queries) - len(queries),
        "gallery": len(captions),
        "missing pictures": len(split.missing),
        "missing, for example": split.missing[:10],
        "unreadable pictures": len(unreadable),
        "unreadable, for example": unreadable[:10],
        "rows": rows,
        "detector": detector.fingerprint,
        "data": {"name": "fashion200k"},
        **provenance(),
    }
