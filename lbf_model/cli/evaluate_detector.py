"""evaluate-detector: how well a detector finds and names a benchmark's regions."""

from argparse import Namespace

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
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.detector_figures]
    pictures = either((b.pictures for b in taking_part), " or on ")
    parser = add_verb(verbs, "evaluate-detector", f"boxes and attributes of a detector, on {pictures}", run)
    add_benchmark_flags(parser, "evaluate-detector", taking_part)
    add_detector(parser)
    add_figures_file(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Print the figures."""
    from lbf_model.vision.detectors.registry import load_detector

    report(chosen_benchmark(flags).detector_figures(flags, load_detector(flags.detector, flags.device)), flags.json)
