"""calibrate-answers: write into a checkpoint how likely its answers are right, by their cosines."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from lbf_model.cli.figures import report
from lbf_model.cli.flags import add_benchmark_flags, add_detector, add_figures_file, add_verb, chosen_benchmark
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.answer_trials]
    text = "learn how likely answers are right by their cosines; written into the checkpoint"
    parser = add_verb(verbs, "calibrate-answers", text, run)
    parser.add_argument("checkpoint", type=Path, help="compositor checkpoint folder; its config.json is written anew")
    add_benchmark_flags(parser, "calibrate-answers", taking_part)
    add_detector(parser)
    parser.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    parser.add_argument("--seed", type=int, default=0, help="draws what is asked, where that is drawn (default: 0)")
    add_figures_file(parser)


def run(flags: Namespace) -> None:
    """Fit to every other answer, write, and print how well that tells of the others."""
    from lbf_model.checkpoint import change_facts
    from lbf_model.training.calibration import evaluate_odds, fit_odds
    from lbf_model.vision.detectors.registry import load_detector

    scores, right = chosen_benchmark(flags).answer_trials(flags, load_detector(flags.detector))
    odds = fit_odds(scores[::2], right[::2])
    change_facts(flags.checkpoint, "compositor", odds=asdict(odds))
    report(
        {"odds": asdict(odds), "on the other half of the answers": evaluate_odds(odds, scores[1::2], right[1::2])}, flags.json
    )
