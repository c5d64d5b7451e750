"""The page: what answers each event. Where things stand is in `layout`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import gradio as gr

from lbf_model.interface import fragments, handlers
from lbf_model.interface.belongings import KEPT_SECONDS, Belongings
from lbf_model.interface.endpoints import add_endpoints
from lbf_model.interface.engine import MINE, Details, Engine, Query
from lbf_model.interface.files import save_files
from lbf_model.interface.handlers import MEAN, RELEVANCE
from lbf_model.interface.layout import Layout, place
from lbf_model.interface.links import read_link
from lbf_model.interface.refusals import REFUSED, expected, refusal
from lbf_model.interface.visit import Visit
from lbf_model.interface.zero_gpu import borrow, on_gpu

# On a phone the answer lies far below the button that asked for it. The address always says what is shown.
_SHOW_ANSWER = """(query) => {
    const status = document.querySelector("#status"), top = status.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight - 100) status.scrollIntoView();
    const search = new URLSearchParams(query), theme = new URLSearchParams(location.search).get("__theme");
    const link = new URL(location.pathname + (query ? "?" + search : ""), location.href).href;
    if (theme) search.set("__theme", theme);
    history.replaceState(null, "", location.pathname + (search.size ? "?" + search : ""));
    return query ? link : "";
}"""
# Seconds: how often uploads and copies that the page shows are looked through, and how old they get.
_TIDY = (600, KEPT_SECONDS)


@dataclass
class _Wish:
    """One visitor's, shared by the run that indexes and the button that stops it."""

    stop: bool = False


def theme() -> gr.themes.Base:
    """The page's colours; fonts are the system's, so that no request leaves the server."""
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=["system-ui", "sans-serif"], font_mono=["monospace"])


def build_page(engine: Engine, belongings: Belongings) -> gr.Blocks:
    """Assemble the page of an engine; `belongings` is where it puts what visitors bring."""
    borrow(engine, {"answer": 15, "details": 15, "landscape": 15, "columns": 15, "suggest": 15}, expected)
    with gr.Blocks(title="LBF: composed image retrieval by regions", analytics_enabled=False, delete_cache=_TIDY) as page:
        layout = place(engine)
        visit, details, wish = gr.State(Visit()), gr.State(None), gr.State(_Wish())
        # A function of its own, since Gradio copies whatever a method is bound to, for each visitor.
        own = gr.State(None, time_to_live=KEPT_SECONDS, delete_callback=lambda mine: belongings.drop(mine))
        Events(engine, belongings, layout, visit, details, wish, own).connect(page)
        add_endpoints(engine)
    return page


