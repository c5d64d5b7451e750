"""Flags that several verbs share, and the flags that benchmarks add to them."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lbf_model.cli.paths import CHECKPOINTS
from lbf_model.tasks.benchmark import Benchmark, Flag
from lbf_model.tasks.registry import BENCHMARKS
from lbf_model.vision.detectors.registry import DETECTOR_KINDS


def add_verb(verbs, name: str, help: str, run: Callable[[Namespace], None]) -> ArgumentParser:
    """Add a verb's parser; the parsed flags carry `run` and `parser`."""
    parser = verbs.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_device(parser: ArgumentParser) -> None:
    """Add --device."""
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")


def add_workers(parser: ArgumentParser) -> None:
    """Add --workers to a training verb."""
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        help="processes that prepare batches ahead, to keep a GPU busy (default: none; results stay the same)",
    )


def detector_forms() -> str:
    """ "FOLDER, NAME:ARGUMENT or ...": every form in which a flag takes a detector."""
    return either(kind.form for kind in DETECTOR_KINDS.values())


def add_detector(parser: ArgumentParser) -> None:
    """Add --detector. If it is not given, `check_benchmark_flags` fills in the chosen benchmark's."""
    parser.add_argument(
        "--detector", help=f"detector checkpoint {detector_forms()} (default: the shipped one for the data set)"
    )


def add_own_detector(parser: ArgumentParser) -> None:
    """Add --detector to a verb whose checkpoint knows its detector."""
    parser.add_argument(
        "--detector", help=f"detector checkpoint {detector_forms()} (default: the one that the checkpoint names, beside it)"
    )


def add_figures_file(parser: ArgumentParser) -> None:
    """Add --json FILE to a verb that prints figures."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def add_benchmark_flags(parser: ArgumentParser, verb: str, benchmarks: Sequence[Benchmark]) -> None:
    """Add --dataset, whose default is the first of these benchmarks, and all flags that they have for a verb."""
    names = [benchmark.name for benchmark in benchmarks]
    parser.add_argument("--dataset", choices=names, default=names[0])
    by_name: dict[str, dict[str, Flag]] = {}
    for benchmark in benchmarks:
        for flag in benchmark.flags_of(verb):
            by_name.setdefault(flag.name, {})[benchmark.name] = flag
    for name, flags in by_name.items():
        first, *others = flags.values()
        assert all(other.settings == first.settings for other in others), f"{verb} {name}: benchmarks disagree on its settings"
        told = "; ".join(f"{benchmark}: {flag.help}" for benchmark, flag in flags.items())
        parser.add_argument(name, help=told, **first.settings)
    parser.set_defaults(verb=verb, owners={next(iter(f.values())).attribute: tuple(f) for f in by_name.values()})


def check_benchmark_flags(flags: Namespace) -> None:
    """Refuse flags that the chosen benchmark does not use, ask for those it needs, and fill in its detector.

    Verbs without --dataset pass.

    Raises:
        ValueError: the message names every flag that does not belong, or else every one that is missing.
    """
    if "dataset" not in flags:
        return
    given = {name for name, value in vars(flags).items() if value != flags.parser.get_default(name)}
    unused = [
        f"--{attribute.replace('_', '-')} ({', '.join(owners)} only)"
        for attribute, owners in flags.owners.items()
        if attribute in given and flags.dataset not in owners
    ]
    if unused:
        raise ValueError(f"--dataset {flags.dataset} does not use {', '.join(unused)}; leave it out, or change --dataset")
    benchmark = chosen_benchmark(flags)
    missing = [f.name for f in benchmark.flags_of(flags.verb) if f.needed and getattr(flags, f.attribute) is None]
    if missing:
        raise ValueError(f"--dataset {flags.dataset} needs " + " and ".join(f"{name} FOLDER" for name in missing))
    if "detector" in flags:
        flags.detector = flags.detector or CHECKPOINTS / benchmark.detector


def chosen_benchmark(flags: Namespace) -> Benchmark:
    """The benchmark that --dataset names."""
    return BENCHMARKS[flags.dataset]


def whole_number(text: str) -> int:
    """A whole number of at least 1, as argparse reads it."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r}: give a whole number from 1")
    return int(text)


def weight(text: str) -> float:
    """A number above 0 and at most 1, as argparse reads it."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise ArgumentTypeError(f"{text!r}: give a number above 0 and at most 1")
    return number


def either(names: Iterable[str], joint: str = " or ") -> str:
    """ "A, B or C" of names."""
    *most, last = names
    return joint.join([", ".join(most), last] if most else [last])


def add_backend(parser: ArgumentParser, default: str) -> None:
    """Add --backend, which is "" if not given; `default` says what that means."""
    told = "flat (exact), hnsw or ivf-pq (approximate, for millions), or auto, by the number of pictures"
    parser.add_argument("--backend", default="", help=f"what searches the vectors: {told} (default: {default})")


def check_backend(name: str) -> None:
    """Refuse an unknown --backend.

    Raises:
        ValueError: the message lists the choices.
    """
    from lbf_model.gallery.backends import AUTOMATIC, BACKENDS

    if name not in ("", AUTOMATIC, *BACKENDS):
        raise ValueError(f"--backend {name}: choose {either([AUTOMATIC, *BACKENDS])}")
