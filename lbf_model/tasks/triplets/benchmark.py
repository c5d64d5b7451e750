"""Triplets as the command line sees them."""

from argparse import Namespace

from lbf_model.tasks.benchmark import folder_flag
from lbf_model.tasks.captioned.verbs import captioned_benchmark

_ROOT = (folder_flag("--root", "folder with pictures, train.jsonl and test.jsonl"),)


def _load(flags: Namespace, split: str) -> tuple:
    from lbf_model.tasks.triplets.data import load_triplets

    return load_triplets(flags.root, split)


TRIPLETS = captioned_benchmark("triplets", "triplets", _ROOT, _load)
