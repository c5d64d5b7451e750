"""average: a compositor checkpoint between one and what was trained further from it."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_verb


def add_to(verbs) -> None:
    """Add the verb's parser."""
    parser = add_verb(verbs, "average", "make a checkpoint between one and what was trained further from it", run)
    parser.add_argument("begin", type=Path, help="compositor checkpoint folder")
    parser.add_argument("end", type=Path, help="the checkpoint folder that `train --start-from` made of it")
    parser.add_argument("--share", type=float, default=0.5, help="of the second one's weights, 0 to 1 (default: 0.5)")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")


def run(flags: Namespace) -> None:
    """Write the checkpoint."""
    from lbf_model.training.averaging import average_checkpoints

    average_checkpoints(flags.begin, flags.end, flags.share, flags.out)
    print(f"{flags.share:g} of {flags.end} and {1 - flags.share:g} of {flags.begin}: {flags.out}")
