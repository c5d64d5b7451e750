"""A detector's config is checked, and comes back from JSON as it was."""

from dataclasses import replace

import pytest

from lbf_model.vision.detectors.detector_config import DetectorConfig
from tests.small import ATTRIBUTES, GARMENTS


@pytest.mark.parametrize(
    "change",
    [{"attributes": {}}, {"attributes": {"a": ("one",)}}, {"anchor_sizes": (8,)}, {"from_pixels": ("colour",)},
     {"named": ("kind",)}, {"from_cloth": ("shape",)}, {"from_cloth": ("fit",), "foreground": True}, {"wholes": ("red",)},
     {"from_palette": ("color",)}, {"frozen_body": "lite0"}, {"from_frozen": ("shape",)},
     {"frozen_body": "lite9", "from_frozen": ("shape",)}, {"min_frozen_score": 0.5}],
)  # fmt: skip
def test_a_config_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError):
        DetectorConfig(**{"attributes": ATTRIBUTES, **change})


def test_a_body_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="lite0, lite2"):
        replace(GARMENTS, body="resnet")


@pytest.mark.parametrize("temperatures", [{"kind": 0.0}, {"size": 1.0}])
def test_temperatures_are_positive_and_of_attributes_that_there_are(temperatures):
    with pytest.raises(ValueError, match="temperatures"):
        replace(GARMENTS, temperatures=temperatures)


def test_a_config_read_from_json_is_the_same():
    lists = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(GARMENTS).items()}
    assert DetectorConfig(**lists) == GARMENTS
