"""Small, randomly initialised parts for tests: whole in form, tiny in size."""

import zlib
from dataclasses import replace
from threading import Lock

import numpy as np
import torch

from lbf_model.checkpoint import fingerprint, read_config, save_checkpoint
from lbf_model.compositors.base import Compositor
from lbf_model.compositors.lbf import LbfConfig, LbfNetwork
from lbf_model.compositors.registry import COMPOSITORS, build_compositor, compositor_row
from lbf_model.gallery.near_duplicates import HASH_BYTES
from lbf_model.tasks.css.vocabulary import CSS_ALIASES, CSS_WORDS
from lbf_model.tasks.garments.detector_pictures import GARMENT_DETECTOR
from lbf_model.types import Regions
from lbf_model.vision.detectors.attribute_rcnn_network import build_faster_rcnn
from lbf_model.vision.detectors.detector_config import DetectorConfig
from lbf_model.vision.detectors.efficientnet_lite import pyramid_channels

MAP_CHANNELS = 5  # of the feature maps of `random_regions`
_SMALL = {
    "vocabulary": CSS_WORDS,
    "feature_width": 12,
    "aliases": CSS_ALIASES,
    "width": 16,
    "heads": 2,
    "embedding_width": 24,
}

ATTRIBUTES = {"size": ("small", "large"), "color": ("red", "blue"), "shape": ("cube", "sphere")}

GARMENTS = replace(
    GARMENT_DETECTOR, short_side=64, long_side=96, anchor_sizes=(12, 24, 48, 96), pyramid_channels=16, hidden=16,
    attribute_width=4, min_score=0.05, body="lite0",
)  # fmt: skip


def small_config(**changes) -> LbfConfig:
    """An LBF of width 16 over the CSS vocabulary."""
    return LbfConfig(**{**_SMALL, **changes})


def small_compositor(name: str, seed: int = 0, **changes) -> Compositor:
    """A seeded compositor of any kind, of width 16, in evaluation mode."""
    torch.manual_seed(seed)
    config_class = compositor_row(name).config_class
    width = {"feature_width": MAP_CHANNELS} if config_class.reads == "feature_map" else {}
    return build_compositor(name, config_class(**{**_SMALL, **width, **changes})).eval()


def small_network(**changes) -> LbfNetwork:
    """A seeded `LbfNetwork` in evaluation mode."""
    torch.manual_seed(0)
    return LbfNetwork(small_config(**changes)).eval()


def random_regions(count: int, seed: int = 0, width: int = 12, size: tuple[int, int] = (180, 120)) -> Regions:
    """`count` regions with random boxes inside a picture of `size`."""
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.random((count, 2, 2)), 1) * np.array(size)
    boxes = corners.reshape(count, 4).astype(np.float32)
    features = rng.normal(size=(count, width)).astype(np.float32)
    whole = rng.normal(size=(MAP_CHANNELS, 6, 6)).astype(np.float16)
    scores = np.linspace(1, 0.5, count, dtype=np.float32)
    return Regions(boxes, scores, ("thing",) * count, features, size, feature_map=whole)


def write_small_checkpoints(folder) -> str:
    """Write folder/detector and folder/lbf, random but whole; returns the compositor's fingerprint."""
    torch.manual_seed(0)
    config = DetectorConfig(ATTRIBUTES, short_side=64, long_side=96, pyramid_channels=16, hidden=16, attribute_width=4)
    save_checkpoint(folder / "detector", "detector", build_faster_rcnn(config), config, {})
    detector = fingerprint(read_config(folder / "detector", "detector"))
    network = small_network(feature_width=config.feature_width)
    facts = {"compositor": "lbf", "detector": detector, "detector_checkpoint": "detector"}
    save_checkpoint(folder / "lbf", "compositor", network, network.config, facts)
    return fingerprint(read_config(folder / "lbf", "compositor"))


OTHERS = tuple(name for name in reversed(COMPOSITORS) if name != "lbf")


def write_small_compared(folder, checkpoints, kinds=OTHERS, **changes) -> None:
    """Write folder/KIND of each kind of compositor, random but whole, for the detector and regions of checkpoints/lbf."""
    header = read_config(checkpoints / "lbf", "compositor")
    for seed, kind in enumerate(kinds, start=1):
        read = {"regions": header["model"]["feature_width"], "feature_map": sum(pyramid_channels("lite0"))}
        width = read[compositor_row(kind).config_class.reads]
        network = small_compositor(kind, seed, **{"feature_width": width, **changes})
        facts = {"compositor": kind, "detector": header["detector"], "detector_checkpoint": header["detector_checkpoint"]}
        save_checkpoint(folder / kind, "compositor", network, network.config, facts)


def random_hashes(items) -> np.ndarray:
    """(N, 385) uint8: a perceptual hash for each gallery item; items with one digest have the same, others are far apart."""
    seeds = [zlib.crc32((item.digest or item.id).encode()) for item in items]
    return np.stack([np.random.default_rng(seed).integers(0, 256, HASH_BYTES, np.uint8) for seed in seeds])


class CountingRetriever:
    """A retriever that counts the pictures it looks at, and is interrupted after so many."""

    def __init__(self, retriever, stop_after=None):
        self.fingerprint, self.detector, self.encoder = retriever.fingerprint, retriever.detector, retriever.encoder
        self.open_gallery = retriever.open_gallery
        self._detect, self._stop_after, self.pictures = retriever.detect_regions, stop_after, 0
        self._lock = Lock()  # several workers look at once

    def detect_regions(self, pictures):
        with self._lock:
            if self._stop_after is not None and self.pictures + len(pictures) > self._stop_after:
                raise KeyboardInterrupt
            self.pictures += len(pictures)
        return self._detect(pictures)
