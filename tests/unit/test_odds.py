"""How likely an answer is right: told from its cosines and its query, learned from answers whose rightness is known."""

import json
import shutil
from argparse import Namespace
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest

from lbf_model.checkpoint import CheckpointError, change_facts, read_config
from lbf_model.cli import calibrate_answers
from lbf_model.interface.records import search_record
from lbf_model.interface.views import answer
from lbf_model.retrieval.encoder import read_odds
from lbf_model.retrieval.odds import AnswerOdds, describe_answers
from lbf_model.tasks.notices import answer_notices
from lbf_model.training.calibration import AnswerTrials, evaluate_odds, fit_odds

ODDS = AnswerOdds(-6.0, 4.0, 10.0, (2.0, 0.0, -2.0))
QUERY = np.array([0.6, 0.8, 0.0], np.float32)


def _trials(count: int, odds: AnswerOdds = ODDS) -> AnswerTrials:
    """Answers that are right as often as `odds` says; "refusals" are those whose embedding's first number is below zero."""
    rng = np.random.default_rng(0)
    scores = -np.sort(-rng.uniform(0.2, 0.9, (count, 10)), 1)
    queries = rng.normal(size=(count, 3))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    right = rng.random(count) < odds.likelihoods(queries, scores)
    return AnswerTrials(queries, scores, right, np.arange(count), np.where(queries[:, 0] < 0, "refusal", "wish"))


def test_an_answer_is_its_cosine_its_lead_and_its_query():
    told = describe_answers(QUERY[None], np.array([[0.9, 0.5, 0.3]]))
    assert told == pytest.approx(np.array([[0.9, 0.5, 0.6, 0.8, 0.0]]))
    assert describe_answers(QUERY[None], np.array([[0.9]]))[0, :2] == pytest.approx([0.9, 0.0])
    assert ODDS.likelihood(QUERY, [0.9, 0.5, 0.3]) == pytest.approx(1 / (1 + np.exp(6 - 3.6 - 5 - 1.2)))


def test_results_beyond_the_tenth_do_not_count():
    scores = [0.9, *[0.5] * 9]
    assert ODDS.likelihood(QUERY, scores) == ODDS.likelihood(QUERY, [*scores, *[0.1] * 30])


def test_odds_are_learned_from_answers():
    found = fit_odds(_trials(6000))
    assert (found.constant, found.cosine, found.lead) == pytest.approx((-6, 4, 10), rel=0.25)
    assert found.query == pytest.approx((2, 0, -2), abs=0.4)


def test_no_other_odds_fit_better():
    """The likelihood of the answers less the penalty, written out, is highest at the fit."""
    trials = _trials(300)
    found = fit_odds(trials)

    def worth(odds):
        likely = odds.likelihoods(trials.queries, trials.scores)
        fit = np.log(np.where(trials.right, likely, 1 - likely)).mean()
        return fit - 0.01 * sum(weight**2 for weight in odds.query) / len(odds.query)

    best = worth(found)
    for step in (-0.3, 0.3):
        others = [replace(found, **{name: getattr(found, name) + step}) for name in ("constant", "cosine", "lead")]
        others += [replace(found, query=(*found.query[:i], found.query[i] + step, *found.query[i + 1 :])) for i in range(3)]
        assert all(worth(other) < best for other in others)


def test_figures_of_odds_by_hand():
    """Four answers without a lead: likelihoods are those of their cosines, 0.2, 0.2, 0.6 and 0.9."""
    cosines = np.log([[0.2 / 0.8], [0.2 / 0.8], [0.6 / 0.4], [0.9 / 0.1]])
    right, asked = np.array([True, False, False, True]), np.array(["add", "add", "make", "make"])
    figures = evaluate_odds(AnswerOdds(0, 1, 0, (0,)), AnswerTrials(np.ones((4, 1)), cosines, right, np.arange(4), asked))
    assert figures["by what is asked"].keys() == {"add", "make"} and figures["by what is asked"]["add"]["answers"] == 2
    del figures["by what is asked"]
    assert figures == {
        "answers": 4,
        "right": 50.0,
        "predicted": 47.5,
        "expected calibration error": 32.5,  # (2 * |0.2 - 0.5| + |0.6 - 0| + |0.9 - 1|) / 4
        "area under the ROC curve": 62.5,  # of four pairs two and a tie
        "doubted": 50.0,
        "right where doubted": 50.0,
        "right where not doubted": 50.0,
    }


