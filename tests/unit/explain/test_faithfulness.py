"""The evaluation of maps gives every figure, from queries drawn by the seed, and the page tells them of the same weights."""

import json

import pytest

from lbf_model.cli.main import main
from lbf_model.explain.faithfulness import measured_sentence
from lbf_model.tasks.css.faithfulness import css_known_queries
from lbf_model.tasks.garments.catalogue.generate import write_catalogue
from lbf_model.tasks.garments.faithfulness import garment_known_queries
from lbf_model.training.evaluate_attribution import evaluate_attribution


@pytest.fixture(scope="module")
def figures(tiny_css, checkpoints):
    return evaluate_attribution(checkpoints / "lbf", *css_known_queries(tiny_css, 4, seed=0))


def test_the_evaluation_gives_every_figure(figures, retriever):
    assert figures["queries"] == 4 and figures["weights"] == retriever.fingerprint
    assert figures["detector"] == retriever.detector.fingerprint and {"commit", "machine"} <= figures.keys()
    assert figures["data"]["made with seed"] == 3 and figures["data"]["queries drawn with seed"] == 0
    counts = {"queries", "parts a query", "top-1 by chance"}
    maps = {"attention, first layer", "attention, last layer", "attention", "rollout", "relevance", "value relevance"}
    assert figures["regions"].keys() == counts | {"links cut", "left out", "painted out"}
    assert figures["words"].keys() == counts | {"left out"} and figures["words"]["left out"].keys() == maps
    assert figures["regions"]["left out"].keys() == maps
    assert figures["regions"]["links cut"].keys() == figures["regions"]["painted out"].keys() == maps | {"left out"}
    assert figures["words"]["left out"]["attention"].keys() == {"spearman", "low", "high", "top-1"}
    assert set() < figures["groups"].keys() <= {"add", "remove", "make"} and figures["untrained"]["spearman"].keys() == maps
    assert figures["curves"].keys() == {"deletion", "insertion", "cutting", "linking"}
    assert figures["curves"]["cutting"].keys() == maps | {"left out", "links cut", "random"}
    assert json.loads(json.dumps(figures)) == figures


def test_the_verb_writes_the_same_figures(figures, tiny_css, checkpoints, tmp_path, capsys):
    arguments = ["evaluate-attribution", "--checkpoint", str(checkpoints / "lbf"), "--data", str(tiny_css)]
    assert main([*arguments, "--queries", "4", "--json", str(tmp_path / "out" / "f.json")]) == 0
    assert json.loads((tmp_path / "out" / "f.json").read_text()) == json.loads(capsys.readouterr().out) == figures
    assert main([*arguments, "--queries", "0"]) == 2
    assert main(arguments[:3]) == 2


def test_known_queries_are_drawn_from_the_seed(tiny_css, tmp_path):
    queries, facts = css_known_queries(tiny_css, 5, seed=1)
    assert queries == css_known_queries(tiny_css, 5, seed=1)[0] != css_known_queries(tiny_css, 5, seed=2)[0]
    assert facts["name"].startswith("css") and len(css_known_queries(tiny_css, 10**6, 0)[0]) == 36
    assert all(q.picture.is_file() and q.target.is_file() and q.text for q in queries)

    write_catalogue(tmp_path, seed=4, count=8, workers=1, size=64, progress=False)
    pairs, facts = garment_known_queries(tmp_path, 3, seed=1)
    assert len(pairs) == 3 and facts["made with seed"] == 4
    numbers = [(int(q.picture.stem), int(q.target.stem)) for q in pairs]
    assert all(one % 2 == 0 and twin == one + 1 for one, twin in numbers)
    assert pairs == garment_known_queries(tmp_path, 3, seed=1)[0]


def test_what_was_measured_is_told_of_the_same_weights_alone(tmp_path):
    left_out = {"attention": {"top-1": 11.4}, "relevance": {"top-1": 50.1}}
    regions = {"queries": 12, "top-1 by chance": 22.2, "left out": left_out}
    assert measured_sentence(tmp_path, "abc") == ""
    (tmp_path / "attribution.json").write_text(json.dumps({"weights": "abc", "regions": regions}))
    said = measured_sentence(tmp_path, "abc")
    assert "12 test queries" in said and "by relevance in 50 % and by attention in 11 %" in said and "(by chance 22 %)" in said
    assert "acts on" not in said and measured_sentence(tmp_path, "other") == ""
    regions["links cut"] = {"attention, last layer": {"top-1": 85.6}}
    (tmp_path / "attribution.json").write_text(json.dumps({"weights": "abc", "regions": regions}))
    assert "acts on most is put first by the last layer of attention in 86 %; the region" in measured_sentence(tmp_path, "abc")