class Events:
    """The handlers of one page. All that ask a query return one shape; visitors share nothing but the engine."""

    def __init__(self, engine: Engine, belongings: Belongings, layout: Layout, visit, details, wish, own):
        self.engine, self.belongings, self.layout = engine, belongings, layout
        self.answer_steps, self.index_steps = on_gpu(self._answer_steps, 15), on_gpu(self._index_steps, 60)
        self.visit, self.details, self.wish, self.own = visit, details, wish, own
        place = layout
        self.view = [place.method, place.layer, place.head, place.style, place.contrast]
        self.inspected = [visit, details, place.words, place.figure, place.said]
        self.answered = [
            *self.inspected, place.status, place.results, place.trail, place.query, place.layer, place.head,
            place.picture, place.text, place.gallery, place.count,
        ]  # fmt: skip
        self.closer = [details, place.panel]

    def connect(self, page: gr.Blocks) -> None:
        """Tie every event to its handler."""
        place, state = self.layout, [self.visit, self.details, self.own, *self.view]
        inputs = [place.picture, place.text, place.gallery, place.count]
        asking = {"api_visibility": "private", "show_progress": "hidden", "concurrency_id": "model"}
        quick = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
        asked = [
            gr.on(
                [place.search.click, place.text.submit], self.ask, [*inputs, *state], self.answered,
                validator=self.validate, **asking,
            ),
            place.examples.select(self.ask_example, [place.count, *state], self.answered, **asking),
            place.suggestions.select(self.ask_suggestion, [*inputs, *state], self.answered, **asking),
            place.trail.select(self.return_to, state, self.answered, **asking),
            page.load(self.restore, state, self.answered, **asking),
        ]  # fmt: skip
        for event in asked:
            event.success(None, place.query, place.link, js=_SHOW_ANSWER, api_visibility="private")
            event.success(self.fill, [place.closer, *state], self.closer, **asking)

        chosen = place.results.select(
            self.choose, [self.visit, self.own], [self.visit, place.picture, place.text, place.results, place.closer], **quick
        )
        chosen.success(self.fill, [place.closer, *state], self.closer, **asking)
        place.closer.input(self.fill, [place.closer, *state], self.closer, **asking)
        for pick in (place.words, place.figure, place.panel):
            pick.select(self.focus, state, self.inspected, **quick)
        for control in self.view:
            control.input(self.redraw, state, self.inspected, **quick).then(
                self.fill, [place.closer, *state], self.closer, **asking
            )
        for change in (place.picture.change, place.gallery.change):
            change(self.suggest, [place.picture, place.gallery, self.own], [place.suggestions, place.text], **asking)
        place.picture.upload(self.remember, place.picture, None, **quick)
        place.make_files.click(self.make_files, state, place.files, **asking)
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

    def validate(self, path, text, gallery, count, visit, details, own, *view):
        """What is wrong, beside the field that has it."""
        problems = [self.engine.picture_problem(path), None, self.engine.gallery_problem(gallery, own)]
        if self.engine.ready and problems[2] is None:  # else the search waits for models, and tells what is wrong later
            problems[1] = self.engine.text_problem(text, gallery)
        return [gr.validate(problem is None, problem or "") for problem in problems] + _fine(
            [count, visit, details, own, *view]
        )

    def ask(self, path, text, gallery, count, visit, details, own, *view):
        """What was typed."""
        yield from self._ask(Query(path, text, gallery, count), visit, details, own, view, tell=False)

    def ask_example(self, event: gr.EventData, count, visit, details, own, *view):
        """An example that was clicked."""
        example = self.engine.examples[int(event.pick.split(":")[1])]
        query = Query(str(example.picture), example.text, example.gallery, count)
        yield from self._ask(query, visit, details, own, view, tell=True)

    def ask_suggestion(self, event: gr.EventData, path, text, gallery, count, visit, details, own, *view):
        """A suggested change of the picture that is there."""
        yield from self._ask(Query(path, event.pick.partition(":")[2], gallery, count), visit, details, own, view, tell=True)

    def return_to(self, event: gr.EventData, visit, details, own, *view):
        """A step of the trail."""
        yield from self._ask(visit.turns[int(event.pick.split(":")[1])].query, visit, details, own, view, tell=True)

    def restore(self, request: gr.Request, visit, details, own, *view):
        """What the link says that the page was opened with."""
        try:
            steps = read_link(dict(request.query_params), list(self.engine.titles))
        except ValueError as error:
            raise gr.Error(str(error), title="The link") from None
        if not steps:
            yield (gr.skip(),) * len(self.answered)
            return
        if not self.engine.ready:
            yield self._waiting("Loading the models")
        for step in steps[:-1]:
            query = Query(str(expected(self.engine.resolve, step.picture)), step.text, step.gallery, step.count)
            picture = expected(self.engine.open_picture, query.picture)
            visit = visit.remembering(query, step.picture, fragments.data_uri(picture, fragments.TINY))
        last = steps[-1]
        query = Query(str(expected(self.engine.resolve, last.picture)), last.text, last.gallery, last.count)
        yield from self._ask(query, visit, details, own, view, tell=True)

    def _ask(self, query: Query, visit: Visit, details, own, view, tell: bool) -> Iterator[tuple]:
        """Yields what changes in `answered`; with `tell` the fields of the query are set, too."""
        for step in self.answer_steps(query, own):
            if isinstance(step, str):
                yield self._waiting(step)
        answer = step
        source = self.engine.source(answer)
        thumbnail = fragments.data_uri(answer.picture, fragments.TINY)
        first = handlers.telling_word(answer)
        visit = visit.asked(answer, source, thumbnail, self.engine.target(query, source), ("word", first))
        method, layer, head, style, contrast = view
        layers, heads = (handlers.numbered(n) for n in answer.result.explanation.word_to_region.shape[:2])
        layer, head = (value if value in values else MEAN for value, values in ((layer, layers), (head, heads)))
        fields = (self._cached(query.picture), query.text, query.gallery, query.count) if tell else (gr.skip(),) * 4
        yield (
            *self._inspected(visit, details, own, (method, layer, head, style, contrast)),
            handlers.status(answer),
            handlers.results(visit),
            handlers.trail(visit),
            visit.link(),
            gr.update(choices=layers, value=layer),
            gr.update(choices=heads, value=head),
            *fields,
        )

    def _waiting(self, what: str) -> tuple:
        said = [gr.skip()] * len(self.answered)
        said[len(self.inspected)] = fragments.progress(f"{what} …")
        return tuple(said)

    def _answer_steps(self, query: Query, own) -> Iterator:
        """What `Engine.answer_steps` yields; what it refuses becomes a message."""
        try:
            yield from self.engine.answer_steps(query, own)
        except REFUSED as error:
            raise refusal(error) from None

    def _cached(self, path: str) -> str:
        """A copy of a picture that Gradio may show, since it shows nothing of other folders."""
        return self.layout.picture.move_resource_to_block_cache(path)

    # Looking closer

    def focus(self, event: gr.EventData, visit, details, own, *view):
        """A word or a region was clicked; a second click on a region returns to the words."""
        kind, _, place = event.pick.partition(":")
        if visit.answer is None:
            return (gr.skip(),) * len(self.inspected)
        chosen = (kind, int(place))
        again = kind == "region" and visit.focus == chosen
        visit = replace(visit, focus=("word", handlers.telling_word(visit.answer)) if again else chosen)
        return self._inspected(visit, details, own, view)

    def redraw(self, visit, details, own, *view):
        """Another method, layer, head or style."""
        return (gr.skip(),) * len(self.inspected) if visit.answer is None else self._inspected(visit, details, own, view)

    def _inspected(self, visit: Visit, details, own, view) -> tuple:
        if view[0] == RELEVANCE:
            details = self._detailed(visit, details, own)
        return visit, details, *expected(handlers.inspector, visit, details, *view)

    def _detailed(self, visit: Visit, details, own) -> Details | None:
        """Details of the result that is chosen now: those at hand, or new ones."""
        if visit.chosen is None:
            return None
        if details is not None and (details.query, details.item.id) == (visit.answer.query, visit.chosen):
            return details
        return expected(self.engine.details, visit.answer, visit.chosen, own)

    def choose(self, event: gr.EventData, visit, own):
        """A result becomes the next reference, or is explained."""
        kind, _, id = event.pick.partition(":")
        if kind == "next":
            path = expected(self.engine.item_path, visit.answer.query.gallery, id, own)
            return gr.skip(), self._cached(str(path)), "", gr.skip(), gr.skip()
        visit = visit.explaining(id)
        return visit, gr.skip(), gr.skip(), handlers.results(visit), "why"

    def fill(self, closer, visit, details, own, *view):
        """What is looked at below the answer; returns what changes in `closer`."""
        if visit.answer is None or visit.chosen is None:
            return details, gr.skip()
        if closer in ("why", "mattered") or view[0] == RELEVANCE:
            details = self._detailed(visit, details, own)
        return details, expected(self._panel, closer, visit, details, own, view)

    def _panel(self, closer: str, visit: Visit, details, own, view) -> str:
        if closer == "maps":
            return handlers.all_maps(visit, details, *view)
        if closer == "why":
            return handlers.why(visit, details)
        if closer == "mattered":
            return handlers.mattered(visit, details, self.engine.measured(visit.answer.query.gallery))
        if closer == "landscape":
            return handlers.landscape(visit, self.engine.landscape(visit.answer, visit.chosen, own))
        return handlers.compared(self.engine.columns(visit.answer, visit.target, own), visit.target)

    def suggest(self, path, gallery, own):
        """Changes worth asking for the picture that is there now, and what one may type."""
        texts = ()
        if path is not None and self.engine.picture_problem(path) is None and self.engine.gallery_problem(gallery, own) is None:
            texts = expected(self.engine.suggest, path, gallery, own)
        return fragments.suggestion_chips(texts), gr.update(placeholder=self.layout.placeholder(self.engine, gallery))

    # Saving

    def make_files(self, visit, details, own, *view):
        """Everything about the answer as files."""
        if visit.answer is None:
            return fragments.paragraph("Search first; then there is something to save.")
        details = self._detailed(visit, details, own)
        return fragments.links(expected(save_files, self.engine, self.layout.files, visit, details, own, view))

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
                    self.belongings.drop(mine)
                    yield what, gr.update(choices=self.engine.choices(what), value=MINE), said, done
                return
            if wished.stop:
                break
            yield gr.skip(), gr.skip(), fragments.progress(what, share), gr.update(interactive=True)
        steps.close()
        yield gr.skip(), gr.skip(), fragments.paragraph("Stopped; none of these pictures was kept."), done

    def _index_steps(self, paths) -> Iterator:
        """What `Belongings.index` yields; what it refuses becomes a message."""
        try:
            yield from self.belongings.index(paths)
        except REFUSED as error:
            raise refusal(error) from None

    def stop(self, wished):
        """Ask a run that indexes to stop."""
        wished.stop = True

    def remember(self, path, request: gr.Request):
        """An upload is deleted when its visitor leaves."""
        self.belongings.remember(request.session_hash, path)

    def forget(self, request: gr.Request):
        """A visitor left."""
        self.belongings.forget(request.session_hash)


def _fine(fields) -> list:
    """Nothing to complain about."""
    return [gr.validate(True, "") for _ in fields]
