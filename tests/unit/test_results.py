"""The command that trains and evaluates the tables, with a benchmark that only notes what it is asked for."""

import json
from argparse import Namespace
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from lbf_model.checkpoint import save_checkpoint
from lbf_model.cli import results
from lbf_model.cli.flags import check_benchmark_flags
from lbf_model.cli.main import build_parser, main
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.tasks.experiments import ABLATION, BUDGETS, TABLE, Budget, UnsuitedError
from lbf_model.tasks.registry import BENCHMARKS
from tests.small import small_network

ALL = [*TABLE, *ABLATION]


def parsed(*words) -> Namespace:
    return build_parser().parse_args(["results", "--data", "d", "--regions", "r", *words])


def test_every_row_has_an_experiment_and_names_are_told_apart():
    told = [experiment.flags[experiment.flags.index("--compositor") + 1] for experiment in TABLE]
    assert set(told) == set(COMPOSITORS) and told.count("lbf") == 3
    own = [e.name for b in BENCHMARKS.values() for e in b.experiments]
    names = [e.name for e in ALL] + own
    assert len(set(names)) == len(names)
    assert all(e.ablation for e in ABLATION) and not any(e.ablation for e in TABLE)


@pytest.mark.parametrize("benchmark", [b for b in BENCHMARKS.values() if "results" in b.flags], ids=lambda b: b.name)
def test_train_takes_the_flags_of_every_experiment(benchmark):
    """They are whole `train` commands, so a slip in one must not show only after hours."""
    data = [word for flag in benchmark.flags["train"] if flag.needed for word in (flag.name, "folder")]
    for experiment in (*ALL, *benchmark.experiments):
        words = ["train", "--dataset", benchmark.name, *data, "--regions", "r", "--out", "o", *experiment.flags]
        flags = build_parser().parse_args(words)
        check_benchmark_flags(flags)
        results.train.parse_model_facts(flags.compositor, flags.model)


def test_all_experiments_have_their_first_seed_before_any_has_its_second(monkeypatch):
    monkeypatch.setitem(BUDGETS, "cpu", Budget(5, 5, seeds=2, ablation_seeds=1))
    planned = [(e.name, seed) for e, seed in results.plan(parsed())]
    everything = (*ALL, *BENCHMARKS["css"].experiments)
    assert planned == [(e.name, 0) for e in everything] + [(e.name, 1) for e in everything if not e.ablation]
    few = results.plan(parsed("--only", "tirg", "lbf-no-vep", "--seeds", "2"))
    assert [(e.name, seed) for e, seed in few] == [("tirg", 0), ("lbf-no-vep", 0), ("tirg", 1), ("lbf-no-vep", 1)]
    with pytest.raises(ValueError, match="no experiment mrn; there are image-only"):
        results.plan(parsed("--only", "mrn"))


@pytest.fixture
def noting(monkeypatch):
    """A benchmark whose training writes a small checkpoint; returns the flags it was given, by verb."""
    given = []

    def train(flags):
        given.append(("train", flags))
        torch.manual_seed(0)
        facts = {"compositor": "lbf", "detector": "d3", "training": {"seed": flags.seed, "chosen_at_update": 4}}
        network = small_network()
        save_checkpoint(flags.out, "compositor", network, network.config, facts)
        (flags.out / "curve.json").write_text(json.dumps([{"updates": 4, "validation R@1 3d": 50.0}]))

    def figures(flags):
        given.append(("evaluate", flags))
        return {"rows": [{"checkpoint": flags.checkpoints[0].name, "3d->3d": {"R@1": 60.0}}], "queries": 9, "commit": "c"}

    monkeypatch.setattr(results.train, "run", train)
    monkeypatch.setitem(BENCHMARKS, "css", replace(BENCHMARKS["css"], figures=figures))
    return given


def test_a_run_leaves_one_file_that_says_how_it_came_about(noting, tmp_path, capsys):
    folders = ["--data", str(tmp_path / "secret"), "--regions", str(tmp_path / "r"), "--runs", str(tmp_path / "runs")]
    words = ["results", *folders, "--out", str(tmp_path / "out"), "--only", "lbf-small", "--seeds", "2"]
    assert main(words) == 0
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["css-cpu-lbf-small-0.json", "css-cpu-lbf-small-1.json"]
    told = json.loads(files[1].read_text())
    assert told["seed"] == 1 and told["budget"] == "cpu" and told["dataset"] == "css" and told["detector"] == "d3"
    assert told["figures"]["3d->3d"] == {"R@1": 60.0} and told["evaluated"] == {"queries": 9}
    assert told["curve"][-1]["updates"] == 4 and told["cost"]["parameters"] > 0
    assert str(tmp_path) not in files[1].read_text(), "where somebody keeps files is nobody's business"
    train, evaluate = told["commands"]
    assert "--data DATA " in train and "--model max_regions=18" in train
    assert "--updates 1500 --validate-every 300 --seed 1" in train
    assert evaluate.startswith("python -m lbf_model evaluate OUT ")
    for command in told["commands"]:
        build_parser().parse_args(command.split()[3:])
    assert [verb for verb, _ in noting] == ["train", "evaluate"] * 2
    assert noting[1][1].checkpoints == [noting[0][1].out]
    assert main(words) == 0, "and once more"
    assert len(noting) == 4, "what is done is not done again"
    assert "[2/2] lbf-small, seed 1: done before" in capsys.readouterr().out


def test_a_run_that_is_interrupted_leaves_no_file(noting, tmp_path, monkeypatch):
    def stop(flags):
        raise KeyboardInterrupt

    monkeypatch.setattr(results.train, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        results.run(parsed("--detector", "e", "--runs", str(tmp_path), "--out", str(tmp_path / "out"), "--only", "lbf"))
    assert not list(tmp_path.glob("out/*.json"))


def test_what_a_detector_cannot_give_is_left_out_and_the_others_go_on(noting, tmp_path, monkeypatch, capsys):
    train = results.train.run

    def refuse_crossed(flags):
        if flags.crossed:
            raise UnsuitedError("no colours")
        train(flags)

    monkeypatch.setattr(results.train, "run", refuse_crossed)
    only = ["--only", "lbf-crossed", "lbf-small", "--seeds", "1"]
    results.run(parsed("--detector", "e", "--runs", str(tmp_path), "--out", str(tmp_path / "out"), *only))
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["css-cpu-lbf-small-0.json"]
    assert "lbf-crossed, seed 0: left out: no colours" in capsys.readouterr().out


def test_measuring_may_use_other_data_than_training():
    flags = SimpleNamespace(
        dataset="garments", detector="e", regions="r", device="cpu", photographs="p", prepared="q", catalogue="a",
        measured_catalogue="b",
    )  # fmt: skip
    train, evaluate = (" ".join(map(str, results._shared(flags, verb))) for verb in ("train", "evaluate"))
    assert train.endswith("--photographs p --prepared q --catalogue a")
    assert evaluate.endswith("--photographs p --prepared q --catalogue b")
