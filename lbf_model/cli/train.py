"""train: train a compositor on a benchmark's queries."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_benchmark_flags, add_detector, add_device, add_verb, add_workers, chosen_benchmark, either
from lbf_model.compositors.registry import COMPOSITORS
from lbf_model.tasks.registry import BENCHMARKS

LOSSES = ("batch-classification", "soft-triplet")


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
    parser.add_argument("--updates", type=int)
    parser.add_argument("--loss", choices=LOSSES, default="batch-classification")
    parser.add_argument(
        "--grounding",
        type=float,
        default=0.3,
        help="weight of the loss that teaches words where to look, if the compositor attends and the data know; "
        "0 is the paper's attention (default: 0.3)",
    )
    parser.add_argument(
        "--cut-links", type=float, default=0.0, help="share of queries that lose links to regions they are not about"
    )
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--start-from", type=Path, help="go on from this checkpoint of the same compositor")
    parser.add_argument("--seed", type=int, default=0)
    add_workers(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Extract regions where they are missing, and train until the schedule ends; a run that was interrupted goes on."""
    from lbf_model.training.train_compositor import CompositorTraining, train_compositor
    from lbf_model.vision.detectors.registry import load_detector

    detector = load_detector(flags.detector, flags.device)
    config, queries = chosen_benchmark(flags).training_queries(flags, detector)
    updates = {} if flags.updates is None else {"updates": flags.updates}
    taught = {"grounding": flags.grounding, "cut_links": flags.cut_links}
    training = CompositorTraining(learning_rate=flags.learning_rate, loss=flags.loss, seed=flags.seed, **taught, **updates)
    train_compositor(flags.compositor, config, training, queries, flags.out, flags.device, flags.workers, flags.start_from)
