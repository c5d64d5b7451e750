"""Garments as the command line and the page see them."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from lbf_model.tasks.benchmark import Benchmark, Flag, OwnVerb, folder_flag
from lbf_model.tasks.passed_over import tell_passed_over

_PHOTOGRAPHS = (
    folder_flag("--photographs", "folder of the photographs"),
    folder_flag("--prepared", "folder that prepare-photographs wrote"),
)
_SOURCES = (*_PHOTOGRAPHS, folder_flag("--catalogue", "folder that make-catalogue wrote"))


def _sources(flags: Namespace, split: str) -> tuple:
    """The photographs of a split, and the drawn catalogue."""
    return _photographs(flags, split), _drawings(flags)


def _drawings(flags: Namespace):
    from lbf_model.tasks.garments.detector_pictures import drawings_of

    drawings = drawings_of(flags.catalogue)
    tell_passed_over(drawings.passed_over)
    return drawings


def _photographs(flags: Namespace, split: str):
    from lbf_model.tasks.garments.detector_pictures import photographs_of

    photographs = photographs_of(split, flags.photographs, flags.prepared)
    tell_passed_over(photographs.passed_over)
    return photographs


def _detector_examples(flags: Namespace) -> tuple:
    from lbf_model.tasks.garments.detector_pictures import GARMENT_DETECTOR, GarmentPictures

    return GARMENT_DETECTOR, GarmentPictures(*_sources(flags, "train"))


def _detector_figures(flags: Namespace, detector) -> dict:
    from lbf_model.tasks.garments.detector_protocol import evaluate_garment_detector

    return evaluate_garment_detector(detector, _photographs(flags, "train"), _photographs(flags, "validation"))


def _training_queries(flags: Namespace, detector) -> tuple:
    from lbf_model.tasks.garments.training_data import garment_config, load_garment_queries
    from lbf_model.vision.detectors.registry import detector_reference

    config = garment_config(detector, flags.compositor, flags.model_facts)
    sources = _sources(flags, "train")
    reference = detector_reference(flags.detector)
    return config, load_garment_queries(*sources, detector, reference, flags.regions, config, flags.seed, workers=flags.workers)


def _figures(flags: Namespace) -> dict:
    from lbf_model.tasks.garments.pointed_protocol import evaluate_garments_pointed
    from lbf_model.tasks.garments.protocol import evaluate_garments

    sources = _sources(flags, "validation")
    if flags.pointed:
        return evaluate_garments_pointed(flags.checkpoints, sources[0], flags.detector, flags.regions, device=flags.device)
    return evaluate_garments(flags.checkpoints, *sources, flags.detector, flags.regions, device=flags.device)


def _known_queries(flags: Namespace) -> tuple:
    from lbf_model.tasks.garments.faithfulness import garment_known_queries

    return garment_known_queries(flags.catalogue, flags.queries, flags.seed)


def _grounded_queries(flags: Namespace) -> tuple:
    from lbf_model.tasks.garments.grounded_queries import garment_grounded_queries

    return garment_grounded_queries(flags.photographs, flags.catalogue, flags.queries, flags.seed)


def _answer_trials(flags: Namespace, detector) -> tuple:
    from lbf_model.tasks.garments.answer_trials import garment_answer_trials

    photographs = _photographs(flags, "further"), _photographs(flags, "train")
    return garment_answer_trials(flags.checkpoint, *photographs, _drawings(flags), detector, flags.regions, flags.seed)


def _make_demo(flags: Namespace, retriever, compared: list) -> dict:
    from lbf_model.tasks.garments.demo import make_garment_demo

    return make_garment_demo(retriever, flags.assets, flags.seed, compared)


def _suggest_changes(regions, held) -> tuple[str, ...]:
    from lbf_model.tasks.garments.suggestions import suggest_garment_changes

    return suggest_garment_changes(regions, held)


def _find_contradiction(words) -> str:
    from lbf_model.tasks.garments.contradictions import find_contradiction

    return find_contradiction(words)


def _add_prepare_photographs(parser: ArgumentParser) -> None:
    parser.add_argument("photographs", type=Path, help="folder with train/CATEGORY/*.jpg and validation/CATEGORY/*.jpg")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, help="processes (default: one per core)")


def _prepare_photographs(flags: Namespace) -> None:
    from lbf_model.tasks.garments.photographs import prepare_photographs

    print(json.dumps(prepare_photographs(flags.photographs, flags.out, flags.workers), indent=2))


def _add_calibrate_detector(parser: ArgumentParser) -> None:
    parser.add_argument("detector", type=Path, help="checkpoint folder of a garment detector; its config.json is rewritten")
    for flag in _PHOTOGRAPHS:
        parser.add_argument(flag.name, help=flag.help, required=True, **flag.settings)


def _calibrate_detector(flags: Namespace) -> None:
    from lbf_model.checkpoint import change_facts
    from lbf_model.tasks.garments.detector_protocol import fit_temperatures
    from lbf_model.vision.detectors.attribute_rcnn import load_attribute_rcnn

    detector = load_attribute_rcnn(flags.detector)
    temperatures = fit_temperatures(detector, _photographs(flags, "further"))
    change_facts(flags.detector, "detector", {"temperatures": temperatures})
    print(json.dumps(temperatures, indent=2))


def _add_fit_readers(parser: ArgumentParser) -> None:
    parser.add_argument("detector", type=Path, help="checkpoint folder that train-detector wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new checkpoint")
    for flag in _SOURCES:
        parser.add_argument(flag.name, help=flag.help, required=True, **flag.settings)
    parser.add_argument("--seed", type=int, default=0)


def _fit_readers(flags: Namespace) -> None:
    from lbf_model.tasks.garments.reader_fitting import fit_readers

    print(json.dumps(fit_readers(flags.detector, flags.out, *_sources(flags, "train"), flags.seed), indent=2))


def _add_make_catalogue(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--workers", type=int, help="processes (default: one per core)")


def _make_catalogue(flags: Namespace) -> None:
    from lbf_model.tasks.garments.catalogue.generate import write_catalogue

    print(json.dumps(write_catalogue(flags.out, flags.seed, flags.count, flags.workers), indent=2))


GARMENTS = Benchmark(
    name="garments",
    title="garments",
    pictures="garments",
    detector="fashion-detector",
    checkpoint="fashion",
    flags={
        "train-detector": _SOURCES,
        "evaluate-detector": _PHOTOGRAPHS,
        "train": _SOURCES,
        "evaluate": (
            *_SOURCES,
            Flag("--pointed", "point at one of two garments side by side, instead of naming it", {"action": "store_true"}),
        ),
        "results": (
            *_SOURCES,
            folder_flag("--measured-catalogue", "folder that make-catalogue wrote with another seed, to measure with"),
        ),
        "evaluate-attribution": (
            folder_flag("--catalogue", "folder that make-catalogue wrote; a drawing's target is its twin"),
        ),
        "evaluate-grounding": (_PHOTOGRAPHS[0], _SOURCES[-1]),
        "calibrate-answers": _SOURCES,
    },
    own_verbs=(
        OwnVerb(
            "prepare-photographs",
            "find the garments of photographs in category folders; resumable",
            _add_prepare_photographs,
            _prepare_photographs,
        ),
        OwnVerb(
            "make-catalogue",
            "draw a catalogue of garments with parts, masks and captions; resumable",
            _add_make_catalogue,
            _make_catalogue,
        ),
        OwnVerb(
            "fit-readers",
            "retrain a garment detector's readers of palettes and of its frozen body, on pictures as they are",
            _add_fit_readers,
            _fit_readers,
        ),
        OwnVerb(
            "calibrate-detector",
            "calibrate the confidence of a garment detector's labels, on photographs that trained nothing",
            _add_calibrate_detector,
            _calibrate_detector,
        ),
    ),
    detector_steps=2200,
    demo_seed=7,
    detector_examples=_detector_examples,
    detector_figures=_detector_figures,
    training_queries=_training_queries,
    figures=_figures,
    known_queries=_known_queries,
    grounded_queries=_grounded_queries,
    answer_trials=_answer_trials,
    make_demo=_make_demo,
    suggest_changes=_suggest_changes,
    find_contradiction=_find_contradiction,
)
