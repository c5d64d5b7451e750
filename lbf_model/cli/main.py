"""The command line as a whole. Exit codes: 0; 2 for bad input, with one clear line on stderr."""

import argparse
import sys

from lbf_model.cli import (
    calibrate_answers,
    evaluate,
    evaluate_attribution,
    evaluate_detector,
    evaluate_grounding,
    index,
    make_demo,
    search,
    train,
    train_detector,
    write_checksums,
)
from lbf_model.cli.flags import add_verb, check_benchmark_flags
from lbf_model.tasks.registry import BENCHMARKS


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    flags = build_parser().parse_args(arguments)
    try:
        check_benchmark_flags(flags)
        flags.run(flags)
    except ValueError as error:  # what public edges raise for bad input; anything else is a fault and shows its trace
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs, in the order in which a newcomer needs them."""
    parser = argparse.ArgumentParser(prog="python -m lbf_model", description="Region-based composed image retrieval.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for verb in (search, index):
        verb.add_to(verbs)
    for benchmark in BENCHMARKS.values():
        for own in benchmark.own_verbs:
            own.add_arguments(add_verb(verbs, own.name, own.help, own.run))
    trainings = train_detector, evaluate_detector, train, calibrate_answers
    measuring = evaluate, evaluate_grounding, evaluate_attribution
    for verb in (*trainings, *measuring, make_demo, write_checksums):
        verb.add_to(verbs)
    return parser
