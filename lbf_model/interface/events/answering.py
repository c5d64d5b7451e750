"""Answering a query: progress while it runs, then what the answer changes on the page."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import gradio as gr
from markupsafe import Markup

from lbf_model.interface.answers import Answer, Details, Query
from lbf_model.interface.attention_choice import choices, named_layers
from lbf_model.interface.events.inspect import INSPECTED, inspected
from lbf_model.interface.events.wiring import Changes
from lbf_model.interface.map_methods import offered_methods
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.state import Pointed, View, Visit
from lbf_model.interface.views import answer as answer_views
from lbf_model.interface.views.filling import message, progress
from lbf_model.interface.views.inspector import telling_word
from lbf_model.interface.views.pictures import TINY, data_uri
from lbf_model.interface.views.pointing import region_chips
from lbf_model.interface.views.query_parts import query_parts
from lbf_model.interface.visitor_messages import call_with_messages, iterate_with_messages
from lbf_model.interface.zero_gpu import on_gpu

# What an answered query changes.
ANSWERED = (
    "status", "visit", "look", "pointed", "pointing", *INSPECTED, "results", "trail", "how_open", "address", "files", "view",
    "methods", "layers", "heads", "picture", "text", "but_not", "parts", "gallery", "count", "filters",
)  # fmt: skip
# On a phone the answer is below the button that asked for it; keyboard users continue from its heading.
_SHOW_ANSWER = """() => {
    document.body.classList.remove("stale");
    const title = document.querySelector("#results-title"), top = title.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight - 100) title.scrollIntoView();
    const active = document.activeElement;
    const reading = active.closest("#answer, #inspector, #closer-look, #settings") && !active.closest("[data-event=like]");
    if (!reading) title.focus({ preventScroll: true });
}"""


class Answering:
    """Asks queries, and says what their answers change."""

    def __init__(self, service: Service, serve: Callable[[str], str]):
        """Prepare.

        Args:
            service: what answers.
            serve: returns the path of a copy of a picture that may be shown.
        """
        self._service, self._serve = service, serve
        self._answer_steps = on_gpu(self._steps)

    def connect(self, asked: Iterable, fill: dict) -> None:
        """Show the answer after each event in `asked`; `fill` is the event that fills the detail panel."""
        for event in asked:
            event.success(None, js=_SHOW_ANSWER, api_visibility="private")
            event.success(**fill)

    def ask(
        self,
        query: Query,
        visit: Visit,
        details: Details | None,
        own: OwnGallery | None,
        view: View,
        show_query: bool = False,
        look: Mapping[str, str] | None = None,
    ) -> Iterator[Changes]:
        """Ask a query, and report each step.

        Args:
            query: to ask.
            visit: what the page remembers.
            details: of the answer on show, if they were asked for.
            own: the visitor's own gallery, if there is one.
            view: how attention is shown.
            show_query: whether to fill in the query's fields, too.
            look: what a link says to look at.

        Raises:
            gr.Error: the query cannot be answered; its message is on the page by then.
        """
        try:
            for step in self._answer_steps(query, own):
                if isinstance(step, str):
                    yield Changes(status=progress(f"{step} …"))
                else:
                    yield self.answered(step, visit, details, view, show_query, look or {})
        except gr.Error as error:
            yield Changes(status=message(error.message))
            raise

    def answered(
        self, answer: Answer, visit: Visit, details: Details | None, view: View, show_query: bool, look: Mapping[str, str]
    ) -> Changes:
        """What an answered query changes on the page; the arguments are those of `ask`."""
        query, source = answer.query, self._service.source(answer)
        thumbnail, target = data_uri(answer.picture, TINY), self._service.target(query, source)
        view = view.fitted_to(answer)
        visit = visit.asked(answer, source, thumbnail, target, telling_word(answer, view))
        first_look = visit.look_from_link(look)
        shown = visit.looking(first_look)
        explanation = answer.result.explanation
        layers, heads = named_layers(explanation), choices(explanation.word_to_region.shape[1])
        pointed = Pointed(answer.token, answer.result.pointed_at or ())
        fields = {}
        if show_query:
            fields = {
                "picture": self._serve(query.picture),
                "text": query.text,
                "but_not": query.feedback.but_not if query.feedback else "",
                "gallery": query.gallery,
                "count": query.count,
                "filters": list(query.filters),
            }
        return Changes(
            status=answer_views.status(answer),
            visit=visit,
            look=first_look,
            pointed=pointed,
            pointing=region_chips(answer, pointed),
            parts=self._parts(answer),
            results=call_with_messages(answer_views.results, shown, view.detail_panel == "why"),
            trail=answer_views.trail(visit),
            how_open=False,
            address=shown.link(view),
            files="",
            view=view,
            methods=offered_methods(bool(answer.result.matches)),
            layers=layers,
            heads=heads,
            **inspected(self._service, shown, details, view),
            **fields,
        )

    def _parts(self, answer: Answer) -> Markup:
        feedback = answer.query.feedback
        named = () if feedback is None else (*feedback.more, *feedback.less)
        return query_parts(feedback, [call_with_messages(self._service.shown_item, answer, id) for id in named])

    def _steps(self, query: Query, own: OwnGallery | None) -> Iterator[str | Answer]:
        yield from iterate_with_messages(self._service.answer_steps(query, own))
