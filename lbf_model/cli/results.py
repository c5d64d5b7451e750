"""results: train and evaluate the experiments of the tables one by one, and keep one file of figures for each run."""

import json
import os
import platform
import shlex
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from lbf_model.cli import evaluate, train
from lbf_model.cli.flags import (
    add_benchmark_flags,
    add_detector,
    add_device,
    add_verb,
    add_workers,
    check_benchmark_flags,
    chosen_benchmark,
    either,
    whole_number,
)
from lbf_model.cli.paths import ROOT
from lbf_model.tasks.experiments import ABLATION, BUDGETS, TABLE, Experiment, UnsuitedError
from lbf_model.tasks.registry import BENCHMARKS

_MEASURED = "measured_"  # such a flag replaces, for `evaluate`, the one that it shares with `train`


def add_to(verbs) -> None:
    """Add the verb's parser."""
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if "results" in benchmark.flags]
    titles = either(b.title for b in taking_part)
    told = f"train and evaluate every row of the tables on {titles}; finished runs are kept, interrupted ones go on"
    parser = add_verb(verbs, "results", told, run)
    parser.add_argument("--budget", choices=tuple(BUDGETS), default="cpu", help="how long each run trains (default: cpu)")
    parser.add_argument("--only", nargs="+", metavar="ROW", help="only these experiments")
    parser.add_argument("--seeds", type=whole_number, help="runs of each experiment (default: those of the budget)")
    add_benchmark_flags(parser, "results", taking_part)
    add_detector(parser)
    parser.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    parser.add_argument("--runs", type=Path, default=Path("runs/results"), help="for checkpoints (default: runs/results)")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="folder for the figures (default: results/)")
    add_workers(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Do the runs that are not done yet: the first seed of every experiment, then the second, and so on."""
    planned = plan(flags)
    for number, (experiment, seed) in enumerate(planned, start=1):
        file = flags.out / f"{flags.dataset}-{flags.budget}-{experiment.name}-{seed}.json"
        told = f"[{number}/{len(planned)}] {experiment.name}, seed {seed}"
        if file.exists():
            print(f"{told}: done before", flush=True)
            continue
        print(f"{told}: {BUDGETS[flags.budget].updates} updates", flush=True)
        try:
            figures = _measure(flags, experiment, seed)
        except UnsuitedError as error:
            print(f"{told}: left out: {error}", flush=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps(figures, indent=1) + "\n")
        partial.rename(file)


def plan(flags: Namespace) -> list[tuple[Experiment, int]]:
    """The runs that flags ask for, in order.

    Raises:
        ValueError: --only names an experiment that this benchmark does not have.
    """
    budget = BUDGETS[flags.budget]
    known = {experiment.name: experiment for experiment in (*TABLE, *ABLATION, *chosen_benchmark(flags).experiments)}
    if unknown := set(flags.only or ()) - known.keys():
        raise ValueError(f"no experiment {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = [known[name] for name in flags.only or known]
    seeds = {e.name: flags.seeds or (budget.ablation_seeds if e.ablation else budget.seeds) for e in chosen}
    return [(e, seed) for seed in range(max(seeds.values())) for e in chosen if seed < seeds[e.name]]


def _measure(flags: Namespace, experiment: Experiment, seed: int) -> dict:
    """Train one run to its end, evaluate it, and return all that is known about it."""
    from lbf_model.checkpoint import provenance
    from lbf_model.retrieval.encoder import load_compositor
    from lbf_model.training.cost import query_cost

    budget = BUDGETS[flags.budget]
    out = flags.runs / f"{flags.dataset}-{flags.budget}-{experiment.name}-{seed}"
    course = ("--updates", budget.updates, "--validate-every", budget.validate_every, "--seed", seed)
    workers = ("--workers", flags.workers) if flags.workers else ()
    train_words = [*_shared(flags, "train"), *experiment.flags, *course, *workers, "--out", out]
    evaluate_words = [out, *_shared(flags, "evaluate")]
    begun, started = (out / "training.pt").exists(), time.monotonic()
    train.run(_parse("train", train_words))
    seconds = None if begun else round(time.monotonic() - started)
    parsed = _parse("evaluate", evaluate_words)
    measured = chosen_benchmark(parsed).figures(parsed)
    (row,) = measured.pop("rows")
    model, header = load_compositor(out)
    return {
        "experiment": experiment.name,
        "title": experiment.title,
        "ablation": experiment.ablation,
        "dataset": flags.dataset,
        "budget": flags.budget,
        "seed": seed,
        "commands": [_command("train", train_words), _command("evaluate", evaluate_words)],
        **provenance(),
        "system": platform.system(),
        "device": _device(flags.device),
        "threads": int(os.environ.get("OMP_NUM_THREADS", 0)) or os.cpu_count(),
        "training seconds": seconds,
        "detector": header["detector"],
        "training": header["training"],
        "model": {name: value for name, value in header["model"].items() if name not in ("vocabulary", "aliases", "topics")},
        "cost": query_cost(model),
        "curve": json.loads((out / "curve.json").read_text()),
        "evaluated": {name: value for name, value in measured.items() if name not in provenance()},
        "figures": row,
    }


def _shared(flags: Namespace, verb: str) -> list:
    """The command-line words of a verb that all experiments share."""
    folder = Path(flags.detector)
    detector = folder if folder.is_dir() else flags.detector  # else it names another kind of detector
    words = ["--dataset", flags.dataset, "--detector", detector, "--regions", flags.regions, "--device", flags.device]
    for flag in chosen_benchmark(flags).flags_of(verb):
        own = getattr(flags, flag.attribute, None)
        given = getattr(flags, _MEASURED + flag.attribute, None) if verb == "evaluate" else None
        value = given if given is not None else own
        if value is not None and not isinstance(value, bool):
            words += [flag.name, value]
    return words


def _parse(verb: str, words: Sequence) -> Namespace:
    parser = ArgumentParser()
    verbs = parser.add_subparsers()
    for module in (train, evaluate):
        module.add_to(verbs)
    flags = parser.parse_args([verb, *map(str, words)])
    check_benchmark_flags(flags)
    return flags


def _command(verb: str, words: Sequence) -> str:
    """The command to type for the same run, with a name in place of each folder: folders differ from machine to machine."""
    told, before = [], "out"
    for word in words:
        told.append(str(before).removeprefix("--").upper() if isinstance(word, Path) else str(word))
        before = word
    return f"python -m lbf_model {verb} " + shlex.join(told)


def _device(device: str) -> str:
    if device != "cuda":
        return device
    import torch

    return torch.cuda.get_device_name()
