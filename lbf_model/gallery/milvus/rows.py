"""What a row of a collection holds besides its vector: the picture's item and hash, as text, which every Milvus supports."""

import json
from base64 import b64decode, b64encode
from dataclasses import asdict

import numpy as np

from lbf_model.gallery.items import GalleryItem, item_from_record
from lbf_model.gallery.near_duplicates import HASH_BYTES

ITEM, HASH, FIRST = "item", "hash", "first"  # fields of a collection
LONGEST = 65_535  # bytes in a text field


def row_of(item: GalleryItem, hash: np.ndarray, first: int) -> dict[str, str | int]:
    """A picture as a row.

    Args:
        item: the picture.
        hash: (385,) uint8.
        first: the first row of its group of copies.

    Raises:
        ValueError: the picture's record is too long for a row.
    """
    record = json.dumps(asdict(item))
    if len(record) > LONGEST:
        raise ValueError(f"{item.path}: its regions and caption take {len(record)} bytes, but Milvus holds {LONGEST}")
    return {ITEM: record, HASH: b64encode(hash.tobytes()).decode(), FIRST: first}


def picture_of(row: dict) -> tuple[GalleryItem, np.ndarray, int]:
    """The inverse of `row_of`.

    Raises:
        KeyError, TypeError, ValueError: the row was not made by `row_of`.
    """
    hash = np.frombuffer(b64decode(row[HASH], validate=True), np.uint8)
    if hash.shape != (HASH_BYTES,):
        raise ValueError(f"a hash of {len(hash)} bytes")
    return item_from_record(json.loads(row[ITEM])), hash, int(row[FIRST])
