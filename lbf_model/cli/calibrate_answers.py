"""calibrate-answers: write into a checkpoint how likely its answers are right."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from lbf_model.cli.figures import report
from lbf_model.cli.flags import add_benchmark_flags, add_detector, add_figures_file, add_verb, chosen_benchmark
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.answer_trials]
    text = "learn how likely answers are right; written into the checkpoint"
    parser = add_verb(verbs, "calibrate-answers", text, run)
    parser.add_argument("checkpoint", type=Path, help="compositor checkpoint folder; its config.json is rewritten")
    add_benchmark_flags(parser, "calibrate-answers", taking_part)
    add_detector(parser)
    parser.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    parser.add_argument("--seed", type=int, default=0, help="seed for drawing queries, if they are drawn (default: 0)")
    add_figures_file(parser)


def run(flags: Namespace) -> None:
    """Fit to all answers and store the fit; print how well a fit to half of the reference pictures predicts the other half."""
    import numpy as np

    from lbf_model.checkpoint import change_facts
    from lbf_model.training.calibration import evaluate_odds, fit_odds
    from lbf_model.vision.detectors.registry import load_detector

    trials = chosen_benchmark(flags).answer_trials(flags, load_detector(flags.detector))
    first = np.isin(trials.references, np.unique(trials.references)[::2])
    halves = evaluate_odds(fit_odds(trials.part(first)), trials.part(~first))
    change_facts(flags.checkpoint, "compositor", odds=asdict(fit_odds(trials)))
    report({"fitted to one half of the pictures, measured on the other": halves}, flags.json)
