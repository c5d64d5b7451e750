"""Asking a query: what was typed, an example, a suggestion, more like a result, a step of the trail, or what a link names."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import wraps

import gradio as gr
from markupsafe import Markup

from lbf_model.interface.answers import Answer, Details, Query
from lbf_model.interface.attention_choice import choices, named_layers
from lbf_model.interface.events.inspect import INSPECTED, NEXT, inspected
from lbf_model.interface.events.wiring import QUEUED, QUICK, Changes, Page, picked_index
from lbf_model.interface.layout import how_to_begin, placeholder
from lbf_model.interface.links import Step, read_link
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.state import Look, Pointed, Turn, View, Visit
from lbf_model.interface.views import answer as answer_views
from lbf_model.interface.views.filling import message, progress
from lbf_model.interface.views.inspector import all_maps, telling_word
from lbf_model.interface.views.pictures import TINY, data_uri
from lbf_model.interface.views.pointing import region_chips
from lbf_model.interface.views.query_parts import query_parts
from lbf_model.interface.visitor_messages import call_with_messages, iterate_with_messages
from lbf_model.interface.zero_gpu import on_gpu
from lbf_model.retrieval.feedback import FeedbackError, give_feedback, read_feedback
from lbf_model.retrieval.pointing import read_pointing
from lbf_model.types import Feedback
from lbf_model.vision.pictures import picture_digest

# What an answered query changes.
ANSWERED = (
    "status", "visit", "look", "pointed", "pointing", *INSPECTED, "results", "trail", "how_open", "address", "files", "view",
    "layers", "heads", "picture", "text", "but_not", "parts", "gallery", "count", "filters",
)  # fmt: skip
# On a phone the answer lies below the button that asked for it; whoever uses the keyboard goes on from its heading.
_SHOW_ANSWER = """() => {
    document.body.classList.remove("stale");
    const title = document.querySelector("#results-title"), top = title.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight - 100) title.scrollIntoView();
    const active = document.activeElement;
    const reading = active.closest("#answer, #inspector, #closer-look, #settings") && !active.closest("[data-event=like]");
    if (!reading) title.focus({ preventScroll: true });
}"""


# setup.js dims an answer from another gallery than the one that is chosen.
_TELL_GALLERY = "(name) => { document.dispatchEvent(new CustomEvent('gallery', { detail: name })); }"


class Ask:
    """The events that ask a query. All of them yield what is being done, and at the end what the answer changes."""

    def __init__(self, service: Service, serve: Callable[[str], str]):
        """Prepare.

        Args:
            service: what answers.
            serve: gives the path of a copy of a picture that may be shown.
        """
        self._service, self._serve = service, serve
        self._answer_steps = on_gpu(self._steps)

    def connect(self, page: Page, fill: dict) -> None:
        """Tie the events to their handlers; `fill` is the event that fills the detail panel after an answer."""
        layout = page.layout
        asking = [layout.search.click, layout.text.submit, layout.but_not.submit, layout.examples.select]
        # First: a page begins its next event for one click when the one before is answered.
        gr.on([*asking, layout.suggestions.select], **page.event(self.tell_line, ("status",)), **QUICK)
        asked = [
            gr.on(
                [layout.search.click, layout.text.submit, layout.but_not.submit],
                **page.event(self.ask, ANSWERED, problems=self.problems),
                **QUEUED,
            ),
            layout.examples.select(**page.event(self.ask_example, ANSWERED), **QUEUED),
            layout.suggestions.select(**page.event(self.ask_suggestion, ANSWERED), **QUEUED),
            gr.on([layout.results.like, layout.parts.like], **page.event(self.refine, ANSWERED), **QUEUED),
            layout.filters.input(**page.event(self.narrow, ANSWERED), trigger_mode="always_last", **QUEUED),
            layout.trail.select(**page.event(self.return_to, ANSWERED), **QUEUED),
            layout.opened_address.change(**page.event(self.restore, ANSWERED), **QUEUED),
        ]
        for event in asked:
            event.success(None, js=_SHOW_ANSWER, api_visibility="private")
            event.success(**fill)
        layout.gallery.change(None, layout.gallery, None, js=_TELL_GALLERY, api_visibility="private")
        recount = page.event(self.recount, ("visit", "results", "address"))
        layout.count.input(**recount, trigger_mode="always_last", **QUEUED)
        nothing = [layout.picture, layout.text, layout.but_not]
        layout.clear.click(None, None, nothing, js="() => [null, '', '']", api_visibility="private")
        gr.on(
            [layout.picture.change, layout.gallery.change],
            **page.event(
                self.suggest,
                ("suggestions", "placeholder", "pointed", "pointing", "parts", "status"),
                problems=self.picture_problems,
            ),
            trigger_mode="always_last",
            **QUEUED,
        )

    def tell_line(self, line: int) -> Changes | None:
        """Say how many searches a new one waits for, where it does; the search itself says what comes after."""
        if not line:
            return None
        return Changes(
            status=progress("One search is ahead of yours …" if line == 1 else f"{line} searches are ahead of yours …")
        )

    def opening(self) -> Changes | None:
        """What a new page shows: the example that was answered beforehand; None where there is none."""
        answer = self._service.worked_answer()
        if answer is None:
            return None
        shown = self._answered(answer, Visit(), None, View(), show_query=True, look={})
        chips = answer_views.suggestion_chips(self._service.worked.suggestions)
        visit = replace(shown.visit, opened=True)
        return replace(
            shown, visit=visit, suggestions=chips, panel=all_maps(shown.visit, None, shown.view), address=None, details=None
        )

    def problems(
        self, picture: str | None, text: str, gallery: str, own: OwnGallery | None, but_not: str = ""
    ) -> dict[str, str]:
        """What is wrong with a query, by the name of the field that has it."""
        found = {"picture": self._service.picture_problem(picture), "gallery": self._service.gallery_problem(gallery, own)}
        if self._service.ready and found["gallery"] is None:  # else the search waits for models, and says what is wrong later
            found["text"] = self._service.text_problem(text, gallery)
            found["but_not"] = self._service.text_problem(but_not, gallery) if but_not else None
        return {name: problem for name, problem in found.items() if problem is not None}

    def picture_problems(self, picture: str | None) -> dict[str, str]:
        """What is wrong with a picture that was just added, as `problems` says it."""
        problem = None if picture is None else self._service.picture_problem(picture)
        return {} if problem is None else {"picture": problem}

    def ask(
        self,
        picture: str | None,
        text: str,
        gallery: str,
        count: int,
        visit: Visit,
        details: Details | None,
        own: OwnGallery | None,
        view: View,
        pointed: Pointed | None = None,
        but_not: str = "",
        filters: Sequence[str] = (),
    ) -> Iterator[Changes]:
        """Ask what was typed; of the picture on show, the regions pointed at and the results to be like apply, too."""
        pointing, feedback = None, Feedback()
        if visit.answer is not None:
            pointing = None if pointed is None else pointed.pointing(visit.answer)
            feedback = visit.answer.query.feedback or feedback
        heeded = pointing is not None or feedback.more or feedback.less
        if heeded and not self._still_shown(picture, gallery, visit, own):  # which decodes the picture once more
            pointing, feedback = None, Feedback()
        feedback = call_with_messages(give_feedback, feedback.more, feedback.less, but_not)
        query = Query(picture, text, gallery, count, pointing, tuple(filters or ()), feedback)
        yield from self._ask(query, visit, details, own, view)

    @wraps(ask, assigned=())  # so that the page knows that it reads the same
    def narrow(self, **asked) -> Iterator[Changes]:
        """Ask again when the filters were changed, where an answer is on show and what was typed can be asked."""
        query = {name: asked[name] for name in ("picture", "text", "gallery", "own", "but_not")}
        if asked["visit"].answer is None or self.problems(**query):
            yield Changes()
            return
        yield from self.ask(**asked)

    def refine(self, pick: str, visit: Visit, details: Details | None, own: OwnGallery | None, view: View) -> Iterator[Changes]:
        """Ask again for more or less like a result ("more:ID", "less:ID"), or take a part of the query back."""
        if visit.answer is None:
            yield Changes()
            return
        query = visit.answer.query
        query = replace(query, feedback=call_with_messages(_changed, query.feedback or Feedback(), pick))
        yield from self._ask(query, visit, details, own, view, show_query=True)

    def ask_example(
        self, pick: str, count: int, visit: Visit, details: Details | None, own: OwnGallery | None, view: View
    ) -> Iterator[Changes]:
        """Ask an example that was clicked."""
        example = self._service.examples[picked_index(pick, "example", len(self._service.examples))]
        query = Query(str(example.picture), example.text, example.gallery, count)
        yield from self._ask(query, visit, details, own, view, show_query=True)

    def ask_suggestion(
        self,
        pick: str,
        picture: str | None,
        gallery: str,
        count: int,
        visit: Visit,
        details: Details | None,
        own: OwnGallery | None,
        view: View,
        filters: Sequence[str] = (),
    ) -> Iterator[Changes]:
        """Ask for a suggested change of the picture that is there."""
        query = Query(picture, pick.partition(":")[2], gallery, count, filters=tuple(filters or ()))
        yield from self._ask(query, visit, details, own, view, show_query=True)

    def recount(self, count: int, visit: Visit, look: Look | None, view: View) -> Changes | None:
        """Show more or fewer results of the answer on show."""
        if visit.answer is None:
            return None
        visit = visit.recounted(call_with_messages(self._service.recount, visit.answer, int(count)))
        shown = visit.looking(look)
        cards = call_with_messages(answer_views.results, shown, view.detail_panel == "why")
        return Changes(visit=visit, results=cards, address=shown.link(view))

    def return_to(
        self, pick: str, visit: Visit, details: Details | None, own: OwnGallery | None, view: View
    ) -> Iterator[Changes]:
        """Ask a step of the trail again; "turn:clear" forgets all steps but the one on show."""
        if pick == "turn:clear":
            visit = visit.cleared()
            yield Changes(visit=visit, trail=answer_views.trail(visit), address=visit.link(view))
            return
        query = visit.turns[picked_index(pick, "turn", len(visit.turns))].query
        yield from self._ask(query, visit, details, own, view, show_query=True)

    def read_address(self, parameters: Mapping[str, str]) -> Changes:
        """Note the address that the page was opened with, if it names a query to restore."""
        return Changes(opened_address=json.dumps(dict(parameters)) if parameters.get("picture") else "")

    def restore(
        self, opened_address: str, visit: Visit, details: Details | None, own: OwnGallery | None, view: View
    ) -> Iterator[Changes]:
        """Restore what an address names: the trail, the query on show, and what in its answer is looked at."""
        if not opened_address:
            yield Changes()
            return
        if not self._service.ready:
            yield Changes(status=progress("Loading the models …"))
        try:
            link = call_with_messages(read_link, json.loads(opened_address), list(self._service.titles))
            for step in link.steps:
                query = call_with_messages(self._query_of, step)
                picture = call_with_messages(self._service.open_picture, query.picture)
                visit = visit.remembering(Turn(query, step.picture, data_uri(picture, TINY), picture_digest(picture)))
            query = call_with_messages(self._query_of, link.steps[link.current])
        except gr.Error as error:
            yield Changes(status=message(error.message))
            raise
        if link.look:
            view = View.from_link(link.look)
        yield from self._ask(query, visit, details, own, view, show_query=True, look=link.look)

    def suggest(
        self, picture: str | None, gallery: str, own: OwnGallery | None, visit: Visit, pointed: Pointed | None = None
    ) -> Changes:
        """Suggest changes of the picture that is there now, and what one may type."""
        texts, shown = (), self._still_shown(picture, gallery, visit, own)
        status = None if shown else how_to_begin(self._service) if picture is None else NEXT
        if picture is not None and self._service.gallery_problem(gallery, own) is None:
            try:
                texts = call_with_messages(self._service.suggest, picture, gallery, own, visit.answer)
            except gr.Error as error:  # such as a picture that is cut off, which its header does not tell
                status = error.message
        gone = {}
        if visit.answer is not None and not shown:
            gone = {"parts": ""} | ({} if pointed is None else {"pointed": Pointed(pointed.token), "pointing": ""})
        return Changes(
            status=None if status is None else message(status),  # nothing stays of what was said of another picture
            suggestions=answer_views.suggestion_chips(texts),
            placeholder=placeholder(self._service, gallery),
            **gone,
        )

    def _still_shown(self, picture: str | None, gallery: str, visit: Visit, own: OwnGallery | None) -> bool:
        """Whether the answer on show is about a picture that is to be searched in a gallery."""
        answer = visit.answer
        if picture is None or answer is None:
            return False
        with suppress(gr.Error):  # the search will say what is wrong with the picture
            return answer.is_about(call_with_messages(self._service.open_picture, picture), gallery, own)
        return False

    def _parts(self, answer: Answer) -> Markup:
        feedback = answer.query.feedback
        named = () if feedback is None else (*feedback.more, *feedback.less)
        return query_parts(feedback, [call_with_messages(self._service.shown_item, answer, id) for id in named])

    def _query_of(self, step: Step) -> Query:
        pointing = read_pointing(step.regions)
        picture = str(self._service.resolve(step.picture))
        return Query(picture, step.text, step.gallery, step.count, pointing, step.filters, read_feedback(step.feedback))

    def _steps(self, query: Query, own: OwnGallery | None) -> Iterator[str | Answer]:
        yield from iterate_with_messages(self._service.answer_steps(query, own))

    def _ask(
        self,
        query: Query,
        visit: Visit,
        details: Details | None,
        own: OwnGallery | None,
        view: View,
        show_query: bool = False,
        look: Mapping[str, str] | None = None,
    ) -> Iterator[Changes]:
        """Ask; with `show_query` the fields of the query are set, too, and `look` is what a link says to look at."""
        try:
            for step in self._answer_steps(query, own):
                if isinstance(step, str):
                    yield Changes(status=progress(f"{step} …"))
                else:
                    yield self._answered(step, visit, details, view, show_query, look or {})
        except gr.Error as error:
            yield Changes(status=message(error.message))
            raise

    def _answered(
        self, answer: Answer, visit: Visit, details: Details | None, view: View, show_query: bool, look: Mapping[str, str]
    ) -> Changes:
        """What an answered query changes on the page."""
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
            layers=layers,
            heads=heads,
            **inspected(self._service, shown, details, view),
            **fields,
        )


def _changed(feedback: Feedback, pick: str) -> Feedback | None:
    """Feedback after a click: a second click on the same takes it back; "not:" takes the second text back, "none:" all."""
    kind, _, id = pick.partition(":")
    if kind == "none":
        return None
    if kind == "not":
        return give_feedback(feedback.more, feedback.less)
    if kind not in ("more", "less"):
        raise FeedbackError("This is no longer on the page; search again.")
    lists = {"more": feedback.more, "less": feedback.less}
    taken_back = id in lists[kind]
    kept = {name: tuple(other for other in ids if other != id) for name, ids in lists.items()}
    return give_feedback(**(kept if taken_back else kept | {kind: (*kept[kind], id)}), but_not=feedback.but_not)
