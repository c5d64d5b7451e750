"""One query through all rooms: picture and sentence in, SearchResult out."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, build_config, fingerprint, load_weights, read_config
from lbf_model.compositors.base import Composition, Compositor
from lbf_model.compositors.config import CompositorConfig
from lbf_model.compositors.registry import build_compositor, compositor_row
from lbf_model.gallery.store import Gallery, load_gallery
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.precision import computing_in, usual_dtype
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.types import Explanation, Regions, SearchResult, Tokens
from lbf_model.vision.detectors.base import RegionDetector
from lbf_model.vision.detectors.registry import load_detector_of


class Retriever:
    """A detector and the compositor trained on its regions. It keeps no user state: an answer is all in its SearchResult."""

    def __init__(
        self,
        detector: RegionDetector,
        compositor: Compositor,
        name: str,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.detector = detector
        self.compositor = compositor.to(device).eval()
        self.config: CompositorConfig = compositor.config
        self.vocabulary = load_words(self.config, device)
        self.fingerprint = name
        self.device = torch.device(device)
        self.dtype = dtype

    def open_gallery(self, folder: Path) -> Gallery:
        """Load a gallery that this very checkpoint indexed; GalleryError otherwise."""
        return load_gallery(folder, self.fingerprint, self.detector.fingerprint)

    @torch.inference_mode()
    def encode_pictures(self, pictures: Sequence[Image.Image]) -> tuple[list[Regions], np.ndarray]:
        """What a gallery stores of its pictures.

        Args:
            pictures: RGB, any size.

        Returns:
            regions: one record a picture.
            embeddings: (N, E) float32, unit length.
        """
        regions = [r.top(self.config.max_regions) for r in self.detector.detect_regions(pictures)]
        batch = batch_regions(regions, self.config.max_regions).to(self.device)
        with computing_in(self.dtype, self.device):
            embeddings = self.compositor.encode_target(batch)
        return regions, embeddings.float().cpu().numpy()

    @torch.inference_mode()
    def embed_target(self, regions: Regions) -> np.ndarray:
        """(E,) float32, unit length: where a picture with these regions would stand in a gallery."""
        batch = batch_regions([regions], self.config.max_regions).to(self.device)
        with computing_in(self.dtype, self.device):
            return self.compositor.encode_target(batch)[0].float().cpu().numpy()

    @torch.inference_mode()
    def embed_queries(self, regions: Sequence[Regions], tokens: Sequence[Tokens]) -> np.ndarray:
        """Queries whose regions and words are known, composed in one batch.

        Args:
            regions: of each query's picture.
            tokens: of each query's sentence; as many.

        Returns:
            (N, E) float32, unit length.
        """
        return self._compose(regions, tokens).embedding.float().cpu().numpy()

    @torch.inference_mode()
    def compose_query(self, picture: Image.Image, text: str) -> SearchResult:
        """One composed query that nothing was asked of yet: `search` without its matches.

        Args:
            picture: reference image, RGB, from `vision.pictures.load_picture`.
            text: modification text, as typed.

        Raises:
            TextError: the text is empty, too long or has no known word.
        """
        started = time.perf_counter()
        tokens = self.vocabulary.tokenize_text(text)
        read = time.perf_counter()
        regions = self.detector.detect_regions([picture])[0].top(self.config.max_regions)
        detected = time.perf_counter()
        composed = self._compose([regions], [tokens])
        embedding, *attention = (values[0].float().cpu().numpy() for values in composed)
        explanation = Explanation(tokens.words, *attention)
        fused = time.perf_counter()
        timings = {"detect": _milliseconds(detected - read), "compose": _milliseconds(read - started + fused - detected)}
        return SearchResult(text, regions, tokens, explanation, embedding, (), timings)

    def search(
        self, picture: Image.Image, text: str, gallery: Gallery, count: int = 10, exclude: str | None = None
    ) -> SearchResult:
        """Answer one composed query.

        Args:
            picture: reference image, RGB, from `vision.pictures.load_picture`.
            text: modification text, as typed.
            gallery: opened with `open_gallery`.
            count: how many matches.
            exclude: id of the gallery item that the reference image is, if it is one.

        Raises:
            TextError: the text is empty, too long or has no known word.
        """
        return find_matches(self.compose_query(picture, text), gallery, count, exclude)

    def _compose(self, regions: Sequence[Regions], tokens: Sequence[Tokens]) -> Composition:
        """What the compositor's `compose_query` returns."""
        batch = batch_regions(regions, self.config.max_regions).to(self.device)
        words = batch_words([t.values for t in tokens]).to(self.device)
        with computing_in(self.dtype, self.device):
            return self.compositor.compose_query(batch, words)


def find_matches(query: SearchResult, gallery: Gallery, count: int, exclude: str | None = None) -> SearchResult:
    """A composed query with its matches; arguments as for `Retriever.search`."""
    started = time.perf_counter()
    matches = gallery.search(query.embedding, count, exclude)
    spent = _milliseconds(time.perf_counter() - started)
    return replace(query, matches=matches, timings_ms={**query.timings_ms, "search": spent})


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 2)


def load_retriever(
    folder: Path,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
    detector: Path | str | None = None,
) -> Retriever:
    """Rebuild a compositor from its checkpoint folder, and the detector it was trained with.

    Args:
        folder: of an LBF compositor, such as checkpoints/css-big.
        device: "cpu" or "cuda".
        dtype: what the networks compute in (what comes out is float32); None is `usual_dtype` of the device.
        detector: what `vision.detectors.registry.load_detector` takes. None looks beside `folder`, under the name that the
            compositor's config.json gives.

    Raises:
        CheckpointError: a folder is not intact, or the detector is not the one the compositor was trained with.
        ValueError: the weights of somebody else's detector are missing, damaged or do not fit.
    """
    folder = Path(folder)
    compositor, header = load_compositor(folder)
    if header["compositor"] != "lbf":
        raise CheckpointError(
            f"{folder}: a {header['compositor']!r} checkpoint has no attention to show; use an LBF checkpoint"
        )
    dtype = dtype or usual_dtype(device)
    seen_by = load_detector_of(header, folder, detector, device, dtype)
    return Retriever(seen_by, compositor, fingerprint(header), device, dtype)


def load_words(config: CompositorConfig, device: str | torch.device = "cpu") -> Vocabulary | MiniLm:
    """The reader of sentences that a compositor's config asks for; a pretrained encoder runs on `device`.

    Raises:
        ValueError: the pretrained encoder is not installed, or its file was altered.
    """
    if config.words == "minilm":
        return MiniLm(config.vocabulary, device)
    return Vocabulary(config.vocabulary, config.aliases)


def load_compositor(folder: Path) -> tuple[Compositor, dict]:
    """Rebuild any compositor from its checkpoint folder; returns it in evaluation mode with its config.json.

    Raises:
        CheckpointError: the folder is not an intact compositor checkpoint.
    """
    header = read_config(folder, "compositor")
    compositor = build_compositor(header["compositor"], read_model_config(folder, header))
    load_weights(folder, header, compositor)
    return compositor.eval(), header


def read_model_config(folder: Path, header: dict) -> CompositorConfig:
    """The config in a compositor's header, of the class that its row of the paper's table has.

    Raises:
        CheckpointError: there is no such row, or the config is not one of its class.
    """
    try:
        row = compositor_row(header.get("compositor"))
    except ValueError as error:
        raise CheckpointError(f"{folder}: {error}") from None
    return build_config(row.config_class, header)
