"""The search by labels: what is read of the best garment region decides, and the pattern as far as it is asked to."""

from types import SimpleNamespace

import numpy as np
import pytest

from lbf_model.tasks.garments.attributes import CATEGORIES, COLORS, PATTERNS
from lbf_model.tasks.garments.label_search import labels_garments, read_labels, search_by_labels
from lbf_model.vision.detectors.attribute_rcnn import AttributeRcnnDetector

KINDS = ("sleeve", *reversed(CATEGORIES))  # the detector's own order, with a part
SHIRT, DRESS = (CATEGORIES.index(kind) for kind in ("shirt", "dress"))
RED, BLUE = (COLORS.index(color) for color in ("red", "blue"))
SOLID, DOTTED = (PATTERNS.index(pattern) for pattern in ("solid", "dotted"))


class Reader:
    """Reads kind, colour and pattern from a feature that holds their places, and is rather sure of them."""

    config = SimpleNamespace(attributes={"kind": KINDS, "color": COLORS[::-1], "pattern": PATTERNS})

    def attribute_probabilities(self, features, name):
        values = self.config.attributes[name]
        read = features[:, list(self.config.attributes).index(name)].astype(int)
        return 0.9 * np.eye(len(values))[read] + 0.1 / len(values)

    def read_attribute(self, features, name):
        return self.attribute_probabilities(features, name).argmax(1)


def feature(kind, color, pattern):
    return [KINDS.index(kind), len(COLORS) - 1 - color, pattern]


def table(*pictures):
    """Regions of photographs, best first."""
    starts = np.cumsum([0, *map(len, pictures)])
    return SimpleNamespace(
        features=np.array([region for picture in pictures for region in picture], np.float32),
        rows=lambda picture: np.arange(starts[picture], starts[picture + 1]),
    )


PICTURES = table(
    [feature("dress", RED, DOTTED)],
    [feature("dress", BLUE, SOLID)],
    [feature("shirt", BLUE, DOTTED)],
    [feature("sleeve", RED, SOLID), feature("dress", BLUE, DOTTED)],
    [feature("sleeve", BLUE, DOTTED)],
)


def found(asked, pattern):
    return search_by_labels(read_labels(Reader(), PICTURES, 5), np.array([0]), np.array([asked]), pattern)[0]


def test_kind_and_colour_decide_and_a_part_only_where_no_garment_was_found():
    scores = found(BLUE, 0)
    assert scores[0] == -np.inf, "the reference is no answer"
    assert scores[1] == pytest.approx(scores[3]) and min(scores[1], scores[3]) > max(scores[2], scores[4])


def test_a_pattern_counts_as_much_as_it_is_asked_to():
    half, whole = found(BLUE, 0.5), found(BLUE, 1)
    assert half[3] > half[1] > half[2]
    assert whole[3] > whole[1] and whole[3] - whole[1] == pytest.approx(2 * (half[3] - half[1]))


def test_what_is_asked_for_comes_first():
    assert found(RED, 0)[1:].max() < found(BLUE, 0)[1:].max()


def test_only_a_detector_that_tells_all_of_it_is_asked(detector):
    assert labels_garments(detector) and not labels_garments(Reader())
    for name, values in (("pattern", None), ("kind", CATEGORIES[1:])):
        knows = {key: value for key, value in detector.config.attributes.items() if key != name}
        other = object.__new__(AttributeRcnnDetector)
        other.config = SimpleNamespace(attributes=knows | ({} if values is None else {name: values}))
        assert not labels_garments(other), name
