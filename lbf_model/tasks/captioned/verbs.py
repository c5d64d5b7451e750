"""Train and evaluate on captioned pictures, for the command line."""

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from lbf_model.tasks.benchmark import Benchmark, Flag
from lbf_model.tasks.passed_over import tell_passed_over

if TYPE_CHECKING:
    from lbf_model.tasks.captioned.records import CaptionedSplit, CaptionProtocol


def captioned_benchmark(
    name: str,
    title: str,
    flags: tuple[Flag, ...],
    load: "Callable[[Namespace, str], tuple[CaptionProtocol, CaptionedSplit]]",
) -> Benchmark:
    """A benchmark of captioned pictures that trains and evaluates. It has no detector of its own: it uses that of garments.

    Args:
        name: as `Benchmark.name`.
        title: as `Benchmark.title`.
        flags: of "train", "evaluate" and "results" alike.
        load: parsed flags and "train" or "test" -> the protocol and that split.
    """

    def training_queries(given: Namespace, detector) -> tuple:
        from lbf_model.tasks.captioned.training_queries import captioned_config, load_captioned_queries
        from lbf_model.vision.detectors.registry import detector_reference

        config, reference = captioned_config(detector, given.compositor, given.model_facts), detector_reference(given.detector)
        queries = load_captioned_queries(*load(given, "train"), detector, reference, given.regions, config, given.seed)
        tell_passed_over(queries.split.passed_over)
        return config, queries

    def figures(given: Namespace) -> dict:
        from lbf_model.tasks.captioned.protocol import evaluate_captioned

        return evaluate_captioned(*load(given, "test"), given.checkpoints, given.detector, given.regions, given.device)

    return Benchmark(
        name=name,
        title=title,
        pictures=title,
        detector="fashion-detector",
        checkpoint="fashion",
        flags={verb: flags for verb in ("train", "evaluate", "results")},
        training_queries=training_queries,
        figures=figures,
    )
