"""Records that cross rooms refuse what does not fit together."""

import json

import numpy as np
import pytest

from lbf_model.types import Regions, Tokens
from tests.small import random_regions


def test_boxes_go_to_unit_and_back():
    regions = random_regions(5, size=(200, 100))
    assert regions.boxes_unit.min() >= 0 and regions.boxes_unit.max() <= 1
    assert regions.boxes_unit * np.array([200, 100, 200, 100]) == pytest.approx(regions.boxes, abs=1e-3)


def test_top_keeps_the_best():
    regions = random_regions(5)
    assert len(regions.top(2)) == 2 and len(regions.top(9)) == 5
    assert regions.top(2).scores.tolist() == regions.scores[:2].tolist()


def test_records_hold_what_json_can_say_and_a_gallery_keeps():
    regions = random_regions(3)
    records = json.loads(json.dumps(regions.records()))
    again = Regions.from_records(records)
    assert again.labels == regions.labels and again.features.shape == (3, 0)
    assert again.boxes == pytest.approx(regions.boxes, abs=0.06) and again.scores == pytest.approx(regions.scores, abs=1e-4)
    assert again.records() == records


def test_fields_must_speak_of_the_same_regions():
    r = random_regions(3)
    with pytest.raises(ValueError, match="same regions"):
        Regions(r.boxes[:2], r.scores, r.labels, r.features, r.image_size)
    with pytest.raises(ValueError, match="at least one"):
        Regions(r.boxes[:0], r.scores[:0], (), r.features[:0], r.image_size)


def test_words_and_values_must_speak_of_the_same_sentence():
    with pytest.raises(ValueError, match="same sentence"):
        Tokens(("make", "it"), np.zeros((3, 768), np.float32))
