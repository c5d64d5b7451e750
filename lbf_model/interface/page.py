"""The page: what answers each event. Where things stand is in `layout`."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

import gradio as gr

from lbf_model.interface import fragments, handlers
from lbf_model.interface.api import add_endpoints
from lbf_model.interface.files import save_files
from lbf_model.interface.handlers import MEAN, RELEVANCE
from lbf_model.interface.layout import Layout, place, placeholder
from lbf_model.interface.links import Step, read_link
from lbf_model.interface.refusals import expected, expected_steps
from lbf_model.interface.served import served
from lbf_model.interface.service import MINE, Answer, Details, Query, Service
from lbf_model.interface.session_files import KEPT_SECONDS, SessionFiles
from lbf_model.interface.state import Turn, Visit
from lbf_model.interface.zero_gpu import borrow, on_gpu
from lbf_model.vision.pictures import picture_digest

# On a phone the answer lies far below the button that asked for it.
_SHOW_ANSWER = """() => {
    const status = document.querySelector("#status"), top = status.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight - 100) status.scrollIntoView();
}"""
# The address always says what is shown; the page's own theme parameter stays in it.
_SHOW_ADDRESS = """(query) => {
    const search = new URLSearchParams(query), theme = new URLSearchParams(location.search).get("__theme");
    const link = new URL(location.pathname + (query ? "?" + search : ""), location.href).href;
    if (theme) search.set("__theme", theme);
    history.replaceState(null, "", location.pathname + (search.size ? "?" + search : ""));
    return query ? link : "";
}"""
_NEXT = "Now say what should change in this picture. Below stands the answer to the question before."
# Seconds: how often uploads and copies that the page shows are looked through, and how old they get.
_TIDY = (600, KEPT_SECONDS)


@dataclass
class _Wish:
    """One visitor's, shared by the run that indexes and the button that stops it."""

    stop: bool = False


def theme() -> gr.themes.Base:
    """The page's colours; fonts are the system's, so that no request leaves the server."""
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=["system-ui", "sans-serif"], font_mono=["monospace"])


def build_page(service: Service, session_files: SessionFiles) -> gr.Blocks:
    """Assemble the page of an service; `session_files` is where it puts what visitors bring."""
    borrow(service, {"answer": 15, "details": 15, "landscape": 15, "suggest": 15}, expected)
    with gr.Blocks(title="LBF: composed image retrieval by regions", analytics_enabled=False, delete_cache=_TIDY) as page:
        layout = place(service)
        visit, look, details, wish = gr.State(Visit()), gr.State(None), gr.State(None), gr.State(_Wish())
        # A function of its own, since Gradio copies whatever a method is bound to, for each visitor.
        own = gr.State(None, time_to_live=KEPT_SECONDS, delete_callback=lambda mine: session_files.drop(mine))
        Events(service, session_files, layout, visit, look, details, wish, own).connect(page)
        add_endpoints(service)
    return page


