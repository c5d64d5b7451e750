"""Turns a gallery into the formats that were written before, so that reading them stays tested."""

import json
from dataclasses import asdict
from pathlib import Path

import faiss
import numpy as np

from lbf_model.gallery.item_table import ItemTable
from lbf_model.gallery.store import write_checksums


def as_lines(folder: Path) -> Path:
    """Turn a gallery into format 3: pictures as lines of JSON, and vectors with their row numbers. Returns the lines' file."""
    about = json.loads((folder / "gallery.json").read_text())
    about = {**about, "format": 3}
    del about["recall"]
    (folder / "gallery.json").write_text(json.dumps(about))
    (table,) = folder.glob("items-*.sqlite")
    lines = table.with_suffix(".jsonl")
    lines.write_text("".join(json.dumps(asdict(item)) + "\n" for item in ItemTable.open(table)))
    table.unlink()
    for file in folder.glob("vectors-*.faiss"):
        flat = faiss.read_index(str(file))
        vectors = flat.reconstruct_n(0, flat.ntotal)
        flat.reset()
        numbered = faiss.IndexIDMap2(flat)
        numbered.add_with_ids(vectors, np.arange(len(vectors)))
        file.unlink()
        faiss.write_index(numbered, str(file))
    write_checksums(folder)
    return lines


def as_without_hashes(folder: Path) -> None:
    """Turn a gallery into format 2, from before there were perceptual hashes."""
    lines = as_lines(folder)
    about = json.loads((folder / "gallery.json").read_text())
    about = {**about, "format": 2, "beside": about.pop("compared")}
    del about["backend"]
    (folder / "gallery.json").write_text(json.dumps(about))
    items = [json.loads(line) for line in lines.read_text().splitlines()]
    assert all(item.pop("copy_of") is not None for item in items)
    lines.write_text("".join(json.dumps(item) + "\n" for item in items))
    next(folder.glob("hashes-*.npy")).unlink()
    write_checksums(folder)
