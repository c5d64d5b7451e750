"""The queries of the benchmarks: the shipped examples, and queries made from the pictures and labels of a gallery."""

import json
from itertools import product

import numpy as np
import torch
from PIL import Image

from benchmarks import ROOT
from lbf_model.gallery.gallery import Gallery
from lbf_model.precision import PRECISIONS
from lbf_model.retrieval.catalog import CatalogEntry, load_catalog, shipped_galleries
from lbf_model.vision.pictures import load_picture

EXAMPLES = ROOT / "assets" / "examples"
NO_CUDA = "not measured: this machine has no CUDA device"

Query = tuple[Image.Image, str]


def shipped_entries(device: str = "cpu", dtype: torch.dtype = torch.float32) -> list[CatalogEntry]:
    """The shipped galleries with their checkpoints."""
    catalog = load_catalog(shipped_galleries(ROOT / "assets" / "galleries"), [], ROOT / "checkpoints", device, dtype)
    return list(catalog.by_name.values())


def runs(devices: list[str], dtypes: list[str]) -> dict[str, tuple[str, torch.dtype] | None]:
    """(device, dtype) by their names, such as "cpu float32"; None if this machine has no such device."""
    available = {"cpu": True, "cuda": torch.cuda.is_available()}
    return {f"{d} {t}": (d, PRECISIONS[t]) if available[d] else None for d, t in product(devices, dtypes)}


def example_queries(gallery: str) -> list[Query]:
    """The examples that the page shows for a gallery."""
    records = json.loads((EXAMPLES / "examples.json").read_text())
    return [(load_picture(EXAMPLES / r["picture"]), r["text"]) for r in records if r["gallery"] == gallery]


def label_queries(gallery: Gallery, count: int, seed: int = 0) -> list[Query]:
    """Random pictures of a gallery, each to be changed to the label of another picture; the seed decides which."""
    rng = np.random.default_rng(seed)
    queries = []
    for row, other in rng.integers(0, len(gallery), (count, 2)):
        old, new = (gallery.items[i].regions[0]["label"] for i in (row, other))
        queries.append((load_picture(gallery.picture(gallery.items[row])), f"make {old} {new.rsplit(' ', 1)[0]}"))
    return queries
