"""Fashion-200k as the command line knows it."""

import sys
from argparse import Namespace

from lbf_model.tasks.benchmark import Benchmark, folder_flag

_ROOT = (folder_flag("--root", "folder with labels/, women/ and test_queries.txt"),)


def _training_queries(flags: Namespace, detector) -> tuple:
    from lbf_model.tasks.fashion200k.data import load_fashion200k
    from lbf_model.tasks.fashion200k.training_queries import fashion200k_config, load_fashion200k_queries
    from lbf_model.vision.detectors.registry import detector_reference

    split = load_fashion200k(flags.root, "train")
    if split.missing:
        print(f"{len(split.missing)} pictures are missing and left out, such as {split.missing[0]}", file=sys.stderr)
    config = fashion200k_config(detector, flags.compositor)
    return config, load_fashion200k_queries(
        split, detector, detector_reference(flags.detector), flags.regions, config, flags.seed, device=flags.device
    )


def _figures(flags: Namespace) -> dict:
    from lbf_model.tasks.fashion200k.protocol import evaluate_fashion200k

    return evaluate_fashion200k(flags.checkpoints, flags.root, flags.detector, flags.regions, flags.device)


FASHION200K = Benchmark(
    name="fashion200k",
    title="Fashion-200k",
    pictures="Fashion-200k",
    detector="fashion-detector",
    checkpoint="fashion",
    flags={"train": _ROOT, "evaluate": _ROOT},
    training_queries=_training_queries,
    figures=_figures,
)
