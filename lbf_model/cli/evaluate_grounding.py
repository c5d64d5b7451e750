"""evaluate-grounding: whether attention points at what each word fits, and at what the sentence is about."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.figures import report
from lbf_model.cli.flags import add_benchmark_flags, add_device, add_figures_file, add_verb, chosen_benchmark
from lbf_model.cli.paths import CHECKPOINTS
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    text = "whether attention points at what words fit and sentences are about"
    parser = add_verb(verbs, "evaluate-grounding", text, run)
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.grounded_queries]
    add_benchmark_flags(parser, "evaluate-grounding", taking_part)
    parser.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one for the data set)")
    parser.add_argument("--queries", type=int, default=1000, help="how many, or all where there are fewer (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="draws queries and resamples (default: 0)")
    add_figures_file(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Print the figures."""
    from lbf_model.training.evaluate_grounding import evaluate_grounding

    if flags.queries < 1:
        raise ValueError(f"--queries {flags.queries}: ask for one query or more")
    benchmark = chosen_benchmark(flags)
    queries, facts = benchmark.grounded_queries(flags)
    folder = flags.checkpoint or CHECKPOINTS / benchmark.checkpoint
    report(evaluate_grounding(folder, queries, facts, flags.seed, flags.device), flags.json)
