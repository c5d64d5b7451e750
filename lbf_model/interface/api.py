"""The endpoints for programs, over HTTP and as MCP tools: /search, /explain and /galleries, typed and documented.

Gradio makes the descriptions of the MCP tools from the docstrings here. It reads one line per argument, and joins the lines
after "Returns" with commas, so each of these must fit on one line.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import gradio as gr
from pydantic import TypeAdapter

from lbf_model.interface.answers import DEFAULT_RESULTS, MAX_RESULTS, MINE, Query, QueryError
from lbf_model.interface.attention_choice import MEAN, index_of, layer_and_head
from lbf_model.interface.records import ExplanationRecord, GalleryRecord, SearchRecord, explanation_record, search_record
from lbf_model.interface.service import Service
from lbf_model.interface.uploaded_inputs import UnopenedImage
from lbf_model.interface.visitor_messages import call_with_messages
from lbf_model.retrieval.compare import title_of
from lbf_model.retrieval.feedback import give_feedback
from lbf_model.retrieval.pointing import point_at
from lbf_model.vision.pictures import is_picture


def add_endpoints(service: Service, serve: Callable[[str], str]) -> None:
    """Add the endpoints to a page; they change nothing that it shows.

    Args:
        service: what answers.
        serve: returns the path of a copy of a picture that may be shown.
    """
    picture = UnopenedImage(label="Reference picture", visible=False)
    text = gr.Textbox(label="What should change, in English", visible=False)
    gallery = gr.Dropdown(list(service.titles), label="Name of a gallery, from /galleries", visible=False)
    count = gr.Slider(1, MAX_RESULTS, value=DEFAULT_RESULTS, step=1, label="Results", visible=False)
    layer = gr.Textbox(MEAN, label='Layer of attention: "mean", or a number from 1', visible=False)
    head = gr.Textbox(MEAN, label='Head of attention: "mean", or a number from 1', visible=False)
    regions = _typed(list[int] | None, "Change only these regions: numbers from 1, as /search lists them")
    keep = _typed(list[int] | None, "Keep these regions, and let all others change: numbers likewise")
    box = _typed(list[float] | None, "A box to change: left, top, right, bottom in pixels of the upright picture")
    more = _typed(list[str] | None, "Pictures of the gallery to be more like: ids, as /search lists them")
    less = _typed(list[str] | None, "Pictures of the gallery to be less like: ids likewise")
    but_not = gr.Textbox("", label='What is not wanted, in English; "" for nothing', visible=False)
    only = _typed(list[str] | None, "Only pictures that fit: facets as FACET:VALUE, from /galleries")
    answer, attention = _typed(SearchRecord, "answer"), _typed(ExplanationRecord, "attention")
    galleries = _typed(list[GalleryRecord], "galleries")

    def ask(picture, text, gallery, count, regions, keep, box, more=None, less=None, but_not="", filters=None):
        if gallery == MINE:
            raise QueryError(f"{MINE!r} exists only on a visitor's page; name a gallery from /galleries.")
        pointing, feedback = point_at(regions, keep, box), give_feedback(more, less, but_not)
        return service.answer(Query(picture, text or "", gallery, count, pointing, filters or (), feedback))

    def search(
        picture, text, gallery, count, regions=None, keep=None, box=None, more=None, less=None, but_not="", filters=None
    ):
        """Search a gallery with a reference picture and a change told in words, such as "replace grey color to pink".

        Args:
            picture: the reference picture; from an MCP client as a data URI, data:image/jpeg;base64 and so on.
            text: what should be different in the results, in English.
            gallery: name of a gallery; ask for the list of galleries first.
            count: how many results, 1 to 50.
            regions: numbers of the only regions to change, where 1 is the first of `regions` in an answer; null for all.
            keep: numbers of the regions to keep, while all others may change; null, or give `regions` instead.
            box: left, top, right, bottom in pixels of a box to change, the last of `regions` in the answer; null for none.
            more: ids of matches of an earlier answer that results are to be more like; null for none.
            less: ids of matches of an earlier answer that results are to be less like; null for none.
            but_not: what is not wanted, in English, such as "dotted"; empty for nothing.
            filters: only pictures that fit, such as ["color:red", "kind:dress"] for those with a red dress; null for all.

        Returns:
            the matches, best first, with copies of one picture as one match; the regions found; the words as they were read.
        """
        asked = picture, text, gallery, count, regions, keep, box, more, less, but_not, filters
        given = call_with_messages(ask, *asked)
        files = [Path(m.path) for m in given.result.matches]
        shown = [f"/gradio_api/file={quote(serve(str(file)))}" if is_picture(file) else "" for file in files]
        return search_record(given.result, shown)

    def explain(picture, text, gallery, layer, head, regions=None, keep=None, box=None):
        """Tell which regions each word of a query looked at, and which words each region listened to.

        Args:
            picture: the reference picture; from an MCP client as a data URI, data:image/jpeg;base64 and so on.
            text: what should be different in the results, in English.
            gallery: name of a gallery, which decides which model is asked; ask for the list of galleries first.
            layer: "mean" over the layers of attention, or one of them, counted from 1.
            head: "mean" over the heads of attention, or one of them, counted from 1.
            regions: numbers of the only regions to change, where 1 is the first of `regions` in an answer; null for all.
            keep: numbers of the regions to keep, while all others may change; null, or give `regions` instead.
            box: left, top, right, bottom in pixels of a box to change, the last of `regions` in the answer; null for none.

        Returns:
            shares of attention, a row for each word and for each region; a row sums to 1, or to 0 where words could not reach.
        """
        for choice in (layer, head):
            call_with_messages(index_of, choice)  # before the search, which takes longer
        result = call_with_messages(ask, picture, text, gallery, 1, regions, keep, box).result
        return explanation_record(result, *call_with_messages(layer_and_head, result, layer, head))

    def list_galleries():
        """List the galleries that can be searched.

        Returns:
            for each gallery its name, which a search takes; its title; the number of its pictures; its facets; what made it.
        """
        return [
            {
                "name": entry.name,
                "title": entry.title,
                "pictures": len(entry.gallery),
                "recall": entry.gallery.facts.recall,
                "checkpoint": entry.gallery.facts.compositor,
                "detector": entry.gallery.facts.detector,
                "facets": {name: list(values) for name, values in entry.gallery.facets.values.items()},
                "compared": [title_of(encoder) for encoder in entry.compared],
            }
            for entry in call_with_messages(service.catalog).by_name.values()
        ]

    trigger = gr.Button(visible=False)
    query, pointing = [picture, text, gallery], [regions, keep, box]
    asked = [*query, count, *pointing, more, less, but_not, only]
    trigger.click(search, asked, answer, api_name="search", concurrency_id="model")
    trigger.click(explain, [*query, layer, head, *pointing], attention, api_name="explain", concurrency_id="model")
    trigger.click(list_galleries, None, galleries, api_name="galleries", concurrency_id="model")


def _typed(shape: type, label: str) -> gr.JSON:
    """JSON of a known shape, which the API description states. (A subclass would make Gradio write a file beside this one.)"""
    schema = TypeAdapter(shape).json_schema()
    record = gr.JSON(label=label, visible=False)
    record.api_info = lambda: schema
    return record
