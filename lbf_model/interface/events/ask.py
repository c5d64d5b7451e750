"""Asking a query: what was typed, an example, a suggestion, or more like a result."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import wraps

import gradio as gr

from lbf_model.interface.answers import Details, Query
from lbf_model.interface.events.answering import ANSWERED, Answering
from lbf_model.interface.events.inspect import NEXT
from lbf_model.interface.events.wiring import QUEUED, QUICK, Changes, Page, picked_index
from lbf_model.interface.layout import how_to_begin, placeholder
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import OwnGallery
from lbf_model.interface.state import Look, Pointed, View, Visit
from lbf_model.interface.views import answer as answer_views
from lbf_model.interface.views.filling import message, progress
from lbf_model.interface.visitor_messages import call_with_messages
from lbf_model.retrieval.feedback import FeedbackError, give_feedback
from lbf_model.types import Feedback

SEARCH_AGAIN = "Search again to see results from this gallery."
# setup.js dims an answer from another gallery than the one that is chosen.
_TELL_GALLERY = "(name) => { document.dispatchEvent(new CustomEvent('gallery', { detail: name })); }"


class Ask:
    """The events that ask a new query. All of them yield what is being done, and at the end what the answer changes."""

    def __init__(self, service: Service, answering: Answering):
        self._service, self._answering = service, answering

    def connect(self, page: Page, fill: dict) -> None:
        """Tie the events to their handlers; `fill` is the event that fills the detail panel after an answer."""
        layout = page.layout
        asking = [layout.search.click, layout.text.submit, layout.but_not.submit, layout.examples.select]
        # This one comes first: for one click, a page starts each event only after the one before is answered.
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
        ]
        self._answering.connect(asked, fill)
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
        """Say how many searches are ahead of a new one, if any; the search itself reports what follows."""
        if not line:
            return None
        return Changes(
            status=progress("One search is ahead of yours …" if line == 1 else f"{line} searches are ahead of yours …")
        )

    def problems(
        self, picture: str | None, text: str, gallery: str, own: OwnGallery | None, but_not: str = ""
    ) -> dict[str, str]:
        """What is wrong with a query, by the name of the field."""
        found = {"picture": self._service.picture_problem(picture), "gallery": self._service.gallery_problem(gallery, own)}
        if self._service.ready and found["gallery"] is None:  # else the search waits for models, and says what is wrong later
            found["text"] = self._service.text_problem(text, gallery)
            found["but_not"] = self._service.text_problem(but_not, gallery) if but_not.strip() else None
        return {name: problem for name, problem in found.items() if problem is not None}

    def picture_problems(self, picture: str | None) -> dict[str, str]:
        """What is wrong with a picture that was just added, in the form that `problems` returns."""
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
        """Ask what was typed; if the picture is the one on show, pointed-at regions and feedback on results apply, too."""
        query = Query(picture, text, gallery, count, filters=tuple(filters or ()))
        query = self._with_marks(query, visit, own, pointed, but_not)
        yield from self._answering.ask(query, visit, details, own, view)

    def _with_marks(self, query: Query, visit: Visit, own: OwnGallery | None, pointed: Pointed | None, but_not: str) -> Query:
        """A query with "But not" and, if its picture is the one on show, what was pointed at and the feedback on results."""
        pointing, feedback = None, Feedback()
        if visit.answer is not None:
            pointing = None if pointed is None else pointed.pointing(visit.answer)
            feedback = visit.answer.query.feedback or feedback
        heeded = pointing is not None or feedback.more or feedback.less
        if heeded and not self._still_shown(query.picture, query.gallery, visit, own):  # which decodes the picture once more
            pointing, feedback = None, Feedback()
        feedback = call_with_messages(give_feedback, feedback.more, feedback.less, but_not)
        return replace(query, pointing=pointing, feedback=feedback)

    @wraps(ask, assigned=())  # so that the page knows that it takes the same inputs
    def narrow(self, **asked) -> Iterator[Changes]:
        """Ask again after the filters changed, if an answer is on show and what was typed can be asked."""
        query = {name: asked[name] for name in ("picture", "text", "gallery", "own", "but_not")}
        if asked["visit"].answer is None or self.problems(**query):
            yield Changes()
            return
        yield from self.ask(**asked)

    def refine(
        self,
        pick: str,
        visit: Visit,
        details: Details | None,
        own: OwnGallery | None,
        view: View,
        pointed: Pointed | None = None,
    ) -> Iterator[Changes]:
        """Ask again for more or less like a result ("more:ID", "less:ID"), or take a part of the query back.

        Regions that were pointed at since the answer apply, too.
        """
        if visit.answer is None:
            yield Changes()
            return
        query = visit.answer.query
        if pointed is not None and pointed != Pointed(visit.answer.token, visit.answer.result.pointed_at or ()):
            query = replace(query, pointing=pointed.pointing(visit.answer))
        query = replace(query, feedback=call_with_messages(_changed, query.feedback or Feedback(), pick))
        yield from self._answering.ask(query, visit, details, own, view, show_query=True)

    def ask_example(
        self, pick: str, count: int, visit: Visit, details: Details | None, own: OwnGallery | None, view: View
    ) -> Iterator[Changes]:
        """Ask an example that was clicked."""
        example = self._service.examples[picked_index(pick, "example", len(self._service.examples))]
        query = Query(str(example.picture), example.text, example.gallery, count)
        yield from self._answering.ask(query, visit, details, own, view, show_query=True)

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
        pointed: Pointed | None = None,
        but_not: str = "",
        filters: Sequence[str] = (),
    ) -> Iterator[Changes]:
        """Ask for a suggested change to the current picture, as if it had been typed."""
        query = Query(picture, pick.partition(":")[2], gallery, count, filters=tuple(filters or ()))
        query = self._with_marks(query, visit, own, pointed, but_not)
        yield from self._answering.ask(query, visit, details, own, view, show_query=True)

    def recount(self, count: int, visit: Visit, look: Look | None, view: View) -> Changes | None:
        """Show more or fewer results of the answer on show."""
        if visit.answer is None:
            return None
        visit = visit.recounted(call_with_messages(self._service.recount, visit.answer, int(count)))
        shown = visit.looking(look)
        cards = call_with_messages(answer_views.results, shown, view.detail_panel == "why")
        return Changes(visit=visit, results=cards, address=shown.link(view))

    def suggest(
        self, picture: str | None, gallery: str, own: OwnGallery | None, visit: Visit, pointed: Pointed | None = None
    ) -> Changes:
        """Suggest changes to the current picture, and what a visitor might type."""
        texts, shown = (), self._still_shown(picture, gallery, visit, own)
        if shown:
            status = None
        elif picture is None:
            status = how_to_begin(self._service)
        elif visit.answer is not None and self._still_shown(picture, visit.answer.query.gallery, visit, own):
            status = SEARCH_AGAIN
        else:
            status = NEXT
        if picture is not None and self._service.gallery_problem(gallery, own) is None:
            try:
                texts = call_with_messages(self._service.suggest, picture, gallery, own, visit.answer)
            except gr.Error as error:  # such as a truncated picture, which its header does not reveal
                status = error.message
        gone = {}
        if visit.answer is not None and not shown:
            gone = {"parts": ""} | ({} if pointed is None else {"pointed": Pointed(pointed.token), "pointing": ""})
        return Changes(
            status=None if status is None else message(status),  # no message about another picture stays
            suggestions=answer_views.suggestion_chips(texts),
            placeholder=placeholder(self._service, gallery),
            **gone,
        )

    def _still_shown(self, picture: str | None, gallery: str, visit: Visit, own: OwnGallery | None) -> bool:
        """Whether the answer on show is about this picture and this gallery."""
        answer = visit.answer
        if picture is None or answer is None:
            return False
        with suppress(gr.Error):  # the search will say what is wrong with the picture
            return answer.is_about(call_with_messages(self._service.open_picture, picture), gallery, own)
        return False


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
