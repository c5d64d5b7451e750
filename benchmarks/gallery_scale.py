"""Search of galleries of 10,000 pictures to millions, with each back end: time, recall, memory, size on disk, time to start.

    python -m benchmarks.gallery_scale --json benchmarks/gallery_scale.json --plot docs/scale.svg
    python -m benchmarks.gallery_scale --sizes 1000000 --backends flat ivf-pq --json benchmarks/gallery_scale.json

Vectors are synthetic: 256 wide, unit length, in clusters of about 50, like pictures of one kind of thing. Queries come from the
same clusters. Pictures have three labelled regions each and random perceptual hashes; no picture file is read. Each gallery is
opened in a process of its own, so that its memory is its own; it is measured with and without the pages of mapped files, which
the system takes back when memory runs short. The baseline of a search is NumPy's product of all vectors with the query and a
full sort, in the same process. Times are processor time, which other programs on the machine hardly affect; with
OMP_NUM_THREADS=1 they are what an idle machine takes. `milvus-lite` is the embedded database of Milvus, which runs in that
process, too; a Milvus server is not measured. Figures in the JSON for other sizes and back ends are kept.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import ROOT

MILVUS = "milvus-lite"
WIDTH, QUERIES, COUNT, CLUSTER = 256, 100, 10, 50
BLOCK = 1_000_000  # rows that are made at once
LABELS = [f"{pattern} {color} {kind}" for pattern in "abcd" for color in "efghij" for kind in "klmnopqrst"]


def main() -> None:
    """Measure, print, and write JSON and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--backends", nargs="+", default=["flat", "hnsw", "ivf-pq", MILVUS])
    parser.add_argument("--folder", type=Path, help="where to write galleries while measuring (default: a temporary folder)")
    parser.add_argument("--json", type=Path, help="add the figures to this file")
    parser.add_argument("--plot", type=Path, help="draw all figures of the JSON there")
    parser.add_argument("--open", nargs=2, metavar=("GALLERY", "QUERIES"), help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.open:
        print(json.dumps(measure_opened(*flags.open)))
        return
    from lbf_model.checkpoint import provenance

    figures = json.loads(flags.json.read_text()) if flags.json and flags.json.exists() else {}
    for size in flags.sizes:
        with tempfile.TemporaryDirectory(dir=flags.folder) as folder:
            vectors, queries = clustered_vectors(size, Path(folder) / "vectors.npy")
            np.save(Path(folder) / "queries.npy", queries)
            for backend in flags.backends:
                figures.setdefault(backend, {})[str(size)] = measure(backend, vectors, Path(folder))
                print(backend, size, json.dumps(figures[backend][str(size)]), flush=True)
                if flags.json:
                    threads = {"threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())), "vectors": WIDTH}
                    flags.json.write_text(json.dumps({**figures, **threads, **provenance()}, indent=2) + "\n")
    if flags.plot:
        draw(figures, flags.plot)


def measure(backend: str, vectors: np.ndarray, folder: Path) -> dict:
    """Build a gallery of vectors, and open it in another process, which searches it with `queries.npy` of the folder."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        os.environ["XDG_CACHE_HOME"] = f"{own}/cache"
        place = Path(own) / "gallery"
        place.mkdir()
        built = write_gallery(place, "flat" if backend == MILVUS else backend, vectors)
        if backend == MILVUS:
            place, published = publish(place, Path(own))
            built |= published
        command = [sys.executable, "-m", "benchmarks.gallery_scale", "--open", str(place), str(folder / "queries.npy")]
        opened = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return {**built, **opened}


def clustered_vectors(size: int, file: Path) -> tuple[np.ndarray, np.ndarray]:
    """(size, 256) vectors, mapped from a file, and (100, 256) queries, float32, unit length; the same for the same size."""
    rng = np.random.default_rng(size)
    centres = rng.normal(size=(max(1, size // CLUSTER), WIDTH)).astype(np.float32)

    def drawn(count: int) -> np.ndarray:
        values = rng.standard_normal((count, WIDTH), np.float32)
        values += centres[rng.integers(0, len(centres), count)]
        values /= np.linalg.norm(values, axis=1, keepdims=True)
        return values

    vectors = np.lib.format.open_memmap(file, "w+", np.float32, (size, WIDTH))
    for first in range(0, size, BLOCK):
        vectors[first : first + BLOCK] = drawn(min(BLOCK, size - first))
    return vectors, drawn(QUERIES)


def write_gallery(folder: Path, backend: str, vectors: np.ndarray) -> dict:
    """Write a gallery as `GalleryWriter.finish` does, except for near-duplicates, of which random hashes have none."""
    from dataclasses import asdict, replace

    from lbf_model.checksums import checksum, checksums_of, write_record
    from lbf_model.gallery.backends import BACKENDS
    from lbf_model.gallery.item_table import write_items
    from lbf_model.gallery.items import GalleryFacts, GalleryItem
    from lbf_model.gallery.near_duplicates import HASH_BYTES
    from lbf_model.gallery.store.format import FORMAT, GalleryFiles

    rng, size = np.random.default_rng(0), len(vectors)
    facts = GalleryFacts("compositor", "detector", WIDTH, "pictures", backend=backend)
    files = GalleryFiles.of(folder, 1, facts)
    started = time.process_time()
    built = BACKENDS[backend].build(vectors)
    seconds = time.process_time() - started
    built.save(files.vectors["compositor"])
    facts = replace(facts, recall=built.recall)
    del built
    hashes = np.lib.format.open_memmap(files.hashes, "w+", np.uint8, (size, HASH_BYTES))
    for first in range(0, size, BLOCK):
        hashes[first : first + BLOCK] = rng.integers(0, 256, (min(BLOCK, size - first), HASH_BYTES), np.uint8)
    hashes.flush()
    named = rng.integers(0, len(LABELS), (size, 3), np.uint8)

    def item(row: int) -> GalleryItem:
        regions = [{"box": [10.5, 20.5, 110.5, 220.5], "score": 0.9876, "label": LABELS[label]} for label in named[row]]
        return GalleryItem(f"{row:08d}", f"{row % 100:02d}/{row:08d}.jpg", LABELS[named[row][0]], tuple(regions), f"{row:064x}")

    write_items(files.items, map(item, range(size)), range(size))
    about = {"format": FORMAT, **asdict(facts), "generation": 1, "pictures": size, "skipped": []}
    (folder / "gallery.json").write_text(json.dumps(about))
    made = [files.items, files.hashes, *BACKENDS[backend].files(files.vectors["compositor"])]
    write_record(files.record, {"gallery.json": checksum(folder / "gallery.json"), **checksums_of(made)})
    on_disk = {file.name.split("-1")[0] + file.suffix: file.stat().st_size for file in made}
    return {"build_seconds": round(seconds, 2), "recall_when_built": facts.recall, "bytes_on_disk": on_disk}


def publish(gallery: Path, folder: Path) -> tuple[str, dict]:
    """Put a gallery into a new embedded database; returns its address, how long that took, and how large it is."""
    address = f"milvus+lite:{folder}/embedded.db/scale"
    started = time.perf_counter()  # the work is done in another process, and hardly anything else runs
    subprocess.run([sys.executable, "-m", "lbf_model", "publish", str(gallery), address], check=True, cwd=ROOT)
    seconds = time.perf_counter() - started
    size = sum(file.stat().st_size for file in (folder / "embedded.db").rglob("*") if file.is_file())
    return address, {"build_seconds": round(seconds, 2), "bytes_on_disk": {"embedded.db": size}}


def measure_opened(place: str, queries_file: str) -> dict:
    """Open a gallery and search it, in this process, which has done nothing else."""
    from lbf_model.gallery.near_duplicates import HASH_BYTES
    from lbf_model.gallery.places import load_gallery, parse_place

    queries, before, own_before = np.load(queries_file), memory("VmRSS"), memory("RssAnon")
    started = time.process_time()
    attributes = {"color": tuple("efghij"), "kind": tuple("klmnopqrst")}
    gallery = load_gallery(parse_place(place), "compositor", "detector", attributes)
    loaded = time.process_time()
    gallery.find_same("", np.zeros(HASH_BYTES, np.uint8))
    gallery.search(queries[0], COUNT)
    first = time.process_time()
    found, searches = timed(lambda query: gallery.search(query, COUNT), queries)
    after, own_after = memory("VmRSS"), memory("RssAnon")
    _, same = timed(lambda query: gallery.find_same("", np.zeros(HASH_BYTES, np.uint8)), queries[:20])
    _, narrowed = timed(lambda query: gallery.search(query, COUNT, filters=["color:e", "kind:k"]), queries[:20])
    _, ranks = timed(lambda _: gallery.rank(queries[:20], "00000007"), range(3))
    vectors = np.concatenate([block for _, block in gallery._searcher.blocks()])
    exact, product = timed(lambda query: np.argsort(-(vectors @ query))[:COUNT], queries[:20])
    hits = [
        np.isin([gallery.items[row].id for row in rows], [m.id for m in f]).mean()
        for rows, f in zip(exact, found[:20], strict=True)
    ]
    return {
        "recall": round(float(np.mean(hits)), 4),
        "search_ms": searches,
        "product_and_sort_ms": product,
        "search_over_product_and_sort": round(searches / product, 3),
        "narrowed_search_ms": narrowed,
        "find_same_ms": same,
        "rank_for_20_queries_ms": ranks,
        "load_seconds": round(loaded - started, 3),
        "load_to_first_search_seconds": round(first - started, 3),
        "resident_mib": round((after - before) / 2**20, 1),
        "resident_over_vectors": round((after - before) / vectors.nbytes, 3),
        "unmapped_over_vectors": round((own_after - own_before) / vectors.nbytes, 3),
    }


def timed(ask, questions) -> tuple[list, float]:
    """Answers, and the median of their milliseconds of processor time."""
    answers, milliseconds = [], []
    for question in questions:
        started = time.process_time()
        answers.append(ask(question))
        milliseconds.append(1000 * (time.process_time() - started))
    return answers, round(float(np.median(milliseconds)), 3)


def memory(kind: str) -> int:
    """Bytes of this process in memory: "VmRSS" includes the pages of mapped files, "RssAnon" does not."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{kind}:"))
    return int(line.split()[1]) * 1024


def draw(figures: dict, file: Path) -> None:
    """Milliseconds, recall and memory by number of pictures, one line per back end."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    panels = {
        "search_ms": "milliseconds a search",
        "recall": "recall of the ten nearest",
        "resident_over_vectors": "memory, in sizes of the vectors",
    }
    drawing, axes = plt.subplots(1, len(panels), figsize=(11, 3.4), layout="constrained")
    for axis, (name, title) in zip(axes, panels.items(), strict=True):
        for backend, by_size in figures.items():
            if isinstance(by_size, dict):
                sizes = sorted(map(int, by_size))
                axis.plot(sizes, [by_size[str(size)][name] for size in sizes], marker="o", label=backend)
        axis.set(xscale="log", xlabel="pictures", title=title)
    axes[0].set_yscale("log")
    axes[1].legend(loc="lower left")
    axes[2].set_yscale("log")
    drawing.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    main()
