"""MIT-States as the command line sees it."""

from argparse import Namespace

from lbf_model.tasks.benchmark import folder_flag
from lbf_model.tasks.captioned.verbs import captioned_benchmark

_ROOT = (folder_flag("--root", "folder with images/ADJECTIVE NOUN/"),)


def _load(flags: Namespace, split: str) -> tuple:
    from lbf_model.tasks.mit_states.data import PROTOCOL, load_mit_states

    return PROTOCOL, load_mit_states(flags.root, split)


MIT_STATES = captioned_benchmark("mit-states", "MIT-States", _ROOT, _load)
