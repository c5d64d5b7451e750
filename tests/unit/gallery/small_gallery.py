"""Items and vectors of a small gallery."""

from dataclasses import replace

import numpy as np

from lbf_model.gallery.items import CompositorFacts, GalleryFacts, GalleryItem
from tests.small import random_hashes

FACTS = GalleryFacts("aaa", "bbb", 8, "pictures")
TWO = replace(FACTS, compared=(CompositorFacts("ccc", "css-concat", "concat", 8), CompositorFacts("ddd", "css-sum", "sum", 12)))


def items(count, first=0):
    return [
        GalleryItem(f"id{i}", f"{i}.png", f"caption {i}", ({"box": [0, 0, 1, 1], "score": 1.0, "label": "x"},), f"digest {i}")
        for i in range(first, first + count)
    ]


def embeddings(count, seed=0, width=8):
    vectors = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def both(count):
    """Embeddings of the two compared compositors."""
    return {"ccc": embeddings(count, seed=1), "ddd": embeddings(count, seed=2, width=12)}


def add(writer, items, *vectors):
    """Append items with hashes that tell them apart as their digests do."""
    writer.add(items, random_hashes(items), *vectors)


def flipped(path, place, bit=1):
    content = bytearray(path.read_bytes())
    content[place] ^= bit
    path.write_bytes(content)
