"""An answer as files to keep: results as JSON and CSV, every map as PNG, one report."""

import csv
import io
import json
from dataclasses import dataclass

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from lbf_model.explain.correspondence import describe_changes, describe_pair, draw_matched, shown_pairs
from lbf_model.explain.drawing import draw_regions
from lbf_model.explain.report import Report, Shown, build_report
from lbf_model.interface import handlers
from lbf_model.interface.records import search_record
from lbf_model.interface.service import Details, Service
from lbf_model.interface.state import Visit
from lbf_model.vision.pictures import load_picture

_SIDE = 720  # pixels
_FIELDS = ("rank", "id", "score", "caption")


@dataclass(frozen=True)
class SavedFile:
    """A file to save: where it lies, how it is called, what it is."""

    path: str
    name: str
    what: str


def save_files(service: Service, component: gr.HTML, visit: Visit, details: Details | None, view: tuple) -> list[SavedFile]:
    """Write everything about an answer into the folder that Gradio serves, from where it is deleted after a while.

    Args:
        service: what answered.
        component: whose files they become.
        visit: answered.
        details: of the chosen result, if there is one.
        view: method, layer, head, style and contrast, as the page shows maps now.
    """
    answer = visit.answer
    words = answer.result.tokens.words
    record = search_record(answer.result, [m.id for m in answer.result.matches])
    table = io.StringIO()
    rows = csv.DictWriter(table, _FIELDS, extrasaction="ignore")
    rows.writeheader()
    rows.writerows(record["matches"])
    pictures = handlers.word_pictures(visit, details, *view, side=_SIDE)
    report = build_report(_report(service, visit, details, list(zip(words, pictures, strict=True))))
    files = [
        ("report.html", "picture, regions, maps and results on one page", report.encode()),
        ("results.csv", "for a spreadsheet", table.getvalue().encode()),
        ("results.json", "with regions and words", json.dumps(record, indent=1).encode()),
        ("regions.png", "the regions found", _png(draw_regions(answer.picture, answer.result.regions))),
        *(
            (f"map-{n}-{word}.png", f"where “{word}” looked", _png(p))
            for n, (word, p) in enumerate(zip(words, pictures, strict=True), 1)
        ),
    ]
    return [SavedFile(_written(component, name, content), name, what) for name, what, content in files]


def _report(service: Service, visit: Visit, details: Details | None, heats) -> Report:
    answer, entry = visit.answer, service.entry(visit.answer.query.gallery, visit.answer.own)
    facts = [
        ("Gallery", f"{entry.title}, {len(entry.gallery)} pictures"),
        ("Checkpoint", entry.gallery.facts.compositor),
        ("Detector", entry.gallery.facts.detector),
        *((stage, f"{spent:.0f} ms") for stage, spent in answer.result.timings_ms.items()),
    ]
    shown = [Shown(m.rank, m.score, m.caption, load_picture(m.path), m.id == visit.chosen) for m in answer.result.matches]
    more = {}
    if details is not None:
        pairs = handlers.matched_regions(visit, details)
        more = {
            "tables": handlers.effect_tables(visit, details),
            "why": describe_changes(pairs),
            "matched": draw_matched(answer.picture, details.picture, pairs),
            "legend": [describe_pair(pair) for pair in shown_pairs(pairs)],
            "projection": handlers.landscape_picture(visit, service.landscape(answer, visit.chosen)),
        }
    regions = answer.result.regions
    return Report(
        "LBF: composed image retrieval by regions",
        answer.picture,
        answer.result.text,
        draw_regions(answer.picture, regions),
        heats,
        shown,
        regions.labels,
        facts=facts,
        **more,
    )


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _written(component: gr.HTML, name: str, content: bytes) -> str:
    path = save_bytes_to_cache(content, name, component.GRADIO_CACHE)
    component.temp_files.add(path)  # those are looked through and deleted when they are old
    return path
