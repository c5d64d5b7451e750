"""Draws the pictures of a folder, indexes it, and tells what came of it."""

import numpy as np
from PIL import Image

from lbf_model.indexing.build import build_gallery
from lbf_model.indexing.read import list_folder


def draw(path, seed):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 60, 3), np.uint8)).save(path)


def index(retriever, folder, out, **options):
    listing = list_folder(folder)
    return build_gallery(retriever, folder, listing.entries, out, unseen=listing.unseen, **options)


def counts(changes):
    return changes.added, changes.changed, changes.removed, changes.kept


def files(out):
    """Content by name, but for what differs from run to run."""
    return {p.name: p.read_bytes() for p in out.iterdir()}
