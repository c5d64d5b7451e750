"""Fashion-200k as the command line knows it."""

from argparse import Namespace

from lbf_model.tasks.benchmark import folder_flag
from lbf_model.tasks.captioned.verbs import captioned_benchmark

_ROOT = (folder_flag("--root", "folder with labels/, women/ and test_queries.txt"),)


def _load(flags: Namespace, split: str) -> tuple:
    from lbf_model.tasks.fashion200k.data import PROTOCOL, load_fashion200k

    return PROTOCOL, load_fashion200k(flags.root, split)


FASHION200K = captioned_benchmark("fashion200k", "Fashion-200k", {"train": _ROOT, "evaluate": _ROOT}, _load)
