"""How likely an answer is right: told from its cosines, learned from answers whose rightness is known."""

from dataclasses import replace

import numpy as np
import pytest

from lbf_model.checkpoint import CheckpointError
from lbf_model.interface.records import search_record
from lbf_model.interface.views import answer
from lbf_model.retrieval.encoder import read_odds
from lbf_model.retrieval.odds import AnswerOdds, describe_scores
from lbf_model.tasks.notices import answer_notices
from lbf_model.training.calibration import evaluate_odds, fit_odds

ODDS = AnswerOdds(-6.0, 4.0, 10.0)


def _trials(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    scores = -np.sort(-rng.uniform(0.2, 0.9, (count, 10)), 1)
    likely = np.array([ODDS.likelihood(row) for row in scores])
    return scores, rng.random(count) < likely


def test_cosine_and_lead_are_what_they_say():
    facts = describe_scores(np.array([[0.9, 0.5, 0.3]]))
    assert facts == pytest.approx(np.array([[0.9, 0.5]]))
    assert describe_scores(np.array([[0.9]])) == pytest.approx(np.array([[0.9, 0.0]]))
    assert ODDS.likelihood([0.9, 0.5, 0.3]) == pytest.approx(1 / (1 + np.exp(6 - 3.6 - 5)))


def test_results_beyond_the_tenth_do_not_count():
    scores = [0.9, *[0.5] * 9]
    assert ODDS.likelihood(scores) == ODDS.likelihood([*scores, *[0.1] * 30])


def test_odds_are_learned_from_answers():
    scores, right = _trials(6000)
    found = fit_odds(scores, right)
    assert (found.constant, found.cosine, found.lead) == pytest.approx((-6, 4, 10), rel=0.25)
    figures = evaluate_odds(found, scores, right)
    assert figures["expected calibration error"] < 3 and figures["area under the ROC curve"] > 60
    assert figures["right where doubted"] < 35 < figures["right where not doubted"]


@pytest.mark.parametrize("answer", [True, False])
def test_nothing_is_learned_from_answers_that_are_all_alike(answer):
    with pytest.raises(ValueError, match="right" if answer else "wrong"):
        fit_odds(np.ones((4, 10)), np.full(4, answer))


@pytest.mark.parametrize("odds", [[], {"cosine": 1}, {"constant": "x", "cosine": 1, "lead": 1}, 3])
def test_odds_that_are_none_are_refused_by_name(odds, tmp_path):
    with pytest.raises(CheckpointError, match=r"config\.json"):
        read_odds(tmp_path, {"odds": odds})
    assert read_odds(tmp_path, {}) is None


def test_a_doubtful_answer_is_told_and_no_other(small_visit):
    result = small_visit.answer.result
    assert answer_notices(result) == () and search_record(result, ["", ""])["likelihood"] is None
    doubted = replace(result, likelihood=0.21)
    (said,) = answer_notices(doubted)
    assert "2 of 10" in said and said in answer.status(replace(small_visit.answer, result=doubted))
    assert search_record(doubted, ["", ""])["notices"] == [said]
    assert answer_notices(replace(result, likelihood=0.8)) == ()
