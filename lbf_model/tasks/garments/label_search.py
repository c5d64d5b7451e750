"""A search by the detector's labels alone, to compare with: it reads no sentence, but is told which colour is asked for.

It says how far the eyes reach, and what it costs to keep a pattern, which the benchmark's first figure does not ask for.
"""

import numpy as np

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.bench import Bench
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector

_LEAST = 1e-9  # a likelihood of 0 has no logarithm


def search_by_labels(
    detector: AttributeRcnnDetector, bench: Bench, own: np.ndarray, asked: np.ndarray, pattern: float
) -> np.ndarray:
    """How likely photographs are of the reference's kind and have the asked colour, by what is read from each.

    Args:
        detector: reads kind, colour and pattern from the features of the bench's regions.
        bench: whose photographs are the gallery.
        own: (Q,) int64, references.
        asked: (Q,) int64, asked colours.
        pattern: how much it counts that the pattern stays; 0 leaves it out, 1 counts it as much as kind and colour.

    Returns:
        (Q, P) float, log likelihoods; -inf of the reference itself.
    """
    garments = np.stack([_garment(detector, bench, picture) for picture in range(bench.photographs)])
    kinds, colors, patterns = (
        _read(detector, garments, name, values)
        for name, values in (("kind", CATEGORIES), ("color", COLORS), ("pattern", PATTERNS))
    )
    found = _log(kinds[own] @ kinds.T) + _log(colors[:, asked].T) + pattern * _log(patterns[own] @ patterns.T)
    found[np.arange(len(own)), own] = -np.inf
    return found


def _garment(detector: AttributeRcnnDetector, bench: Bench, picture: int) -> np.ndarray:
    """(F,) feature of a picture's best region that is read as a garment; of its best region where none is."""
    features = bench.table.features[bench.table.rows(picture)]
    kinds = np.array(detector.config.attributes["kind"])[detector.read_attribute(features, "kind")]
    return features[int(np.isin(kinds, CATEGORIES).argmax())]


def _read(detector: AttributeRcnnDetector, features: np.ndarray, name: str, values: tuple[str, ...]) -> np.ndarray:
    """(N, values) likelihoods of an attribute's values, in the order of `values`."""
    known = detector.config.attributes[name]
    return detector.attribute_probabilities(features, name)[:, [known.index(value) for value in values]]


def _log(likely: np.ndarray) -> np.ndarray:
    return np.log(likely.clip(_LEAST))
