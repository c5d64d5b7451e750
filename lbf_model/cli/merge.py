"""merge: join the shards that `index --shard` made into one gallery."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_backend, add_verb, check_backend


def add_to(verbs) -> None:
    """Add the verb's parser."""
    parser = add_verb(verbs, "merge", "join all shards that `index --shard` made into one gallery", run)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="gallery folder of a shard")
    parser.add_argument("--out", type=Path, required=True, help="gallery folder to write")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where the pictures are (default: as for the shards)")
    parser.add_argument("--title", default="", help="what the page calls the gallery (default: as the first shard says)")
    add_backend(parser, "auto")


def run(flags: Namespace) -> None:
    """Write the gallery, and print how many pictures it holds."""
    from lbf_model.indexing.shards import merge_shards

    check_backend(flags.backend)
    gallery = merge_shards(flags.folders, flags.out, flags.pictures, flags.title, flags.backend)
    print(f"{len(gallery)} pictures of {len(flags.folders)} shards, {len(gallery.skipped)} skipped: {flags.out}")
