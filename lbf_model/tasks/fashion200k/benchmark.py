"""Fashion-200k as the command line sees it."""

from argparse import Namespace

from lbf_model.tasks.benchmark import Flag, folder_flag
from lbf_model.tasks.captioned.verbs import captioned_benchmark

_FLAGS = (
    folder_flag("--root", "folder with labels/, women/ and test_queries.txt"),
    folder_flag("--originals", "folder with women/ of the original pictures, instead of the crops in --root", needed=False),
    Flag(
        "--wording",
        'how texts are worded: "replace X with Y", as published (default), or for colours "replace X color to Y"',
        {"choices": ("replace-with", "color-to"), "default": "replace-with"},
    ),
)


def _load(flags: Namespace, split: str) -> tuple:
    from lbf_model.tasks.fashion200k.data import fashion200k_protocol, load_fashion200k

    return fashion200k_protocol(flags.wording), load_fashion200k(flags.root, split, flags.wording, flags.originals)


FASHION200K = captioned_benchmark("fashion200k", "Fashion-200k", _FLAGS, _load)
