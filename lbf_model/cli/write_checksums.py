"""write-checksums: vouch for checkpoints and galleries as they are."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_verb


def add_to(verbs) -> None:
    """Add the verb's parser."""
    help = "write checksums for checkpoints and galleries as they are, if made before there were checksums or changed by hand"
    parser = add_verb(verbs, "write-checksums", help, run)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="checkpoint or gallery folder")


def run(flags: Namespace) -> None:
    """Write the checksums of each folder, and print where."""
    from lbf_model import checkpoint
    from lbf_model.gallery import store

    for folder in flags.folders:
        room = store if (folder / "gallery.json").exists() else checkpoint
        print(room.write_checksums(folder))