def test_what_is_asked_has_odds_of_its_own():
    """With the same cosines, wishes are right and refusals wrong; each is told as often right as it is."""
    trials = _trials(6000, AnswerOdds(0.0, 0.0, 0.0, (4.0, 0.0, 0.0)))
    figures = evaluate_odds(fit_odds(trials), trials)["by what is asked"]
    assert figures["wish"]["right"] > 80 and figures["refusal"]["right"] < 20
    assert all(abs(told["predicted"] - told["right"]) < 6 for told in figures.values())


def test_odds_of_few_answers_are_held_small():
    """As many numbers as answers, and nothing to learn: a fit that is not held small is sure, and wrong every other time."""
    rng = np.random.default_rng(1)
    queries = rng.normal(size=(600, 256))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    trials = AnswerTrials(queries, np.ones((600, 10)), rng.random(600) < 0.5, np.arange(600), np.full(600, "wish"))
    first = trials.references < 300
    assert evaluate_odds(fit_odds(trials.part(first)), trials.part(~first))["expected calibration error"] < 40


def test_answers_that_are_all_right_have_no_wrong_ones_to_be_ahead_of():
    trials = _trials(50)
    figures = evaluate_odds(ODDS, trials.part(trials.right))
    assert figures["right"] == 100 and figures["area under the ROC curve"] is None
    nothing = evaluate_odds(AnswerOdds(9, 0, 0, (0, 0, 0)), trials)
    assert nothing["doubted"] == 0 and nothing["right where doubted"] is None


@pytest.mark.parametrize("answer", [True, False])
def test_nothing_is_learned_from_answers_that_are_all_alike(answer):
    with pytest.raises(ValueError, match="right" if answer else "wrong"):
        fit_odds(_trials(4)._replace(right=np.full(4, answer)))


@pytest.mark.parametrize(
    "odds",
    [
        [],
        3,
        {"cosine": 1},
        {"constant": -6, "cosine": 1, "lead": 1},  # as odds were before they asked about the query
        {"constant": -6, "cosine": 1, "lead": 1, "query": [1, 2]},
        {"constant": "x", "cosine": 1, "lead": 1, "query": [1, 2, 3]},
    ],
)
def test_odds_that_are_none_are_refused_by_name(odds, tmp_path):
    with pytest.raises(CheckpointError, match=r"config\.json.*calibrate-answers"):
        read_odds(tmp_path, {"odds": odds}, 3)


def test_odds_are_read_as_they_were_written(tmp_path):
    assert read_odds(tmp_path, {"odds": asdict(ODDS)}, 3) == ODDS and read_odds(tmp_path, {}, 3) is None


def test_a_checkpoint_is_calibrated_on_all_and_judged_by_halves_of_its_pictures(checkpoints, tmp_path, monkeypatch):
    folder = shutil.copytree(checkpoints / "lbf", tmp_path / "lbf")
    change_facts(folder, "compositor", odds={"of an older": "form"})
    trials = _trials(400)._replace(references=np.arange(400) // 4 * 3)
    asked = SimpleNamespace(answer_trials=lambda flags, detector: trials)
    monkeypatch.setattr(calibrate_answers, "chosen_benchmark", lambda flags: asked)
    monkeypatch.setattr("lbf_model.vision.detectors.registry.load_detector", lambda spec: None)
    calibrate_answers.run(Namespace(checkpoint=folder, detector="d", json=tmp_path / "figures.json"))
    header = read_config(folder, "compositor")
    assert read_odds(folder, header, 3) == fit_odds(trials)
    (told,) = [v for v in json.loads((tmp_path / "figures.json").read_text()).values() if isinstance(v, dict)]
    half = np.arange(400) // 4 % 2 == 0
    assert told == evaluate_odds(fit_odds(trials.part(half)), trials.part(~half)) and told["answers"] == 200
    monkeypatch.setattr(asked, "answer_trials", lambda flags, detector: trials._replace(right=np.ones(400, bool)))
    with pytest.raises(ValueError, match="right"):
        calibrate_answers.run(Namespace(checkpoint=folder, detector="d", json=None))
    assert read_config(folder, "compositor") == header, "nothing is lost where nothing can be learned"


def test_a_doubtful_answer_is_told_and_no_other(small_visit):
    result = small_visit.answer.result
    assert answer_notices(result) == () and search_record(result, ["", ""])["likelihood"] is None
    doubted = replace(result, likelihood=0.21)
    (said,) = answer_notices(doubted)
    assert "2 of 10" in said and said in answer.status(replace(small_visit.answer, result=doubted))
    assert search_record(doubted, ["", ""])["notices"] == [said]
    assert answer_notices(replace(result, likelihood=0.8)) == ()
