"""CSS as the command line and the page see it."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from lbf_model.tasks.benchmark import Benchmark, Flag, IndexSource, OwnVerb, folder_flag
from lbf_model.tasks.experiments import LBF_GROUNDED, Experiment, lbf_ablation
from lbf_model.tasks.passed_over import tell_passed_over

_DATA = folder_flag("--data", "folder that make-css wrote")
_CROSSED = ("--crossed", "0.6")
_SPLIT = Flag("--split", "which split (default: test)", {"choices": ("train", "test"), "default": "test"})


def _detector_examples(flags: Namespace) -> tuple:
    from lbf_model.tasks.css.detector_pictures import CSS_DETECTOR, CssPictures
    from lbf_model.tasks.css.storage import load_css

    return CSS_DETECTOR, CssPictures(load_css(flags.data, "train"))


def _detector_figures(flags: Namespace, detector) -> dict:
    from lbf_model.tasks.css.detector_protocol import evaluate_detector
    from lbf_model.tasks.css.storage import load_css

    return evaluate_detector(detector, load_css(flags.data, flags.split), flags.limit)


def _training_queries(flags: Namespace, detector) -> tuple:
    from lbf_model.checkpoint import read_config
    from lbf_model.tasks.css.regions import css_stores
    from lbf_model.tasks.css.storage import load_css
    from lbf_model.tasks.css.training_queries import CssQueries, CssSampling, css_config, validation_seed_of
    from lbf_model.vision.detectors.base import AttributeReader
    from lbf_model.vision.detectors.registry import detector_reference

    sampling = CssSampling(fresh=flags.fresh, crossed=flags.crossed)
    split = load_css(flags.data, "train")
    folder = flags.regions / detector.fingerprint
    stores = css_stores(split, detector, folder, workers=flags.workers)
    watched = {}
    for name, part in (("seen", "train"), ("unseen", "test")) if flags.watch else ():
        data = load_css(flags.watch, part)
        watched[name] = (data, css_stores(data, detector, folder / "watched"))
    config = css_config(flags.config, detector, flags.compositor, flags.model_facts)
    tells = isinstance(detector, AttributeReader) and "color" in detector.config.attributes
    begun = validation_seed_of(read_config(flags.start_from, "compositor")["training"]) if flags.start_from else None
    drawn = config, sampling, flags.seed, detector_reference(flags.detector), watched, begun
    queries = CssQueries(split, stores, *drawn, detector.config.slice_of("color") if tells else None)
    tell_passed_over(queries.passed_over)
    return config, queries


def _figures(flags: Namespace) -> dict:
    from lbf_model.tasks.css.pointed_protocol import evaluate_css_pointed
    from lbf_model.tasks.css.protocol import evaluate_css

    evaluate = evaluate_css_pointed if flags.pointed else evaluate_css
    return evaluate(flags.checkpoints, flags.data, flags.split, flags.detector, flags.regions, flags.true_regions, flags.device)


def _known_queries(flags: Namespace) -> tuple:
    from lbf_model.tasks.css.faithfulness import css_known_queries

    return css_known_queries(flags.data, flags.queries, flags.seed)


def _grounded_queries(flags: Namespace) -> tuple:
    from lbf_model.tasks.css.faithfulness import css_grounded_queries

    return css_grounded_queries(flags.data, flags.queries, flags.seed)


def _answer_trials(flags: Namespace, detector) -> tuple:
    from lbf_model.tasks.css.answer_trials import css_answer_trials

    return css_answer_trials(flags.checkpoint, flags.data, detector, flags.regions)


def _make_demo(flags: Namespace, retriever, compared: list) -> dict:
    from lbf_model.tasks.css.demo import make_css_demo

    return make_css_demo(retriever, flags.data, flags.assets, flags.seed, compared)


def _index_entries(flags: Namespace) -> list | None:
    from lbf_model.tasks.css.demo import css_entries

    return css_entries(flags.source, flags.css_split) if flags.css_split else None


def _suggest_changes(regions, held) -> tuple[str, ...]:
    from lbf_model.tasks.css.suggestions import suggest_scene_changes

    return suggest_scene_changes(regions, held)


def _add_make_css(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--base-scenes", type=int, default=1000, help="source scenes per split (default: 1000)")
    parser.add_argument("--modifications", type=int, help="instructions per split, three queries each (default: 6004 and 6019)")
    parser.add_argument("--workers", type=int, help="processes (default: one per core)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _make_css(flags: Namespace) -> None:
    from lbf_model.tasks.css.generate import write_css

    summary = write_css(flags.out, flags.seed, flags.base_scenes, flags.modifications, flags.workers)
    if flags.json:
        print(json.dumps(summary))
        return
    for split, facts in summary["splits"].items():
        ceiling = facts["oracle_recall_at_1"]["all"]
        print(f"{split}: {facts['images']} images, {facts['queries']} queries; ceiling (oracle R@1) {ceiling:.2f}")


def _add_convert_css(parser: ArgumentParser) -> None:
    parser.add_argument("npy", type=Path, help="the pickled numpy file")
    parser.add_argument("images", type=Path, help="folder with css_train_000000.png and so on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rendering", choices=("3d", "2d"), default="3d", help="what the pictures show (default: 3d)")


def _convert_css(flags: Namespace) -> None:
    from lbf_model.tasks.css.tirg_format import convert_tirg

    summary = convert_tirg(flags.npy, flags.images, flags.out, flags.rendering)
    print(json.dumps(summary["splits"], indent=2))


CSS = Benchmark(
    name="css",
    title="CSS",
    pictures="CSS scenes",
    detector="css-detector",
    checkpoint="css-big",
    flags={
        "index": (Flag("--css-split", "index the 3D pictures of this split", {"choices": ("train", "test")}),),
        "train-detector": (_DATA,),
        "evaluate-detector": (
            _DATA,
            _SPLIT,
            Flag("--limit", "only this many pictures, evenly spread", {"type": int}),
        ),
        "train": (
            _DATA,
            Flag("--config", "K = 36 or K = 18 regions", {"choices": ("css-big", "css-small"), "default": "css-big"}),
            folder_flag("--watch", "data of another seed, R@1 on seen and unseen pairs in curve.json", needed=False),
            Flag("--fresh", "share of newly drawn queries, 0 trains on the 18,012 fixed ones", {"type": float}),
            Flag(
                "--crossed",
                "share of newly drawn scenes in which any shape has any colour, combined from two regions (default: 0)",
                {"type": float, "default": 0.0},
            ),
        ),
        "evaluate": (
            _DATA,
            _SPLIT,
            Flag("--true-regions", "feed true boxes instead of detected ones", {"action": "store_true"}),
            Flag("--pointed", "point at the one object that a text names, instead of naming it", {"action": "store_true"}),
        ),
        "results": (_DATA,),
        "evaluate-attribution": (folder_flag("--data", "folder that make-css wrote; queries of its test split"),),
        "evaluate-grounding": (folder_flag("--data", "folder that make-css wrote; queries of its test split"),),
        "calibrate-answers": (folder_flag("--data", "folder that make-css wrote; queries that training held out"),),
        "make-demo": (folder_flag("--data", "folder that make-css wrote; its test split is shown"),),
    },
    own_verbs=(
        OwnVerb(
            "make-css",
            "generate the CSS benchmark: scenes, queries, 2D and 3D pictures; resumable",
            _add_make_css,
            _make_css,
        ),
        OwnVerb(
            "convert-css",
            "convert the original CSS files, as TIRG published them, into this project's form",
            _add_convert_css,
            _convert_css,
        ),
    ),
    experiments=(
        Experiment("lbf-grounded-crossed", "LBF grounded, crossed colours", (*LBF_GROUNDED, *_CROSSED)),
        lbf_ablation("crossed", "crossed colours", *_CROSSED),
        lbf_ablation("fixed-queries", "the fixed queries only", "--fresh", "0"),
        lbf_ablation("minilm", "words of MiniLM", "--model", "words=minilm"),
    ),
    detector_steps=1700,
    demo_seed=0,
    detector_examples=_detector_examples,
    detector_figures=_detector_figures,
    training_queries=_training_queries,
    figures=_figures,
    known_queries=_known_queries,
    grounded_queries=_grounded_queries,
    answer_trials=_answer_trials,
    make_demo=_make_demo,
    index_source=IndexSource("a CSS split", "a folder that make-css wrote (with --css-split)", _index_entries),
    suggest_changes=_suggest_changes,
)