class Events:
    """The handlers of one page. All that ask a query return one shape; visitors share nothing but the service.

    The visit is written by queued events alone, which follow each other. What is looked at (`look`) and what was found out
    about a result (`details`) name the answer they belong to, so that a late one never speaks of another answer.
    """

    def __init__(self, service: Service, session_files: SessionFiles, layout: Layout, visit, look, details, wish, own):
        self.service, self.session_files, self.layout = service, session_files, layout
        self.answer_steps, self.index_steps = on_gpu(self._answer_steps, 15), on_gpu(self._index_steps, 60)
        self.visit, self.look, self.details, self.wish, self.own = visit, look, details, wish, own
        place = layout
        self.view = [place.method, place.layer, place.head, place.style, place.contrast]
        self.inspected = [place.words, place.figure, place.said]
        self.answered = [
            place.status, visit, look, details, *self.inspected, place.results, place.trail, place.query, place.files,
            *self.view, place.closer, place.picture, place.text, place.gallery, place.count,
        ]  # fmt: skip

    def connect(self, page: gr.Blocks) -> None:
        """Tie every event to its handler."""
        place = self.layout
        asks = [self.visit, self.details, self.own, place.closer, *self.view]
        seen = [self.visit, self.look, self.details, place.closer, *self.view]
        inputs = [place.picture, place.text, place.gallery, place.count]
        asking = {"api_visibility": "private", "show_progress": "hidden", "concurrency_id": "model"}
        quick = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
        fill = {"fn": self.fill, "inputs": seen, "outputs": [self.details, place.panel, place.query], **asking}
        fill["trigger_mode"] = "always_last"  # Gradio would drop what is asked for while another runs
        asked = [
            gr.on(
                [place.search.click, place.text.submit], self.ask, [*inputs, *asks], self.answered,
                validator=self.validate, **asking,
            ),
            place.examples.select(self.ask_example, [place.count, *asks], self.answered, **asking),
            place.suggestions.select(self.ask_suggestion, [*inputs, *asks], self.answered, **asking),
            place.trail.select(self.return_to, asks, self.answered, **asking),
            place.asked_for.change(self.restore, [place.asked_for, *asks], self.answered, **asking),
        ]  # fmt: skip
        page.load(self.read_address, None, place.asked_for, **quick)
        for event in asked:
            event.success(None, js=_SHOW_ANSWER, api_visibility="private")
            event.success(**fill)
        place.query.change(None, place.query, place.link, js=_SHOW_ADDRESS, api_visibility="private")

        place.results.select(
            self.choose,
            [self.visit, self.look],
            [self.look, place.picture, place.text, place.status, place.results, place.closer],
            trigger_mode="multiple",
            **quick,
        ).success(**fill)
        place.closer.input(**fill)
        for pick in (place.words, place.figure, place.panel):
            pick.select(
                self.focus, seen, [self.look, place.query, self.details, *self.inspected], trigger_mode="multiple", **quick
            )
        for control in self.view:
            redrawn = [place.query, self.details, *self.inspected]
            control.input(self.redraw, seen, redrawn, trigger_mode="always_last", **quick).success(**fill)
        gr.on(
            [place.picture.change, place.gallery.change],
            self.suggest,
            [place.picture, place.gallery, self.own, self.visit],
            [place.suggestions, place.text],
            trigger_mode="always_last",
            **asking,
        )
        for upload in (place.picture, place.files_own):
            upload.upload(self.remember, upload, None, **quick)
        place.make_files.click(self.make_files, seen, place.files, **asking)
        place.index.click(
            self.index,
            [place.files_own, self.own, self.wish],
            [self.own, place.gallery, place.report, place.stop],
            validator=lambda paths, *rest: [gr.validate(bool(paths), "Add pictures or a zip first."), *_fine(rest)],
            api_visibility="private",
            show_progress_on=[place.report],
            concurrency_id="index",  # a long one holds up no search
        )
        # Not Gradio's `cancels`: what a run says just before it is cancelled would overwrite what the button says.
        place.stop.click(self.stop, self.wish, None, **quick)
        page.unload(self.forget)

    # Asking

    def validate(self, path, text, gallery, *rest):
        """What is wrong, beside the field that has it."""
        own = rest[3]  # after count, visit and details
        problems = [self.service.picture_problem(path), None, self.service.gallery_problem(gallery, own)]
        if self.service.ready and problems[2] is None:  # else the search waits for models, and tells what is wrong later
            problems[1] = self.service.text_problem(text, gallery)
        return [gr.validate(problem is None, problem or "") for problem in problems] + _fine(rest)

    def ask(self, path, text, gallery, count, *asks):
        """What was typed."""
        yield from self._ask(Query(path, text, gallery, count), *asks, tell=False)

    def ask_example(self, event: gr.EventData, count, *asks):
        """An example that was clicked."""
        example = self.service.examples[_place(event, "example", len(self.service.examples))]
        yield from self._ask(Query(str(example.picture), example.text, example.gallery, count), *asks)

    def ask_suggestion(self, event: gr.EventData, path, text, gallery, count, *asks):
        """A suggested change of the picture that is there."""
        yield from self._ask(Query(path, str(event.pick).partition(":")[2], gallery, count), *asks)

    def return_to(self, event: gr.EventData, visit, *asks):
        """A step of the trail."""
        yield from self._ask(visit.turns[_place(event, "turn", len(visit.turns))].query, visit, *asks)

    def read_address(self, request: gr.Request):
        """The address the page was opened with, where it names something to restore."""
        parameters = dict(request.query_params)
        return json.dumps(parameters) if parameters.get("picture") else ""

    def restore(self, address, visit, *asks):
        """What an address says."""
        if not address:
            yield self._told("")
            return
        if not self.service.ready:
            yield self._told(fragments.progress("Loading the models …"))
        try:
            link = expected(read_link, json.loads(address), list(self.service.titles))
            for step in link.steps:
                query = expected(self._query_of, step)
                picture = expected(self.service.open_picture, query.picture)
                thumbnail = fragments.data_uri(picture, fragments.TINY)
                visit = visit.remembering(Turn(query, step.picture, thumbnail, picture_digest(picture)))
            query = expected(self._query_of, link.steps[link.current])
        except gr.Error as error:
            yield self._told(fragments.paragraph(error.message))
            raise
        yield from self._ask(query, visit, *asks, wanted=link.look)

    def _query_of(self, step: Step) -> Query:
        return Query(str(self.service.resolve(step.picture)), step.text, step.gallery, step.count)

    def _ask(self, query: Query, visit: Visit, details, own, closer, *view, tell=True, wanted=None) -> Iterator[tuple]:
        """Yields what changes in `answered`; with `tell` the fields of the query are set, too, `wanted` is a link's look."""
        try:
            for step in self.answer_steps(query, own):
                if isinstance(step, str):
                    yield self._told(fragments.progress(f"{step} …"))
            yield self._shown(step, visit, details, closer, view, tell, wanted or {})
        except gr.Error as error:
            yield self._told(fragments.paragraph(error.message))
            raise

    def _shown(self, answer: Answer, visit: Visit, details, closer, view, tell: bool, wanted: dict) -> tuple:
        query, source = answer.query, self.service.source(answer)
        thumbnail = fragments.data_uri(answer.picture, fragments.TINY)
        focus = "word", handlers.telling_word(answer)
        visit = visit.asked(answer, source, thumbnail, self.service.target(query, source), focus)
        look, closer, view = handlers.wanted_look(visit, closer, view, wanted)
        seen = visit.looking(look)
        layers, heads = (handlers.numbered(n) for n in answer.result.explanation.word_to_region.shape[:2])
        method, layer, head, style, contrast = view
        layer, head = (value if value in values else MEAN for value, values in ((layer, layers), (head, heads)))
        view = method, layer, head, style, contrast
        details, *inspected = self._inspected(seen, details, view)
        fields = (self._copy(query.picture), query.text, query.gallery, query.count) if tell else (gr.skip(),) * 4
        return (
            handlers.status(answer),
            visit,
            look,
            details,
            *inspected,
            expected(handlers.results, seen),
            handlers.trail(visit),
            seen.link(closer, view),
            "",
            method,
            gr.update(choices=layers, value=layer),
            gr.update(choices=heads, value=head),
            style,
            contrast,
            closer,
            *fields,
        )

    def _told(self, status: str) -> tuple:
        return status or gr.skip(), *[gr.skip()] * (len(self.answered) - 1)

    def _answer_steps(self, query: Query, own) -> Iterator:
        yield from expected_steps(self.service.answer_steps(query, own))

    def _copy(self, path: str) -> str:
        return served(self.layout.picture, path)

    # Looking closer

    def focus(self, event: gr.EventData, visit, look, details, closer, *view):
        """A word or a region was clicked; a second click on a region returns to the words."""
        visit = visit.looking(look)
        if visit.answer is None:
            return (gr.skip(),) * (3 + len(self.inspected))
        result = visit.answer.result
        kind = str(event.pick).partition(":")[0]
        chosen = kind, _place(event, kind, {"word": len(result.tokens.words), "region": len(result.regions)}.get(kind, 0))
        if kind == "region" and visit.focus == chosen:
            chosen = "word", handlers.telling_word(visit.answer)
        look = visit.look(focus=chosen)
        visit = visit.looking(look)
        return look, visit.link(closer, view), *self._inspected(visit, details, view)

    def redraw(self, visit, look, details, closer, *view):
        """Another method, layer, head or style."""
        visit = visit.looking(look)
        if visit.answer is None:
            return (gr.skip(),) * (2 + len(self.inspected))
        return visit.link(closer, view), *self._inspected(visit, details, view)

    def _inspected(self, visit: Visit, details, view) -> tuple:
        """Details, and what `inspected` shows."""
        if view[0] == RELEVANCE:
            details = self._detailed(visit, details)
        return details, *expected(handlers.inspector, visit, details, *view)

    def _detailed(self, visit: Visit, details) -> Details | None:
        """Details of the result that is chosen now: those at hand, or new ones."""
        if visit.chosen is None:
            return None
        if details is not None and (details.token, details.item.id) == (visit.answer.token, visit.chosen):
            return details
        return expected(self.service.details, visit.answer, visit.chosen)

    def choose(self, event: gr.EventData, visit, look, request: gr.Request):
        """A result becomes the next reference, or is explained."""
        visit = visit.looking(look)
        kind, _, id = str(event.pick).partition(":")
        if visit.answer is None or id not in {m.id for m in visit.answer.result.matches}:
            return (gr.skip(),) * 6  # a card of an answer that is no longer shown
        if kind == "next":
            path = self._copy(str(expected(self.service.item_path, visit.answer, id)))
            if visit.answer.own is not None:
                self.session_files.remember(request.session_hash, path)
            return gr.skip(), path, "", fragments.paragraph(_NEXT), gr.skip(), gr.skip()
        look = visit.look(chosen=id)
        return look, gr.skip(), gr.skip(), gr.skip(), expected(handlers.results, visit.looking(look)), "why"

    def fill(self, visit, look, details, closer, *view):
        """What is looked at below the answer."""
        visit = visit.looking(look)
        if visit.answer is None:
            return details, gr.skip(), gr.skip()
        link = visit.link(closer, view)
        if visit.chosen is None and closer != "maps":
            return details, fragments.paragraph("There is no result to look at."), link
        if closer in ("why", "mattered") or view[0] == RELEVANCE:
            details = self._detailed(visit, details)
        return details, expected(self._panel, closer, visit, details, view), link

    def _panel(self, closer: str, visit: Visit, details, view) -> str:
        if closer == "maps":
            return handlers.all_maps(visit, details, *view)
        if closer == "why":
            return handlers.why(visit, details)
        if closer == "mattered":
            return handlers.mattered(visit, details, self.service.measured(visit.answer.query.gallery))
        if closer == "landscape":
            return handlers.landscape(visit, self.service.landscape(visit.answer, visit.chosen))
        return handlers.compared(self.service.columns(visit.answer, visit.target), visit.target, visit.chosen)

    def suggest(self, path, gallery, own, visit):
        """Changes worth asking for the picture that is there now, and what one may type."""
        texts = ()
        if path is not None and self.service.gallery_problem(gallery, own) is None:
            with suppress(gr.Error):  # the search will say what is wrong with the picture
                texts = expected(self.service.suggest, path, gallery, own, visit.answer)
        return fragments.suggestion_chips(texts), gr.update(placeholder=placeholder(self.service, gallery))

    # Saving

    def make_files(self, request: gr.Request, visit, look, details, closer, *view):
        """Everything about the answer as files."""
        visit = visit.looking(look)
        if visit.answer is None:
            return fragments.paragraph("Search first; then there is something to save.")
        details = self._detailed(visit, details)
        files = expected(save_files, self.service, self.layout.files, visit, details, view)
        for file in files:
            self.session_files.remember(request.session_hash, file.path)
        return fragments.links([(f"gradio_api/file={quote(f.path)}", f.name, f.what) for f in files])

    # Own pictures

    def index(self, paths, mine, wished):
        """Yields what changes in [own, gallery, report, stop]."""
        wished.stop = False
        steps = self.index_steps(paths)
        done = gr.update(interactive=False)
        for what, share in steps:
            if not isinstance(what, str):  # the end: a gallery or None, and what became of each file
                said = handlers.upload_summary(what.pictures if what else 0, share)
                if what is None:
                    yield gr.skip(), gr.skip(), said, done
                else:
                    self.session_files.drop(mine)
                    yield what, gr.update(choices=self.service.choices(what), value=MINE), said, done
                return
            if wished.stop:
                break
            yield gr.skip(), gr.skip(), fragments.progress(what, share), gr.update(interactive=True)
        steps.close()
        yield gr.skip(), gr.skip(), fragments.paragraph("Stopped; none of these pictures was kept."), done

    def _index_steps(self, paths) -> Iterator:
        yield from expected_steps(self.session_files.index(paths))

    def stop(self, wished):
        """Ask a run that indexes to stop."""
        wished.stop = True

    def remember(self, uploaded, request: gr.Request):
        """Uploads are deleted when their visitor leaves."""
        for path in [uploaded] if isinstance(uploaded, str) else uploaded or []:
            self.session_files.remember(request.session_hash, path)

    def forget(self, request: gr.Request):
        """A visitor left."""
        self.session_files.forget(request.session_hash)


def _fine(fields) -> list:
    """Nothing to complain about."""
    return [gr.validate(True, "") for _ in fields]


def _place(event: gr.EventData, kind: str, count: int) -> int:
    """The place that "KIND:PLACE" picks among `count` things."""
    said, _, place = str(event.pick).partition(":")
    if said != kind or not place.isdecimal() or int(place) >= count:
        raise gr.Error("This is no longer there; search again.", title="Please change the query")
    return int(place)
