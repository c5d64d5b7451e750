"""train: train a compositor on a benchmark's queries."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from lbf_model.cli.flags import (
    add_benchmark_flags,
    add_detector,
    add_device,
    add_verb,
    add_workers,
    chosen_benchmark,
    either,
    weight,
    whole_number,
)
from lbf_model.compositors.registry import COMPOSITORS, parse_model_facts
from lbf_model.only_writer import only_writer
from lbf_model.tasks.registry import BENCHMARKS
from lbf_model.training.settings import GROUNDED_LAYERS, LOSSES, CompositorTraining

_USUAL = CompositorTraining()


def add_to(verbs) -> None:
    """Add the verb's parser."""
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.training_queries]
    titles = either(b.title for b in taking_part)
    parser = add_verb(verbs, "train", f"train a compositor on {titles}; extracts regions first; resumable", run)
    add_benchmark_flags(parser, "train", taking_part)
    add_detector(parser)
    parser.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--compositor", choices=tuple(COMPOSITORS), default="lbf")
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a fact of the compositor's config, such as vep_layers=0 or max_regions=9; repeatable",
    )
    parser.add_argument("--updates", type=whole_number, default=_USUAL.updates, help="default: %(default)s")
    parser.add_argument(
        "--validate-every",
        type=whole_number,
        default=_USUAL.validate_every,
        help="updates between validations (default: %(default)s)",
    )
    parser.add_argument("--loss", choices=LOSSES, default=_USUAL.loss)
    parser.add_argument(
        "--grounding",
        type=float,
        default=_USUAL.grounding,
        help="weight of the loss that teaches words where to look, if the compositor has attention and the data say where; "
        "0 is the paper's attention (default: %(default)s)",
    )
    parser.add_argument(
        "--grounded-layers",
        choices=GROUNDED_LAYERS,
        default=_USUAL.grounded_layers,
        help="first-and-last teaches the first layer what a word fits and the last what the sentence is about; "
        "every teaches all layers what the sentence is about (default: %(default)s)",
    )
    parser.add_argument(
        "--cut-links",
        type=float,
        default=_USUAL.cut_links,
        help="share of queries that lose links to regions they are not about (default: %(default)s)",
    )
    parser.add_argument(
        "--soft-negatives",
        type=weight,
        default=_USUAL.soft_negatives,
        help="how much a picture counts as wrong if it has what was asked for but differs elsewhere, above 0 and at most 1 "
        "(default: %(default)s)",
    )
    parser.add_argument("--learning-rate", type=float, default=_USUAL.learning_rate, help="default: %(default)s")
    parser.add_argument("--start-from", type=Path, help="continue from this checkpoint of the same compositor")
    parser.add_argument("--seed", type=int, default=_USUAL.seed)
    add_workers(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Extract regions where they are missing, and train until the schedule ends; an interrupted run resumes."""
    from lbf_model.training.train_compositor import train_compositor
    from lbf_model.vision.detectors.registry import load_detector

    flags.model_facts = parse_model_facts(flags.compositor, flags.model)
    detector = load_detector(flags.detector, flags.device)
    config, queries = chosen_benchmark(flags).training_queries(flags, detector)
    training = CompositorTraining(**{name: value for name, value in vars(flags).items() if name in asdict(_USUAL)})
    with only_writer(flags.out):
        train_compositor(flags.compositor, config, training, queries, flags.out, flags.device, flags.workers, flags.start_from)
    print(f"The best checkpoint is in {flags.out}, its validation figures in {flags.out / 'curve.json'}.")
