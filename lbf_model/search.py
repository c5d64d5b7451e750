"""One query through all rooms: picture and sentence in, SearchResult out."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lbf_model.checkpoint import CheckpointError, build_config, fingerprint, load_weights, read_config
from lbf_model.compositors import build_compositor
from lbf_model.gallery.index import Gallery, load_gallery
from lbf_model.network.batching import batch_regions, batch_words
from lbf_model.network.lbf import LbfConfig
from lbf_model.text.minilm import MiniLm
from lbf_model.text.vocabulary import Vocabulary
from lbf_model.types import Explanation, Regions, SearchResult
from lbf_model.vision.detector import RegionDetector, load_detector


class Retriever:
    """A detector and the compositor trained on its regions. It keeps no user state: an answer is all in its SearchResult."""

    def __init__(self, detector: RegionDetector, compositor: torch.nn.Module, name: str, device: str | torch.device = "cpu"):
        self.detector = detector
        self.compositor = compositor.to(device).eval()
        self.config: LbfConfig = compositor.config
        self.vocabulary = load_words(self.config)
        self.fingerprint = name
        self.device = torch.device(device)

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
        return regions, self.compositor.encode_target(*batch).float().cpu().numpy()

    @torch.inference_mode()
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
        started = time.perf_counter()
        tokens = self.vocabulary.tokenize_text(text)
        read = time.perf_counter()
        regions = self.detector.detect_regions([picture])[0].top(self.config.max_regions)
        detected = time.perf_counter()
        batch = batch_regions([regions], self.config.max_regions).to(self.device)
        words = batch_words([tokens.values]).to(self.device)
        composed, word_to_region, region_to_word = self.compositor.compose_query(*batch, *words)
        embedding = composed[0].float().cpu().numpy()
        explanation = Explanation(
            tokens.words, word_to_region[0].float().cpu().numpy(), region_to_word[0].float().cpu().numpy()
        )
        fused = time.perf_counter()
        matches = gallery.search(embedding, count, exclude)
        ended = time.perf_counter()
        stages = {"detect": detected - read, "compose": read - started + fused - detected, "search": ended - fused}
        timings = {stage: round(1000 * seconds, 2) for stage, seconds in stages.items()}
        return SearchResult(text, regions, tokens, explanation, embedding, matches, timings)


def load_retriever(folder: Path, device: str | torch.device = "cpu") -> Retriever:
    """Rebuild a compositor and its detector from checkpoint folders.

    Args:
        folder: of an LBF compositor, such as checkpoints/css-big. Its detector lies beside it, under the name the compositor's
            config gives.
        device: "cpu" or "cuda".

    Raises:
        CheckpointError: a folder is not intact, or the detector is not the one the compositor was trained with.
    """
    folder = Path(folder)
    compositor, header = load_compositor(folder)
    if header["compositor"] != "lbf":
        raise CheckpointError(
            f"{folder}: a {header['compositor']!r} checkpoint has no attention to show; use an LBF checkpoint"
        )
    detector = load_detector(folder.parent / header["detector_checkpoint"], device)
    if detector.fingerprint != header["detector"]:
        name = header["detector_checkpoint"]
        raise CheckpointError(f"{folder}: trained with detector {header['detector']}, but {name} is {detector.fingerprint}")
    return Retriever(detector, compositor, fingerprint(header), device)


def load_words(config: LbfConfig) -> Vocabulary | MiniLm:
    """The reader of sentences that a compositor's config asks for.

    Raises:
        ValueError: the pretrained encoder is not installed, or its file was altered.
    """
    if config.words == "minilm":
        return MiniLm(config.vocabulary)
    return Vocabulary(config.vocabulary, config.aliases)


def load_compositor(folder: Path) -> tuple[torch.nn.Module, dict]:
    """Rebuild any compositor from its checkpoint folder; returns it in evaluation mode with its config.json.

    Raises:
        CheckpointError: the folder is not an intact compositor checkpoint.
    """
    header = read_config(folder, "compositor")
    compositor = build_compositor(header["compositor"], build_config(LbfConfig, header))
    load_weights(folder, header, compositor)
    return compositor.eval(), header
