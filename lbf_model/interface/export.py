"""An answer as files to keep: results as JSON and CSV, every map as PNG, one report."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from lbf_model.explain.canvas import LONG_SIDE
from lbf_model.explain.correspondence import describe_changes, describe_pair, draw_matched, shown_pairs
from lbf_model.explain.drawing import draw_regions
from lbf_model.explain.report import Report, Shown, build_report
from lbf_model.interface.answers import Answer, Details
from lbf_model.interface.records import search_record
from lbf_model.interface.service import Service
from lbf_model.interface.state import View, Visit, tell_besides
from lbf_model.interface.views.detail_panels import effect_tables, landscape_picture, matched_regions
from lbf_model.interface.views.inspector import word_pictures
from lbf_model.tasks.notices import tell_pointing
from lbf_model.vision.pictures import load_or_blank

_FIELDS = ("rank", "id", "score", "caption")
_QUERY_FIELDS = ("text", "besides", "gallery", "gallery_title")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # spreadsheets run cells that begin with one of these


@dataclass(frozen=True)
class SavedFile:
    """A file to save: where it is, its name, and what it is."""

    path: str
    name: str
    what: str


def export_answer(
    service: Service, write: Callable[[str, bytes], str], visit: Visit, details: Details | None, view: View
) -> list[SavedFile]:
    """Write everything about an answer into files.

    Args:
        service: what answered.
        write: puts a file with a given name and content where it can be downloaded, and returns its path.
        visit: with an answer.
        details: of the chosen result, if there is one.
        view: how the page shows maps now.

    Raises:
        QueryError, PictureError: the gallery, an item or its picture no longer exists, or there is no such layer or head.
    """
    answer = visit.answer
    words = answer.result.tokens.words
    gallery = answer.query.gallery
    title = service.entry(gallery, answer.own).title
    asked = {"text": answer.result.text, "besides": tell_besides(answer.query)}
    query = {**asked, "gallery": gallery, "gallery_title": title}
    record = {"query": query} | search_record(answer.result, [m.id for m in answer.result.matches])
    pictures = word_pictures(visit, details, view, LONG_SIDE)
    report = build_report(_report(service, visit, details, view, list(zip(words, pictures, strict=True))))
    files = [
        ("report.html", "picture, regions, maps and results on one page", report.encode()),
        ("results.csv", "for a spreadsheet", results_table(query, record["matches"])),
        ("results.json", "with regions and words", json.dumps(record, indent=1).encode()),
        ("regions.png", "the regions found", _png(draw_regions(answer.picture, answer.result.regions))),
        *(
            (f"map-{number}-{word}.png", f"where “{word}” {view.map_method.verb}", _png(picture))
            for number, (word, picture) in enumerate(zip(words, pictures, strict=True), 1)
        ),
    ]
    return [SavedFile(write(name, content), name, what) for name, what, content in files]


def results_table(query: Mapping, matches: Sequence[Mapping]) -> bytes:
    """Matches as CSV, each with its query and gallery, so that tables of several queries can be joined.

    What a spreadsheet would run as a formula gets a leading apostrophe, which makes it plain text.
    """
    table = io.StringIO()
    rows = csv.DictWriter(table, (*_FIELDS, *_QUERY_FIELDS))
    rows.writeheader()
    for match in matches:
        cells = {field: match[field] for field in _FIELDS} | {field: query[field] for field in _QUERY_FIELDS}
        rows.writerow({field: _plain(cell) for field, cell in cells.items()})
    return table.getvalue().encode()


def write_to_cache(component: gr.HTML, name: str, content: bytes) -> str:
    """Put a file into the folder that Gradio serves; it is deleted when it is old."""
    return save_bytes_to_cache(content, name, component.GRADIO_CACHE)


def _report(service: Service, visit: Visit, details: Details | None, view: View, heats) -> Report:
    answer, entry = visit.answer, service.entry(visit.answer.query.gallery, visit.answer.own)
    facts = [
        ("Gallery", f"{entry.title}, {len(entry.gallery)} pictures"),
        ("Checkpoint", entry.gallery.facts.compositor),
        ("Detector", entry.gallery.facts.detector),
        *((stage, f"{spent:.0f} ms") for stage, spent in answer.result.timings_ms.items()),
    ]
    shown = [Shown(m.rank, m.score, m.caption, load_or_blank(m.path), m.id == visit.chosen) for m in answer.result.matches]
    more = {}
    if details is not None:
        pairs = matched_regions(visit, details)
        more = {
            "tables": effect_tables(visit, details),
            "why": describe_changes(pairs),
            "matched": draw_matched(answer.picture, details.picture, pairs),
            "legend": [describe_pair(pair) for pair in shown_pairs(pairs)],
            "projection": landscape_picture(visit, service.landscape(answer, visit.chosen)),
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
        heats_title=f"Where each word {view.map_method.verb}",
        heats_note=view.map_method.caveat,
        besides=_besides(service, answer),
        facts=facts,
        **more,
    )


def _besides(service: Service, answer: Answer) -> list[str]:
    """What a query asked for besides picture and text, one sentence each."""
    told = [tell_pointing(answer.result)]
    if answer.result.filters:
        told.append(f"Only pictures with {', '.join(answer.result.filters)}.")
    if (feedback := answer.result.feedback) is not None:
        for how, ids in (("More", feedback.more), ("Less", feedback.less)):
            told += [f"{how} like “{service.shown_item(answer, id)[0]}” ({id})." for id in ids]
        told += [f"But not “{feedback.but_not}”."] if feedback.but_not else []
    return [sentence for sentence in told if sentence]


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
