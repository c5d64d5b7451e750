"""publish: put a gallery into Milvus."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_verb


def add_to(verbs) -> None:
    """Add the verb's parser."""
    parser = add_verb(verbs, "publish", "put a gallery into Milvus, replacing what is published there", run)
    parser.add_argument("folder", type=Path, metavar="DIR", help="gallery folder")
    parser.add_argument(
        "address", help="milvus+http://HOST:PORT/COLLECTION, or milvus+lite:FOLDER.db/COLLECTION for an embedded database"
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="where the pictures are on the app's machine (default: as on this one)",
    )
    parser.add_argument(
        "--backend",
        choices=("auto", "flat", "hnsw"),
        default="auto",
        help="how Milvus searches: flat (exact), hnsw (approximate), or auto, by the number of pictures",
    )


def run(flags: Namespace) -> None:
    """Publish, and print how to offer the gallery."""
    from lbf_model.gallery.milvus.address import MilvusAddress
    from lbf_model.gallery.milvus.publish import publish_gallery

    address = MilvusAddress.parse(flags.address)
    published = publish_gallery(flags.folder, address, flags.pictures, flags.backend)
    print(f"{published.pictures} pictures: offer them with app.py --gallery NAME={address}")
    if published.facts.recall is not None:
        print(f"searched by hnsw: approximate, recall {published.facts.recall:.2f} of the ten nearest")
