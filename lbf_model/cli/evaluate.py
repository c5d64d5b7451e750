"""evaluate: the figures of compositors by a benchmark's protocol."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.figures import report
from lbf_model.cli.flags import (
    add_benchmark_flags,
    add_detector,
    add_device,
    add_figures_file,
    add_verb,
    chosen_benchmark,
    either,
)
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.figures]
    titles = either(b.title for b in taking_part)
    parser = add_verb(verbs, "evaluate", f"figures of compositors by the protocol of {titles}", run)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="compositor checkpoint folders, one row each")
    add_benchmark_flags(parser, "evaluate", taking_part)
    add_detector(parser)
    parser.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    add_figures_file(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Print the table."""
    report(chosen_benchmark(flags).figures(flags), flags.json)
