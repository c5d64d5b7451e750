"""A search by the detector's labels alone, to compare with: it reads no sentence, but is told which colour is asked for.

It shows how much of plain success labels explain, and what it costs to keep a pattern, which that figure does not require.
"""

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.training.region_store import RegionTable
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector
from lbf_model.vision.detectors.base import RegionDetector

_READ = {"kind": CATEGORIES, "color": COLORS, "pattern": PATTERNS}
_LEAST = 1e-9  # a likelihood of 0 has no logarithm


def labels_garments(detector: RegionDetector) -> bool:
    """Whether a detector can tell every kind, colour and pattern."""
    if not isinstance(detector, AttributeRcnnDetector):
        return False
    return all(set(values) <= set(detector.config.attributes.get(name, ())) for name, values in _READ.items())


def read_labels(detector: AttributeRcnnDetector, table: RegionTable, photographs: int) -> tuple[np.ndarray, ...]:
    """How likely each kind, colour and pattern is for each photograph.

    Args:
        detector: one that passes `labels_garments`.
        table: regions that it found; its first pictures are the photographs.
        photographs: P, how many of its pictures these are.

    Returns:
        (P, kinds), (P, colours) and (P, patterns) float, in the order of attributes.py.
    """
    garments = np.stack([_garment(detector, table.features[table.rows(picture)]) for picture in range(photographs)])
    return tuple(_read(detector, garments, name) for name in _READ)


def search_by_labels(labels: tuple[np.ndarray, ...], own: np.ndarray, asked: np.ndarray, pattern: float) -> np.ndarray:
    """How likely P photographs are of the reference's kind and have the asked colour, by what was read from each.

    Args:
        labels: from `read_labels`.
        own: (Q,) int64, references.
        asked: (Q,) int64, asked colours, as indices into COLORS.
        pattern: how much it counts that the pattern stays; 0 leaves it out, 1 counts it as much as kind and colour.

    Returns:
        (Q, P) float, log likelihoods; -inf for the reference itself.
    """
    kinds, colors, patterns = labels
    found = _log(kinds[own] @ kinds.T) + _log(colors[:, asked].T) + pattern * _log(patterns[own] @ patterns.T)
    found[np.arange(len(own)), own] = -np.inf
    return found


def _garment(detector: AttributeRcnnDetector, features: np.ndarray) -> np.ndarray:
    """(F,) feature of the best of a picture's regions (R, F) that is read as a garment; of the best one if none is."""
    kinds = np.array(detector.config.attributes["kind"])[detector.read_attribute(features, "kind")]
    return features[int(np.isin(kinds, CATEGORIES).argmax())]


def _read(detector: AttributeRcnnDetector, features: np.ndarray, name: str) -> np.ndarray:
    """(N, values) likelihoods of an attribute's values, in the order of attributes.py."""
    known = detector.config.attributes[name]
    return detector.attribute_probabilities(features, name)[:, [known.index(value) for value in _READ[name]]]


def _log(likely: np.ndarray) -> np.ndarray:
    return np.log(likely.clip(_LEAST))
