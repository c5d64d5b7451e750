"""evaluate-grounding: whether attention points at what each word fits, and at what the sentence is about."""

from argparse import Namespace

from lbf_model.cli.map_verbs import add_map_verb, report_maps
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    text = "whether attention points at what words fit and sentences are about"
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.grounded_queries]
    add_map_verb(verbs, "evaluate-grounding", text, run, taking_part, count=1000)


def run(flags: Namespace) -> None:
    """Print the figures."""
    from lbf_model.training.evaluate_grounding import evaluate_grounding

    report_maps(flags, lambda benchmark: benchmark.grounded_queries, evaluate_grounding)
