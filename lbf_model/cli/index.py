"""index: build a gallery from a folder of pictures, or from a part of a benchmark."""

import json
from argparse import ArgumentTypeError, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lbf_model.cli.flags import add_backend, add_device, add_own_detector, add_verb, check_backend, either, whole_number
from lbf_model.cli.paths import CHECKPOINTS
from lbf_model.tasks.benchmark import Benchmark
from lbf_model.tasks.registry import BENCHMARKS

if TYPE_CHECKING:
    from lbf_model.gallery.items import GalleryFacts


def add_to(verbs) -> None:
    """Add the verb's parser."""
    indexed = [benchmark for benchmark in BENCHMARKS.values() if benchmark.index_source]
    sources = either(["from a folder of pictures", *(f"from {b.index_source.title}" for b in indexed)])
    parser = add_verb(verbs, "index", f"build a gallery {sources}; resumable", run)
    folders = ", or ".join(["folder of pictures", *(b.index_source.folder for b in indexed)])
    parser.add_argument("source", type=Path, nargs="?", help=folders)
    parser.add_argument("--out", type=Path, help="gallery folder to write")
    for benchmark in indexed:
        for flag in benchmark.flags_of("index"):
            parser.add_argument(flag.name, help=flag.help, **flag.settings)
    parser.add_argument(
        "--update",
        action="store_true",
        help="bring the gallery in --out up to date; pictures are indexed again if they, or their vectors, changed",
    )
    parser.add_argument("--check", type=Path, metavar="DIR", help="only check that this gallery is still as it was written")
    parser.add_argument(
        "--baseline",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="also index for this compositor, to compare its results with (repeatable; --update adds it to a gallery)",
    )
    parser.add_argument("--title", default="", help="what the page calls the gallery (default: the name it is offered under)")
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="N/ALL",
        help="index only this part, such as 3/8; `merge` joins all parts into one gallery",
    )
    parser.add_argument("--workers", type=whole_number, help="threads that index (default: one for each processor)")
    parser.add_argument("--batch", type=whole_number, help="pictures at a time (default: 8; on a GPU 64)")
    add_backend(parser, "auto, or what the gallery to update has")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the one for people's own pictures)")
    add_own_detector(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Build, update or check the gallery, and print what became of the pictures."""
    from lbf_model.gallery.store import check_gallery, read_facts
    from lbf_model.indexing.build import BATCH, build_gallery
    from lbf_model.indexing.read import FolderListing, list_folder
    from lbf_model.indexing.shards import save_shard, take_shard
    from lbf_model.retrieval.catalog import shipped_checkpoints
    from lbf_model.retrieval.compare import comparable_folders, load_compared
    from lbf_model.retrieval.retriever import load_retriever

    if flags.check:
        print(f"{check_gallery(flags.check)} pictures, all as they were written: {flags.check}")
        return
    if flags.source is None or flags.out is None:
        raise ValueError("name a folder of pictures and the gallery folder to write: index FOLDER --out DIR")
    check_backend(flags.backend)
    benchmark, entries = _benchmark_entries(flags)
    listing = FolderListing(entries) if benchmark else list_folder(flags.source)
    entries, shard = take_shard(listing.entries, *flags.shard) if flags.shard else (listing.entries, None)
    known = read_facts(flags.out).compared if flags.update and (flags.out / "gallery.json").exists() else None
    retriever = load_retriever(_choose_checkpoint(flags, benchmark, known is not None), flags.device, detector=flags.detector)
    shipped = comparable_folders(shipped_checkpoints(CHECKPOINTS), retriever, {c.fingerprint for c in known or ()})
    compared = load_compared([*flags.baseline, *shipped], retriever)
    gallery, changes = build_gallery(
        retriever,
        flags.source,
        entries,
        flags.out,
        title=flags.title,
        update=flags.update,
        unseen=listing.unseen,
        compared=compared,
        batch=flags.batch or (64 if flags.device == "cuda" else BATCH),
        workers=flags.workers,
        backend=flags.backend,
    )
    if shard:
        save_shard(flags.out, shard)
    record = {"pictures": len(gallery), **asdict(changes), "passed_over": listing.others}
    record["baselines"] = [c.facts.name for c in compared]
    if flags.json:
        print(json.dumps(record))
    else:
        _print_report(record, flags.out, gallery.facts)


def _choose_checkpoint(flags: Namespace, benchmark: Benchmark | None, updated: bool) -> Path:
    """The checkpoint that is named, or that made the gallery to update, or that is the default for such pictures."""
    from lbf_model.retrieval.catalog import default_checkpoint, find_checkpoint, shipped_checkpoints

    if flags.checkpoint:
        return flags.checkpoint
    if updated:
        return find_checkpoint(flags.out, shipped_checkpoints(CHECKPOINTS))
    return CHECKPOINTS / benchmark.checkpoint if benchmark else default_checkpoint(CHECKPOINTS)


def _print_report(record: dict, out: Path, facts: "GalleryFacts") -> None:
    """Print for people what --json prints as a record."""
    for what in record["mended"]:
        print(f"rebuilt: {what}")
    for said, pictures in (("note on", record["notes"]), ("skipped", record["skipped"])):
        for picture in pictures:
            print(f"{said} {picture['path']}: {picture['reason']}")
    if others := record["passed_over"]:
        told = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in sorted(others.items()))
        print(f"passed over, not pictures by their names: {told}")
    counts = ", ".join(f"{record[what]} {what}" for what in ("added", "changed", "removed", "kept"))
    print(f"{record['pictures']} pictures: {counts}, {len(record['skipped'])} skipped: {out}")
    if facts.recall is not None:
        print(f"searched by {facts.backend}: approximate, recall {facts.recall:.2f} of the ten nearest")


def _shard(text: str) -> tuple[int, int]:
    """A part and how many there are, as argparse reads "3/8"."""
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise ArgumentTypeError(f"{text!r}: give a part and how many there are, such as 3/8")
    return int(number), int(count)


def _benchmark_entries(flags: Namespace) -> tuple[Benchmark | None, list]:
    """The benchmark whose pictures the flags ask for, and their entries; None where they ask for a folder of pictures."""
    for benchmark in BENCHMARKS.values():
        if benchmark.index_source and (entries := benchmark.index_source.entries(flags)) is not None:
            return benchmark, entries
    return None, []
