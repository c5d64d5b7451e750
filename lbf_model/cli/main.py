"""The whole command line. Exit codes: 0; 2 for errors that the user can fix, with one clear line on stderr."""

import argparse
from pathlib import Path

from lbf_model.cli import (
    calibrate_answers,
    evaluate,
    evaluate_attribution,
    evaluate_detector,
    evaluate_grounding,
    index,
    make_demo,
    merge,
    publish,
    results,
    search,
    store_answers,
    train,
    train_detector,
    write_checksums,
)
from lbf_model.cli.flags import add_verb, check_benchmark_flags
from lbf_model.cli.one_line import OneLineParser, check_device, check_file, check_folder, run_or_refuse
from lbf_model.tasks.registry import BENCHMARKS

_WRITTEN_FOLDERS = ("out", "regions", "assets", "runs")  # across all verbs


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    flags = build_parser().parse_args(arguments)
    return run_or_refuse(lambda: _run(flags))


def _run(flags: argparse.Namespace) -> None:
    """Run a verb after checking that it has what it needs: some run for hours before they write anything."""
    check_benchmark_flags(flags)
    check_device(getattr(flags, "device", "cpu"))
    given = vars(flags)
    for name in _WRITTEN_FOLDERS:
        if given.get(name) is not None:
            check_folder(given[name])
    if isinstance(file := given.get("json"), Path):
        check_file(file)
    flags.run(flags)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs, in the order in which a newcomer needs them."""
    parser = OneLineParser(prog="python -m lbf_model", description="Region-based composed image retrieval.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for verb in (search, index, merge, publish):
        verb.add_to(verbs)
    for benchmark in BENCHMARKS.values():
        for own in benchmark.own_verbs:
            own.add_arguments(add_verb(verbs, own.name, own.help, own.run))
    trainings = train_detector, evaluate_detector, train, calibrate_answers
    measuring = evaluate, evaluate_grounding, evaluate_attribution
    for verb in (*trainings, *measuring, results, make_demo, store_answers, write_checksums):
        verb.add_to(verbs)
    return parser
