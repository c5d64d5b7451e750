"""train-detector: train the Faster R-CNN on a benchmark's pictures."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_benchmark_flags, add_device, add_verb, add_workers, chosen_benchmark, either, whole_number
from lbf_model.only_writer import only_writer
from lbf_model.tasks.registry import BENCHMARKS
from lbf_model.training.settings import DetectorTraining

_USUAL = DetectorTraining()


def add_to(verbs) -> None:
    """Add the verb's parser."""
    taking_part = [benchmark for benchmark in BENCHMARKS.values() if benchmark.detector_examples]
    pictures = either((b.pictures for b in taking_part), " or on ")
    parser = add_verb(verbs, "train-detector", f"train the Faster R-CNN on {pictures}; resumable", run)
    add_benchmark_flags(parser, "train-detector", taking_part)
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder")
    steps = ", ".join(f"{b.detector_steps} ({b.name})" for b in taking_part)
    parser.add_argument("--steps", type=whole_number, help=f"default: {steps}")
    parser.add_argument(
        "--batch-size", type=whole_number, default=_USUAL.batch_size, help="pictures a step (default: %(default)s)"
    )
    parser.add_argument("--learning-rate", type=float, default=_USUAL.learning_rate, help="default: %(default)s")
    parser.add_argument("--start-from", type=Path, help="continue from this detector checkpoint instead of ImageNet weights")
    parser.add_argument("--seed", type=int, default=_USUAL.seed)
    add_workers(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Train until the schedule ends; an interrupted run resumes."""
    from lbf_model.training.train_detector import train_detector

    benchmark = chosen_benchmark(flags)
    config, examples = benchmark.detector_examples(flags)
    steps = flags.steps or benchmark.detector_steps
    training = DetectorTraining(steps, flags.batch_size, flags.learning_rate, seed=flags.seed)
    with only_writer(flags.out):
        train_detector(examples, flags.out, config, training, flags.device, flags.start_from, flags.workers)
