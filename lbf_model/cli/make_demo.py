"""make-demo: make a shipped gallery, and the page's examples for it."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_benchmark_flags, add_device, add_verb, chosen_benchmark
from lbf_model.cli.paths import ASSETS, CHECKPOINTS
from lbf_model.cli.store_answers import store_answers
from lbf_model.tasks.registry import BENCHMARKS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    parser = add_verb(verbs, "make-demo", "make a shipped gallery and the page's examples for it", run)
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.make_demo]
    add_benchmark_flags(parser, "make-demo", taking_part)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    seeds = ", ".join(f"{b.demo_seed} ({b.name})" for b in taking_part)
    parser.add_argument("--seed", type=int, help=f"default: {seeds}; training and measuring must use others")
    parser.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one for the data set)")
    add_device(parser)


def run(flags: Namespace) -> None:
    """Write the gallery, the examples and the answer that the page opens on, and print how many there are."""
    from lbf_model.retrieval.catalog import shipped_checkpoints
    from lbf_model.retrieval.compare import comparable_folders, load_compared
    from lbf_model.retrieval.retriever import load_retriever

    benchmark = chosen_benchmark(flags)
    flags.seed = benchmark.demo_seed if flags.seed is None else flags.seed
    retriever = load_retriever(flags.checkpoint or CHECKPOINTS / benchmark.checkpoint, flags.device)
    compared = load_compared(comparable_folders(shipped_checkpoints(CHECKPOINTS), retriever), retriever)
    made = benchmark.make_demo(flags, retriever, compared)
    store_answers(flags.assets, retriever)
    print(f"{made['pictures']} pictures, {made['examples']} examples of {made['tried']} queries tried: {flags.assets}")
