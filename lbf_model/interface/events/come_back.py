"""Coming back to a query: a step of the trail, what a link names, and the example that a new page opens on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import gradio as gr

from lbf_model.interface.answers import Details, Query
from lbf_model.interface.events.answering import ANSWERED, Answering
from lbf_model.interface.events.wiring import QUEUED, Changes, Page, picked_index
from lbf_model.interface.links import Step, read_link
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.state import Turn, View, Visit
from lbf_model.interface.views import answer as answer_views
from lbf_model.interface.views.filling import message, progress
from lbf_model.interface.views.inspector import all_maps
from lbf_model.interface.views.pictures import TINY, data_uri
from lbf_model.interface.visitor_messages import call_with_messages
from lbf_model.retrieval.feedback import read_feedback
from lbf_model.retrieval.pointing import read_pointing
from lbf_model.vision.pictures import picture_digest


class ComeBack:
    """The events that repeat an earlier query, from this visit or from a link."""

    def __init__(self, service: Service, answering: Answering):
        self._service, self._answering = service, answering

    def connect(self, page: Page, fill: dict) -> None:
        """Tie the events to their handlers; `fill` is the event that fills the detail panel after an answer."""
        layout = page.layout
        asked = [
            layout.trail.select(**page.event(self.return_to, ANSWERED), **QUEUED),
            layout.opened_address.change(**page.event(self.restore, ANSWERED), **QUEUED),
        ]
        self._answering.connect(asked, fill)

    def opening(self) -> Changes | None:
        """What a new page shows: the example that was answered beforehand; None if there is none."""
        answer = self._service.worked_answer()
        if answer is None:
            return None
        shown = self._answering.answered(answer, Visit(), None, View(), show_query=True, look={})
        chips = answer_views.suggestion_chips(self._service.worked.suggestions)
        visit = replace(shown.visit, opened=True)
        return replace(
            shown, visit=visit, suggestions=chips, panel=all_maps(shown.visit, None, shown.view), address=None, details=None
        )

    def return_to(
        self, pick: str, visit: Visit, details: Details | None, own: OwnGallery | None, view: View
    ) -> Iterator[Changes]:
        """Ask a step of the trail again; "turn:clear" forgets all steps but the one on show."""
        if pick == "turn:clear":
            visit = visit.cleared()
            yield Changes(visit=visit, trail=answer_views.trail(visit), address=visit.link(view))
            return
        query = visit.turns[picked_index(pick, "turn", len(visit.turns))].query
        yield from self._answering.ask(query, visit, details, own, view, show_query=True)

    def read_address(self, parameters: Mapping[str, str]) -> Changes:
        """Note the address that the page was opened with, if it names a query to restore."""
        return Changes(opened_address=json.dumps(dict(parameters)) if parameters.get("picture") else "")

    def restore(
        self, opened_address: str, visit: Visit, details: Details | None, own: OwnGallery | None, view: View
    ) -> Iterator[Changes]:
        """Restore what an address names: the trail, the query on show, and what is looked at in its answer."""
        if not opened_address:
            yield Changes()
            return
        if not self._service.ready:
            yield Changes(status=progress("Loading the models …"))
        try:
            link = call_with_messages(read_link, json.loads(opened_address), list(self._service.titles))
            for number, step in enumerate(link.steps):
                try:
                    query = call_with_messages(self._query_of, step)
                    picture = call_with_messages(self._service.open_picture, query.picture)
                except gr.Error:
                    if number == link.current:
                        raise
                    continue  # the picture of another step has gone: the rest of the link still works
                visit = visit.remembering(Turn(query, step.picture, data_uri(picture, TINY), picture_digest(picture)))
            query = call_with_messages(self._query_of, link.steps[link.current])
        except gr.Error as error:
            yield Changes(status=message(error.message))
            raise
        if link.look:
            view = View.from_link(link.look)
        yield from self._answering.ask(query, visit, details, own, view, show_query=True, look=link.look)

    def _query_of(self, step: Step) -> Query:
        pointing = read_pointing(step.regions)
        picture = str(self._service.resolve(step.picture))
        return Query(picture, step.text, step.gallery, step.count, pointing, step.filters, read_feedback(step.feedback))
