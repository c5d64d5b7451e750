"""What the verbs that measure maps share: some queries of a benchmark, asked of one LBF checkpoint."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from lbf_model.cli.figures import report
from lbf_model.cli.flags import add_benchmark_flags, add_device, add_figures_file, add_verb, chosen_benchmark
from lbf_model.cli.paths import CHECKPOINTS
from lbf_model.tasks.benchmark import Benchmark


def add_map_verb(
    verbs, name: str, help: str, run: Callable[[Namespace], None], benchmarks: Sequence[Benchmark], count: int
) -> None:
    """Add a verb's parser; `count` is how many queries it asks by default."""
    parser = add_verb(verbs, name, help, run)
    add_benchmark_flags(parser, name, benchmarks)
    parser.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one for the data set)")
    parser.add_argument("--queries", type=int, default=count, help=f"how many, or all if there are fewer (default: {count})")
    parser.add_argument("--seed", type=int, default=0, help="draws queries, sentences and resamples (default: 0)")
    add_figures_file(parser)
    add_device(parser)


def report_maps(flags: Namespace, draw: Callable[[Benchmark], Callable[[Namespace], tuple]], evaluate: Callable) -> None:
    """Print the figures.

    Args:
        flags: of the verb.
        draw: the function of a benchmark that draws its queries.
        evaluate: takes the checkpoint folder, the queries, what the figures say about them, the seed and the device.

    Raises:
        ValueError: fewer than one query is asked for.
    """
    if flags.queries < 1:
        raise ValueError(f"--queries {flags.queries}: ask for one query or more")
    benchmark = chosen_benchmark(flags)
    queries, facts = draw(benchmark)(flags)
    folder = flags.checkpoint or CHECKPOINTS / benchmark.checkpoint
    report(evaluate(folder, queries, facts, flags.seed, flags.device), flags.json)
