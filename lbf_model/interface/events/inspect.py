"""Looking into an answer: words, regions, controls, the choice of a result, and the detail panel."""

from collections.abc import Callable
from dataclasses import replace

import gradio as gr
from markupsafe import Markup

from lbf_model.interface.answers import Details
from lbf_model.interface.events.wiring import QUEUED, QUICK, Changes, Page, picked_index
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import SessionFiles
from lbf_model.interface.state import Chosen, Focus, Focused, Look, Pointed, View, Visit
from lbf_model.interface.views import answer as answer_views
from lbf_model.interface.views import detail_panels
from lbf_model.interface.views.filling import message
from lbf_model.interface.views.how_it_works import how_it_works
from lbf_model.interface.views.inspector import all_maps, inspector, telling_word
from lbf_model.interface.views.pointing import region_chips
from lbf_model.interface.visitor_messages import call_with_messages
from lbf_model.retrieval.pointing import check_box, read_box

# The fields that show the word or region in focus.
INSPECTED = ("details", "words", "figure", "said", "layers_shown")
NEXT = "Now say what should change."


class Inspect:
    """The events that look into the answer on show. Those that need a network are queued, the others run at once."""

    def __init__(self, service: Service, session_files: SessionFiles, serve: Callable[[str], str]):
        """Prepare.

        Args:
            service: what answers.
            session_files: keeps track of pictures that become the visitor's.
            serve: returns the path of a copy of a picture that may be shown.
        """
        self._service, self._session_files, self._serve = service, session_files, serve

    def connect(self, page: Page) -> dict:
        """Tie the events to their handlers; returns the event that fills the detail panel, which follows a search, too."""
        layout = page.layout
        # By default, Gradio would drop an event that arrives while another one runs.
        fill = {**page.event(self.fill, ("details", "panel")), **QUEUED, "trigger_mode": "always_last"}
        # An event of its own after each of the others: a slow one would write an address that is out of date by then.
        address = {**page.event(self.update_address, ("address",)), **QUICK, "trigger_mode": "always_last"}
        choose = page.event(self.choose, ("look", "picture", "text", "status", "results", "detail_panel"))
        layout.results.select(**choose, trigger_mode="multiple", **QUICK).success(**address).success(**fill)
        layout.detail_panel.input(**address).success(**fill)
        focus = page.event(self.focus, ("look", *INSPECTED))
        for pieces in (layout.words, layout.figure, layout.panel):
            pieces.select(**focus, trigger_mode="multiple", **QUICK).success(**address)
        for pieces in (layout.pointing, layout.figure):
            pieces.select(**page.event(self.point, ("pointed", "pointing")), trigger_mode="multiple", **QUICK)
        layout.how_opened.expand(**page.event(self.tell_how, ("how",)), **QUICK)
        redraw = page.event(self.redraw, INSPECTED)
        for control in (layout.method, layout.layer, layout.head, layout.style, layout.contrast):
            control.input(**redraw, trigger_mode="always_last", **QUICK).success(**address).success(**fill)
        return fill

    def focus(self, pick: str, visit: Visit, look: Look | None, details: Details | None, view: View) -> Changes | None:
        """A word or a region was clicked; a second click on a region returns to the words."""
        visit = visit.looking(look)
        kind = pick.partition(":")[0]
        if visit.answer is None or kind in ("point", "box"):  # `point` handles these
            return None
        result = visit.answer.result
        count = {"word": len(result.tokens.words), "region": len(result.regions)}.get(kind, 0)
        focus = Focus(kind, picked_index(pick, kind, count))
        if kind == "region" and visit.focus == focus:
            focus = telling_word(visit.answer, view)
        look = Look(focused=Focused(visit.answer.token, focus))
        visit = visit.looking(look)
        return Changes(look=look, **inspected(self._service, visit, details, view))

    def point(self, pick: str, visit: Visit, pointed: Pointed | None) -> Changes | None:
        """A region was pointed at, or no longer is, or a box was drawn ("box:LEFT,TOP,RIGHT,BOTTOM" in thousandths).

        "point:box" removes the box, "point:all" lets all regions change again. It takes effect in the next search.
        """
        if visit.answer is None or not pick.startswith(("point:", "box:")):
            return None
        answer = visit.answer
        if pointed is None or pointed.token != answer.token or pick == "point:all":
            pointed = Pointed(answer.token)
        if pick.startswith("box:"):
            edges = call_with_messages(read_box, pick.partition(":")[2])
            size = answer.result.regions.image_size
            box = call_with_messages(check_box, [e * side / 1000 for e, side in zip(edges, (*size, *size), strict=True)])
            pointed = replace(pointed, box=box)
        elif pick == "point:box":
            pointed = replace(pointed, box=None)
        elif pick != "point:all":
            pointed = pointed.toggled(1 + picked_index(pick, "point", len(answer.result.regions)))
        return Changes(pointed=pointed, pointing=region_chips(answer, pointed))

    def tell_how(self, visit: Visit) -> Changes | None:
        """Fill "How it works", which nobody sees until it is opened."""
        return Changes(how=how_it_works(visit)) if visit.answer is not None else None

    def redraw(self, visit: Visit, look: Look | None, details: Details | None, view: View) -> Changes | None:
        """A control was changed: method, layer, head, style or contrast."""
        visit = visit.looking(look)
        if visit.answer is None:
            return None
        return Changes(**inspected(self._service, visit, details, view))

    def choose(self, pick: str, visit: Visit, look: Look | None, session: str) -> Changes | None:
        """A result becomes the next reference ("next:ID"), or is explained ("why:ID")."""
        visit = visit.looking(look)
        kind, _, id = pick.partition(":")
        if kind not in ("next", "why") or visit.answer is None or id not in {match.id for match in visit.answer.result.matches}:
            return None  # a card of an answer that is no longer shown
        if kind == "next":
            path = self._serve(str(call_with_messages(self._service.item_path, visit.answer, id)))
            if visit.answer.own is not None:
                self._session_files.remember(session, path)
            return Changes(picture=path, text="", status=message(NEXT))
        look = Look(chosen=Chosen(visit.answer.token, id))
        cards = call_with_messages(answer_views.results, visit.looking(look), True)
        return Changes(look=look, results=cards, detail_panel="why")

    def fill(self, visit: Visit, look: Look | None, details: Details | None, view: View) -> Changes | None:
        """Fill the detail panel."""
        visit = visit.looking(look)
        if visit.answer is None:
            return None
        if visit.chosen is None and view.detail_panel != "maps":
            return Changes(panel=message("There is no result to look at."))
        if view.detail_panel in ("why", "mattered") or view.map_method.needs_result:
            details = chosen_details(self._service, visit, details)
        panel = call_with_messages(self._panel, visit, details, view)
        return Changes(details=details, panel=detail_panels.titled(visit, view.detail_panel, panel))

    def update_address(self, visit: Visit, look: Look | None, view: View) -> Changes | None:
        """Put what is looked at now into the address."""
        return Changes(address=visit.looking(look).link(view)) if visit.answer is not None else None

    def _panel(self, visit: Visit, details: Details | None, view: View) -> Markup:
        service, answer = self._service, visit.answer
        match view.detail_panel:
            case "maps":
                return all_maps(visit, details, view)
            case "why":
                return detail_panels.why(visit, details)
            case "mattered":
                return detail_panels.mattered(visit, details, service.measured(answer.query.gallery))
            case "landscape":
                return detail_panels.landscape(visit, service.landscape(answer, visit.chosen))
            case "compare":
                return detail_panels.compared(service.columns(answer, visit.target), visit.target, visit.chosen)
        raise gr.Error(f"There is no panel {view.detail_panel!r}.", title="Please change the query")


def inspected(service: Service, visit: Visit, details: Details | None, view: View) -> dict:
    """The fields of `Changes` in INSPECTED, for the word or region in focus of a visit with an answer.

    Raises:
        gr.Error: there is no such layer or head, or the chosen result is gone.
    """
    if view.map_method.needs_result:
        details = chosen_details(service, visit, details)
    pieces = vars(call_with_messages(inspector, visit, details, view))
    return {"details": details, "layers_shown": view.map_method.has_layers, **pieces}


def chosen_details(service: Service, visit: Visit, details: Details | None) -> Details | None:
    """Details of the result that is chosen now: `details` if they are about it, or new ones; None if there is no result.

    Raises:
        gr.Error: the chosen result is gone.
    """
    if visit.chosen is None:
        return None
    if details is not None and (details.token, details.item.id) == (visit.answer.token, visit.chosen):
        return details
    return call_with_messages(service.details, visit.answer, visit.chosen)
