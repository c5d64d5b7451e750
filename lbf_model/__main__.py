"""The command line: one subcommand a verb. Exit codes: 0; 2 for bad input, with one clear line on stderr."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINTS = ROOT / "checkpoints"
DETECTOR = ROOT / "checkpoints" / "css-detector"
GALLERIES = ROOT / "assets" / "galleries"
# Flags that one data set alone uses. With another one they are refused, not passed over.
USED_BY = {
    "css": ("data", "split", "limit", "config", "watch", "fresh", "true_regions"),
    "garments": ("photographs", "prepared", "catalogue"),
    "fashion200k": ("root",),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    flags = _parser().parse_args(arguments)
    try:
        _check_dataset(flags)
        flags.run(flags)
    except ValueError as error:  # what public edges raise for bad input; anything else is a fault and shows its trace
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lbf_model", description="Region-based composed image retrieval.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name, run, text):
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(run=run, parser=added)
        return added

    p = verb("search", _search, "search a gallery with a picture and a modification text")
    p.add_argument("--image", type=Path, required=True, help="reference image")
    p.add_argument("--text", required=True, help='what should change: "replace grey color to pink"')
    p.add_argument("--gallery", default="fashion", help="name of a shipped gallery, or a gallery folder (default: fashion)")
    p.add_argument("-k", type=int, default=10, help="number of results (default: 10)")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one that made the gallery)")
    _add_device(p)

    p = verb("index", _index, "build a gallery from a folder of pictures or from a CSS split; resumable")
    p.add_argument("source", type=Path, help="folder of pictures, or a folder that make-css wrote (with --css-split)")
    p.add_argument("--out", type=Path, required=True, help="gallery folder to write")
    p.add_argument("--css-split", choices=("train", "test"), help="index the 3D pictures of this split")
    p.add_argument(
        "--update", action="store_true", help="bring the gallery in --out up to date; unchanged pictures are not indexed again"
    )
    p.add_argument(
        "--beside",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="index for this compositor, too, so that it can be compared (repeatable; --update adds it to a gallery)",
    )
    p.add_argument("--title", default="", help="how the page calls the gallery (default: the name it is offered under)")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the one for people's own pictures)")
    _add_device(p)

    p = verb("make-css", _make_css, "generate the CSS benchmark: scenes, queries, 2D and 3D pictures; resumable")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--base-scenes", type=int, default=1000, help="source scenes a split (default: 1000)")
    p.add_argument("--modifications", type=int, help="instructions a split, three queries each (default: 6004 and 6019)")
    p.add_argument("--workers", type=int, help="processes (default: one a core)")
    p.add_argument("--json", action="store_true", help="print JSON")

    p = verb("convert-css", _convert_css, "convert the original CSS files, as TIRG published them, into this project's form")
    p.add_argument("npy", type=Path, help="the pickled numpy file")
    p.add_argument("images", type=Path, help="folder with css_train_000000.png and so on")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--rendering", choices=("3d", "2d"), default="3d", help="what the pictures show (default: 3d)")

    p = verb("prepare-photographs", _prepare_photographs, "find the garments of photographs in category folders; resumable")
    p.add_argument("photographs", type=Path, help="folder with train/CATEGORY/*.jpg and validation/CATEGORY/*.jpg")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--workers", type=int, help="processes (default: one a core)")

    p = verb("make-catalogue", _make_catalogue, "draw a catalogue of garments with parts, masks and captions; resumable")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--count", type=int, default=4000)
    p.add_argument("--workers", type=int, help="processes (default: one a core)")

    p = verb("train-detector", _train_detector, "train the Faster R-CNN on CSS scenes or on garments; resumable")
    p.add_argument("--dataset", choices=("css", "garments"), default="css")
    p.add_argument("--data", type=Path, help="css: folder that make-css wrote")
    _add_garments(p)
    p.add_argument("--out", type=Path, required=True, help="checkpoint folder")
    p.add_argument("--steps", type=int, help="default: 1700 (css), 2200 (garments)")
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--start-from", type=Path, help="go on from this detector checkpoint instead of ImageNet weights")
    p.add_argument("--seed", type=int, default=0)
    _add_device(p)

    p = verb("evaluate-detector", _evaluate_detector, "boxes and attributes of a detector, on CSS scenes or on garments")
    p.add_argument("--dataset", choices=("css", "garments"), default="css")
    p.add_argument("--data", type=Path, help="css: folder that make-css wrote")
    _add_garments(p, catalogue=False)
    p.add_argument("--split", choices=("train", "test"), default="test", help="css: which split (default: test)")
    p.add_argument("--detector", type=Path, help="detector checkpoint folder (default: the shipped one for the data set)")
    p.add_argument("--limit", type=int, help="css: only so many pictures, evenly spread")
    p.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    _add_device(p)

    p = verb("train", _train, "train a compositor on CSS, garments or Fashion-200k; extracts regions first; resumable")
    _add_dataset(p)
    p.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    p.add_argument("--out", type=Path, required=True, help="checkpoint folder")
    p.add_argument("--config", choices=("css-big", "css-small"), default="css-big", help="css: K = 36 or K = 18 regions")
    p.add_argument("--compositor", choices=("lbf", "concat", "sum", "image-only", "text-only"), default="lbf")
    p.add_argument("--watch", type=Path, help="css: data of another seed, R@1 on seen and unseen pairs in curve.json")
    p.add_argument("--updates", type=int)
    p.add_argument("--loss", choices=("batch-classification", "soft-triplet"), default="batch-classification")
    p.add_argument("--fresh", type=float, help="css: share of newly drawn queries, 0 trains on the 18,012 fixed ones")
    p.add_argument("--seed", type=int, default=0)
    _add_device(p)

    p = verb("evaluate", _evaluate, "figures of compositors by the protocol of CSS, garments or Fashion-200k")
    p.add_argument("checkpoints", type=Path, nargs="+", help="compositor checkpoint folders, one row each")
    _add_dataset(p)
    p.add_argument("--regions", type=Path, required=True, help="folder for extracted regions, kept between runs")
    p.add_argument("--split", choices=("train", "test"), default="test", help="css: which split (default: test)")
    p.add_argument("--true-regions", action="store_true", help="css: feed true boxes instead of detected ones")
    p.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    _add_device(p)

    p = verb("evaluate-attribution", _evaluate_attribution, "how well attention and relevance tell what matters in a query")
    p.add_argument("--dataset", choices=("css", "garments"), default="css")
    p.add_argument("--data", type=Path, help="css: folder that make-css wrote; queries of its test split")
    p.add_argument("--catalogue", type=Path, help="garments: folder that make-catalogue wrote; a drawing's target is its twin")
    p.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one for the data set)")
    p.add_argument("--queries", type=int, default=500, help="how many, or all where there are fewer (default: 500)")
    p.add_argument("--seed", type=int, default=0, help="draws queries, sentences and resamples (default: 0)")
    p.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    _add_device(p)

    p = verb("make-demo", _make_demo, "make a shipped gallery and the page's examples for it")
    p.add_argument("--dataset", choices=("css", "garments"), default="css")
    p.add_argument("--data", type=Path, help="css: folder that make-css wrote; its test split is shown")
    p.add_argument("--assets", type=Path, default=ROOT / "assets")
    p.add_argument("--seed", type=int, help="default: 0 (css), 7 (garments); training and measuring must use others")
    p.add_argument("--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one for the data set)")
    _add_device(p)
    return parser


def _add_dataset(parser) -> None:
    parser.add_argument("--dataset", choices=("css", "garments", "fashion200k"), default="css")
    parser.add_argument("--data", type=Path, help="css: folder that make-css wrote")
    _add_garments(parser)
    parser.add_argument("--root", type=Path, help="fashion200k: folder with labels/, women/ and test_queries.txt")
    parser.add_argument("--detector", type=Path, help="detector checkpoint folder (default: the shipped one for the data set)")


def _check_dataset(flags) -> None:
    """Refuse what the chosen --dataset does not use."""
    if "dataset" not in flags:
        return
    given = [name for name, value in vars(flags).items() if value != flags.parser.get_default(name)]
    owners = {name: dataset for dataset, names in USED_BY.items() for name in names if dataset != flags.dataset}
    unused = [f"--{name.replace('_', '-')} ({owners[name]} only)" for name in given if name in owners]
    if unused:
        raise ValueError(f"--dataset {flags.dataset} does not use {', '.join(unused)}; leave out, or choose another --dataset")


def _detector_folder(flags) -> Path:
    return flags.detector or (DETECTOR if flags.dataset == "css" else CHECKPOINTS / "fashion-detector")


def _add_garments(parser, catalogue: bool = True) -> None:
    parser.add_argument("--photographs", type=Path, help="garments: folder of the photographs")
    parser.add_argument("--prepared", type=Path, help="garments: folder that prepare-photographs wrote")
    if catalogue:
        parser.add_argument("--catalogue", type=Path, help="garments: folder that make-catalogue wrote")


def _wanted(flags, *names: str) -> list[Path]:
    """The folders that the chosen --dataset needs."""
    missing = [name for name in names if getattr(flags, name) is None]
    if missing:
        raise ValueError(f"--dataset {flags.dataset} needs " + " and ".join(f"--{name} FOLDER" for name in missing))
    return [getattr(flags, name) for name in names]


def _add_device(parser) -> None:
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")


# Each verb imports what it needs: `search --help` loads no torch, and training packages stay away from the app.


def _search(flags) -> None:
    from lbf_model.interface.records import search_record
    from lbf_model.retrieval.catalog import find_checkpoint, shipped_checkpoints
    from lbf_model.retrieval.retriever import load_retriever
    from lbf_model.vision.pictures import load_picture

    if flags.k < 1:
        raise ValueError(f"-k {flags.k}: ask for one result or more")
    picture = load_picture(flags.image)
    shipped = GALLERIES / flags.gallery
    folder = shipped if shipped.is_dir() else Path(flags.gallery)
    checkpoint = flags.checkpoint or find_checkpoint(folder, shipped_checkpoints(CHECKPOINTS))
    retriever = load_retriever(checkpoint, flags.device)
    result = retriever.search(picture, flags.text, retriever.open_gallery(folder), flags.k)
    if flags.json:
        print(json.dumps(search_record(result, [m.path for m in result.matches])))
        return
    if result.left_out:
        print(f"your picture is in this gallery, left out: {', '.join(result.left_out)}")
    for typed, meant in result.tokens.corrected:
        print(f'read "{typed}" as "{meant}"')
    if result.tokens.unknown:
        print(f"unknown words, left out: {', '.join(result.tokens.unknown)}")
    for match in result.matches:
        print(f"{match.rank:3d}  {match.score:.4f}  {match.id}  {match.caption}")


def _index(flags) -> None:
    from lbf_model.gallery.store import read_facts
    from lbf_model.indexing.build import build_gallery
    from lbf_model.indexing.read import folder_entries, passed_over
    from lbf_model.retrieval.catalog import default_checkpoint, find_checkpoint, shipped_checkpoints
    from lbf_model.retrieval.compare import comparable_folders, load_compared
    from lbf_model.retrieval.retriever import load_retriever
    from lbf_model.tasks.css.demo import css_entries

    entries = css_entries(flags.source, flags.css_split) if flags.css_split else folder_entries(flags.source)
    known = read_facts(flags.out).compared if flags.update and (flags.out / "gallery.json").exists() else None
    if flags.checkpoint:
        checkpoint = flags.checkpoint
    elif known is not None:
        checkpoint = find_checkpoint(flags.out, shipped_checkpoints(CHECKPOINTS))
    else:
        checkpoint = CHECKPOINTS / "css-big" if flags.css_split else default_checkpoint(CHECKPOINTS)
    retriever = load_retriever(checkpoint, flags.device)
    shipped = comparable_folders(shipped_checkpoints(CHECKPOINTS), retriever, {b.fingerprint for b in known or ()})
    beside = load_compared([*flags.beside, *shipped], retriever)
    given = {"title": flags.title, "update": flags.update, "compared": beside}
    gallery, changes = build_gallery(retriever, flags.source, entries, flags.out, **given)
    others = {} if flags.css_split else passed_over(flags.source)
    record = {"pictures": len(gallery), **asdict(changes), "passed_over": others, "beside": [b.facts.name for b in beside]}
    if flags.json:
        print(json.dumps(record))
        return
    for entry in changes.skipped:
        print(f"skipped {entry['path']}: {entry['reason']}")
    if others:
        told = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in sorted(others.items()))
        print(f"passed over, not pictures by their names: {told}")
    counts = ", ".join(f"{record[what]} {what}" for what in ("added", "changed", "removed", "kept"))
    print(f"{len(gallery)} pictures: {counts}, {len(changes.skipped)} skipped: {flags.out}")


def _make_css(flags) -> None:
    from lbf_model.tasks.css.generate import write_css

    summary = write_css(flags.out, flags.seed, flags.base_scenes, flags.modifications, flags.workers)
    if flags.json:
        print(json.dumps(summary))
        return
    for split, facts in summary["splits"].items():
        ceiling = facts["oracle_recall_at_1"]["all"]
        print(f"{split}: {facts['images']} images, {facts['queries']} queries; ceiling (oracle R@1) {ceiling:.2f}")


def _convert_css(flags) -> None:
    from lbf_model.tasks.css.tirg_format import convert_tirg

    summary = convert_tirg(flags.npy, flags.images, flags.out, flags.rendering)
    print(json.dumps(summary["splits"], indent=2))


def _prepare_photographs(flags) -> None:
    from lbf_model.tasks.garments.photographs import prepare_photographs

    print(json.dumps(prepare_photographs(flags.photographs, flags.out, flags.workers), indent=2))


def _make_catalogue(flags) -> None:
    from lbf_model.tasks.garments.catalogue.generate import write_catalogue

    print(json.dumps(write_catalogue(flags.out, flags.seed, flags.count, flags.workers), indent=2))


def _train_detector(flags) -> None:
    from lbf_model.training.train_detector import DetectorTraining, train_detector

    if flags.dataset == "css":
        from lbf_model.tasks.css.detector_pictures import CSS_DETECTOR, CssPictures
        from lbf_model.tasks.css.storage import load_css

        config, steps, pictures = CSS_DETECTOR, 1700, CssPictures(load_css(*_wanted(flags, "data"), "train"))
    else:
        from lbf_model.tasks.garments.detector_pictures import GARMENT_DETECTOR, GarmentPictures, drawings_of, photographs_of

        photographs, prepared, catalogue = _wanted(flags, "photographs", "prepared", "catalogue")
        config, steps = GARMENT_DETECTOR, 2200
        pictures = GarmentPictures(photographs_of("train", photographs, prepared), drawings_of(catalogue))
    training = DetectorTraining(steps=flags.steps or steps, learning_rate=flags.learning_rate, seed=flags.seed)
    train_detector(pictures, flags.out, config, training, flags.device, flags.start_from)


def _evaluate_detector(flags) -> None:
    from lbf_model.vision.detectors.attribute_rcnn import load_detector

    detector = load_detector(_detector_folder(flags), flags.device)
    if flags.dataset == "css":
        from lbf_model.tasks.css.detector_protocol import evaluate_detector
        from lbf_model.tasks.css.storage import load_css

        figures = evaluate_detector(detector, load_css(*_wanted(flags, "data"), flags.split), flags.limit)
    else:
        from lbf_model.tasks.garments.detector_pictures import photographs_of
        from lbf_model.tasks.garments.detector_protocol import evaluate_garment_detector

        folders = _wanted(flags, "photographs", "prepared")
        figures = evaluate_garment_detector(detector, photographs_of("train", *folders), photographs_of("validation", *folders))
    _report(figures, flags.json)


def _train(flags) -> None:
    from lbf_model.training.train_compositor import CompositorTraining, train_compositor

    queries_of = {"css": _css_queries, "garments": _garment_queries, "fashion200k": _fashion200k_queries}
    config, queries = queries_of[flags.dataset](flags)
    training = CompositorTraining(loss=flags.loss, seed=flags.seed, **_given(updates=flags.updates))
    train_compositor(flags.compositor, config, training, queries, flags.out, flags.device)


def _css_queries(flags) -> tuple:
    """The config of the compositor and what it is trained on."""
    from lbf_model.tasks.css.regions import css_stores
    from lbf_model.tasks.css.storage import load_css
    from lbf_model.tasks.css.training_queries import CssQueries, CssSampling, css_config
    from lbf_model.vision.detectors.attribute_rcnn import load_detector

    split = load_css(*_wanted(flags, "data"), "train")
    checkpoint = _detector_folder(flags)
    detector = load_detector(checkpoint, flags.device)
    folder = flags.regions / detector.fingerprint
    stores = css_stores(split, detector, folder)
    watched = {}
    for name, part in (("seen", "train"), ("unseen", "test")) if flags.watch else ():
        data = load_css(flags.watch, part)
        watched[name] = (data, css_stores(data, detector, folder / "watched"))
    config = css_config(flags.config, detector.feature_width)
    sampling = CssSampling(**_given(fresh=flags.fresh))
    return config, CssQueries(split, stores, config, sampling, flags.seed, checkpoint.name, watched)


def _garment_queries(flags) -> tuple:
    """The config of the compositor and what it is trained on."""
    from lbf_model.tasks.garments.detector_pictures import drawings_of, photographs_of
    from lbf_model.tasks.garments.training_data import garment_config, load_garment_queries
    from lbf_model.vision.detectors.attribute_rcnn import load_detector

    photographs, prepared, catalogue = _wanted(flags, "photographs", "prepared", "catalogue")
    checkpoint = _detector_folder(flags)
    detector = load_detector(checkpoint, flags.device)
    config = garment_config(detector.feature_width)
    sources = photographs_of("train", photographs, prepared), drawings_of(catalogue)
    return config, load_garment_queries(*sources, detector, checkpoint.name, flags.regions, config, flags.seed)


def _fashion200k_queries(flags) -> tuple:
    """The config of the compositor and what it is trained on."""
    from lbf_model.tasks.fashion200k.data import load_fashion200k
    from lbf_model.tasks.fashion200k.training_queries import fashion200k_config, load_fashion200k_queries
    from lbf_model.vision.detectors.attribute_rcnn import load_detector

    split = load_fashion200k(*_wanted(flags, "root"), "train")
    if split.missing:
        print(f"{len(split.missing)} pictures are missing and left out, such as {split.missing[0]}", file=sys.stderr)
    checkpoint = _detector_folder(flags)
    detector = load_detector(checkpoint, flags.device)
    config = fashion200k_config(detector.feature_width)
    given = detector, checkpoint.name, flags.regions, config, flags.seed
    return config, load_fashion200k_queries(split, *given, device=flags.device)


def _given(**flags) -> dict:
    """The flags that were set; the others keep the defaults of what takes them."""
    return {name: value for name, value in flags.items() if value is not None}


def _evaluate(flags) -> None:
    figures_of = {"css": _css_figures, "garments": _garment_figures, "fashion200k": _fashion200k_figures}
    _report(figures_of[flags.dataset](flags), flags.json)


def _css_figures(flags) -> dict:
    from lbf_model.tasks.css.protocol import evaluate_css

    (data,) = _wanted(flags, "data")
    given = flags.split, _detector_folder(flags), flags.regions, flags.true_regions, flags.device
    return evaluate_css(flags.checkpoints, data, *given)


def _garment_figures(flags) -> dict:
    from lbf_model.tasks.garments.detector_pictures import drawings_of, photographs_of
    from lbf_model.tasks.garments.protocol import evaluate_garments

    photographs, prepared, catalogue = _wanted(flags, "photographs", "prepared", "catalogue")
    sources = photographs_of("validation", photographs, prepared), drawings_of(catalogue)
    return evaluate_garments(flags.checkpoints, *sources, _detector_folder(flags), flags.regions, device=flags.device)


def _fashion200k_figures(flags) -> dict:
    from lbf_model.tasks.fashion200k.protocol import evaluate_fashion200k

    (root,) = _wanted(flags, "root")
    return evaluate_fashion200k(flags.checkpoints, root, _detector_folder(flags), flags.regions, flags.device)


def _evaluate_attribution(flags) -> None:
    from lbf_model.tasks.css.faithfulness import css_known_queries
    from lbf_model.tasks.garments.faithfulness import garment_known_queries
    from lbf_model.training.evaluate_faithfulness import evaluate_attribution

    if flags.queries < 1:
        raise ValueError(f"--queries {flags.queries}: ask for one query or more")
    if flags.dataset == "css":
        checkpoint, known = "css-big", css_known_queries(*_wanted(flags, "data"), flags.queries, flags.seed)
    else:
        checkpoint, known = "fashion", garment_known_queries(*_wanted(flags, "catalogue"), flags.queries, flags.seed)
    folder = flags.checkpoint or CHECKPOINTS / checkpoint
    _report(evaluate_attribution(folder, *known, flags.seed, flags.device), flags.json)


def _make_demo(flags) -> None:
    from lbf_model.retrieval.catalog import shipped_checkpoints
    from lbf_model.retrieval.compare import comparable_folders, load_compared
    from lbf_model.retrieval.retriever import load_retriever

    def beside():
        return load_compared(comparable_folders(shipped_checkpoints(CHECKPOINTS), retriever), retriever)

    if flags.dataset == "css":
        from lbf_model.tasks.css.demo import make_css_demo

        retriever = load_retriever(flags.checkpoint or CHECKPOINTS / "css-big", flags.device)
        seed = 0 if flags.seed is None else flags.seed
        made = make_css_demo(retriever, *_wanted(flags, "data"), flags.assets, seed, beside())
    else:
        from lbf_model.tasks.garments.demo import make_garment_demo

        retriever = load_retriever(flags.checkpoint or CHECKPOINTS / "fashion", flags.device)
        made = make_garment_demo(retriever, flags.assets, 7 if flags.seed is None else flags.seed, beside())
    print(f"{made['pictures']} pictures, {made['examples']} examples of {made['tried']} queries tried: {flags.assets}")


def _report(figures: dict, file: Path | None) -> None:
    text = json.dumps(figures, indent=2)
    print(text)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
