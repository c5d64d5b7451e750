import numpy as np
import pytest

from lbf_model.training.calibration import calibration_error, fit_temperature


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_success():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    assert calibration_error(confidence, right) == pytest.approx((4 * 0.2 + 2 * 0.05) / 6)
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0


def test_a_temperature_undoes_what_made_logits_too_sure():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5))
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = (likely.cumsum(1) > rng.random((4000, 1))).argmax(1)
    assert fit_temperature(3 * logits, truth) == pytest.approx(3, rel=0.08)
    assert fit_temperature(logits, truth) == pytest.approx(1, rel=0.08)
