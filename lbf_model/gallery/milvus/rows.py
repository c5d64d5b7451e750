"""What a row of a collection holds beside its vector: the picture's item and hash, as text that every Milvus keeps."""

import json
from base64 import b64decode, b64encode
from dataclasses import asdict

import numpy as np

from lbf_model.gallery.items import GalleryItem, item_from_record
from lbf_model.gallery.near_duplicates import HASH_BYTES

ITEM, HASH, FIRST = "item", "hash", "first"  # fields of a collection
LONGEST = 65_535  # bytes of a text


def row_of(item: GalleryItem, hash: np.ndarray, first: int) -> dict[str, str | int]:
    """A picture as a row.

    Args:
        item: the picture.
        hash: (385,) uint8.
        first: the row that stands for the same picture.

    Raises:
        ValueError: the picture has more to tell than a row holds.
    """
    record = json.dumps(asdict(item))
    if len(record) > LONGEST:
        raise ValueError(f"{item.path}: its regions and caption take {len(record)} bytes, but Milvus holds {LONGEST}")
    return {ITEM: record, HASH: b64encode(hash.tobytes()).decode(), FIRST: first}


def picture_of(row: dict) -> tuple[GalleryItem, np.ndarray, int]:
    """What `row_of` was given.

    Raises:
        KeyError, TypeError, ValueError: the row holds something else.
    """
    hash = np.frombuffer(b64decode(row[HASH], validate=True), np.uint8)
    if hash.shape != (HASH_BYTES,):
        raise ValueError(f"a hash of {len(hash)} bytes")
    return item_from_record(json.loads(row[ITEM])), hash, int(row[FIRST])
