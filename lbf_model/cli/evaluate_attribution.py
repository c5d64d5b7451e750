"""evaluate-attribution: how well attention and relevance tell what matters in a benchmark's queries."""

from argparse import Namespace

from lbf_model.cli.map_verbs import add_map_verb, report_maps
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    text = "how well attention and relevance tell what matters in a query"
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.known_queries]
    add_map_verb(verbs, "evaluate-attribution", text, run, taking_part, count=500)


def run(flags: Namespace) -> None:
    """Print the figures."""
    from lbf_model.training.evaluate_attribution import evaluate_attribution

    report_maps(flags, lambda benchmark: benchmark.known_queries, evaluate_attribution)
