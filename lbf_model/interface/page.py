"""The page: what stands where, and which handler answers."""

import json
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from PIL import Image

from lbf_model.gallery.index import GalleryError
from lbf_model.interface import handlers
from lbf_model.interface.handlers import KEPT_SECONDS, MAX_RESULTS, MEAN, MINE, Answer, Engine
from lbf_model.interface.records import explanation_record, search_record
from lbf_model.text.vocabulary import TextError
from lbf_model.uploads import MAX_PICTURES
from lbf_model.vision.pictures import PictureError

STYLE = Path(__file__).with_name("page.css")
_EXPECTED = (PictureError, TextError, GalleryError, handlers.QueryError)
# On a phone the answer lies far below the button that asked for it.
_SHOW_ANSWER = """() => {
    const status = document.querySelector("#status"), top = status.getBoundingClientRect().top;
    if (top < 0 || top > innerHeight - 100) status.scrollIntoView();
}"""
# Seconds: how often uploads and copies that the page shows are looked through, and how old they get.
_TIDY = (600, KEPT_SECONDS)


def theme() -> gr.themes.Base:
    """The page's colours; fonts are the system's, so that no request leaves the server."""
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=["system-ui", "sans-serif"], font_mono=["monospace"])


def build_page(engine: Engine, examples: Path | None) -> gr.Blocks:
    """Assemble the page.

    Args:
        engine: what answers.
        examples: folder with examples.json, a list of {"picture", "text", "gallery"}; None shows no examples.
    """
    configs = [offer.retriever.config for offer in engine.offers.values()]
    layers, heads = max(c.fusion_layers for c in configs), max(c.heads for c in configs)
    names = list(engine.offers)
    chosen = _load_examples(examples, names)
    with gr.Blocks(title="LBF: composed image retrieval by regions", analytics_enabled=False, delete_cache=_TIDY) as page:
        gr.Markdown(
            "# Search with a picture and a change\n"
            "Give a picture, say what should be different, and see which regions the model found, "
            "where each word looked, and the gallery ranked by what you asked for.",
            elem_id="intro",
        )
        answer = gr.State(None)
        wish = gr.State(_Wish())
        own = gr.State(None, time_to_live=KEPT_SECONDS, delete_callback=engine.drop_own)
        with gr.Row():
            with gr.Column(scale=4, min_width=300):
                picture = gr.Image(label="Picture", sources=["upload", "clipboard"], height=240, elem_id="picture")
                # Hand over the uploaded file unopened: only `load_picture` decodes what visitors send.
                picture.preprocess = lambda payload: None if payload is None else payload.path
                text = gr.Textbox(
                    label="What should change?",
                    placeholder=_placeholder(engine, chosen, names[0]),
                    max_lines=1,
                    max_length=2000,
                    elem_id="text",
                )
                search = gr.Button("Search", variant="primary", elem_id="search")
                gallery = gr.Radio(engine.choices(), value=names[0], label="Search in", elem_id="gallery")
                count = gr.Slider(1, MAX_RESULTS, value=8, step=1, label="Results", elem_id="count")
                with gr.Accordion("Your own pictures", open=False, elem_id="own"):
                    gr.Markdown(
                        f"Up to {MAX_PICTURES} pictures, or a zip of them. Only you can search them, "
                        f"and they are deleted after {KEPT_SECONDS // 60} minutes, or when the server stops."
                    )
                    files = gr.File(label="Pictures or a zip", file_count="multiple", height=160, elem_id="own-files")
                    files.preprocess = lambda payload: [file.path for file in payload or []]
                    with gr.Row():
                        index = gr.Button("Index them", elem_id="own-index", min_width=100)
                        stop = gr.Button("Stop", interactive=False, elem_id="own-stop", min_width=100)
                    report = gr.HTML(elem_id="own-report")
                shelf = gr.Dataset(
                    components=[gr.Image(visible=False), gr.Textbox(visible=False)],
                    samples=[[str(e.picture), e.text] for e in chosen],
                    headers=["Picture", "Change"],
                    samples_per_page=max(len(chosen), 1),
                    type="index",
                    label="Examples: click one",
                    visible=bool(chosen),
                    elem_id="examples",
                )
            with gr.Column(scale=6, min_width=300):
                status = gr.Markdown("Pick an example, or add a picture and say what should change.", elem_id="status")
                results = gr.Gallery(
                    label="Results: rank · cosine",
                    columns=4,
                    height="auto",
                    object_fit="contain",
                    buttons=["download"],
                    elem_id="results",
                    interactive=False,
                )
                words = gr.Radio(
                    [],
                    label="Words",
                    info="Click one to see which regions it looked at. Attention does not say what decided the result.",
                    elem_id="words",
                    visible=False,
                )
                with gr.Row():
                    heat = _shown(
                        "Where the word looked", "The picture, each region lit by its share of the word's attention", "heat"
                    )
                    regions = _shown("Regions found", "The picture with the box and name of every region found", "regions")
                with gr.Row():
                    layer = gr.Radio(_numbered(layers), value=MEAN, label="Layer of attention", elem_id="layer", min_width=120)
                    head = gr.Radio(_numbered(heads), value=MEAN, label="Head of attention", elem_id="head", min_width=120)

        inputs = [picture, text, gallery, count]
        outputs = [answer, status, results, regions, words, heat, layer, head]

        def validate(path, sentence, name, number, mine, *rest):
            problems = [engine.picture_problem(path), engine.text_problem(sentence, name), engine.gallery_problem(name, mine)]
            return [gr.validate(problem is None, problem or "") for problem in problems + [None] * (2 + len(rest))]

        def run(path, sentence, name, number, mine, layer_choice, head_choice):
            given = _expected(engine.answer, path, sentence, name, number, mine)
            layers, heads = given.result.explanation.word_to_region.shape[:2]  # another checkpoint may have others
            layer_choice = layer_choice if layer_choice in _numbered(layers) else MEAN
            head_choice = head_choice if head_choice in _numbered(heads) else MEAN
            first = handlers.telling_word(given.result)
            choices = [(word, place) for place, word in enumerate(given.result.tokens.words)]
            return (
                given,
                handlers.summary(given),
                handlers.result_pictures(given),
                handlers.regions_picture(given),
                gr.update(choices=choices, value=first, visible=True),
                _heat(given, first, layer_choice, head_choice),
                gr.update(choices=_numbered(layers), value=layer_choice),
                gr.update(choices=_numbered(heads), value=head_choice),
            )

        asked = gr.on(
            [search.click, text.submit],
            run,
            [*inputs, own, layer, head],
            outputs,
            validator=validate,
            api_visibility="private",
            show_progress_on=[results],
            concurrency_id="model",
        )
        for control in (words, layer, head):
            control.input(
                _heat, [answer, words, layer, head], heat, api_visibility="private", queue=False, show_progress="hidden"
            )

        def run_example(place, number, layer_choice, head_choice):
            example = chosen[place]
            answered = run(str(example.picture), example.text, example.gallery, number, None, layer_choice, head_choice)
            return str(example.picture), example.text, example.gallery, *answered

        shown = shelf.click(
            run_example,
            [shelf, count, layer, head],
            [picture, text, gallery, *outputs],
            api_visibility="private",
            show_progress_on=[results],
            concurrency_id="model",
        )
        for done in (asked, shown):
            done.success(None, js=_SHOW_ANSWER, api_visibility="private")
        gallery.change(
            lambda name: gr.update(placeholder=_placeholder(engine, chosen, name)),
            gallery,
            text,
            api_visibility="private",
            queue=False,
            show_progress="hidden",
        )

        def index_files(paths, mine, wished):
            """Yields what changes in [own, gallery, report, stop]."""
            wished.stop = False
            steps = engine.index_own(paths)
            while not wished.stop:
                try:
                    what, share = _expected(next, steps)
                except StopIteration as end:
                    made, told = end.value
                    said = handlers.upload_summary(made, told)
                    break
                yield gr.skip(), gr.skip(), handlers.progress_bar(what, share), gr.update(interactive=True)
            else:
                steps.close()
                made, said = None, "<p>Stopped; none of these pictures was kept.</p>"
            done = gr.update(interactive=False)
            if made is None:
                yield gr.skip(), gr.skip(), said, done
            else:
                engine.drop_own(mine)
                yield made, gr.update(choices=engine.choices(made), value=MINE), said, done

        def ask_to_stop(wished):
            wished.stop = True

        index.click(
            index_files,
            [files, own, wish],
            [own, gallery, report, stop],
            validator=lambda paths, *rest: [
                gr.validate(bool(paths), "Add pictures or a zip first."),
                *[gr.validate(True, "") for _ in rest],
            ],
            api_visibility="private",
            show_progress_on=[report],
            concurrency_id="index",  # a long one holds up no search
        )
        # Not Gradio's `cancels`: what a run says just before it is cancelled would overwrite what the button says.
        stop.click(ask_to_stop, wish, None, api_visibility="private", queue=False)
        _add_api(engine, inputs, layer, head)
    return page


def _add_api(engine: Engine, inputs: list, layer, head) -> None:
    """The endpoints /search and /explain, for gradio_client."""
    record = gr.JSON(visible=False)
    trigger = gr.Button(visible=False)

    def search(picture, text, gallery, count):
        """Search a gallery with a picture and a change; returns matches, regions, words and timings."""
        record = search_record(_expected(engine.answer, picture, text, gallery, count).result)
        for match in record["matches"]:  # clients take any record with a "path" for a file and replace it
            match["url"] = f"/gradio_api/file={match.pop('path')}"
        return record

    def explain(picture, text, gallery, layer, head):
        """Attention of a query: word_to_region and region_to_word, the mean or one layer and head (counted from 1)."""
        given = _expected(engine.answer, picture, text, gallery, 1)
        return _expected(lambda: explanation_record(given.result, handlers.number(layer), handlers.number(head)))

    trigger.click(search, inputs, record, api_name="search", concurrency_id="model")
    trigger.click(explain, [*inputs[:3], layer, head], record, api_name="explain", concurrency_id="model")


def _numbered(count: int) -> list[str]:
    return [MEAN, *map(str, range(1, count + 1))]


def _placeholder(engine: Engine, examples: list["_Example"], gallery: str) -> str:
    """What one may type for a gallery: the text of an example whose gallery speaks the same words."""
    retriever = engine.retriever(gallery)
    texts = [e.text for e in examples if engine.retriever(e.gallery) is retriever]
    return texts[0] if texts else "Say what should be different"


def _shown(title: str, description: str, elem_id: str) -> gr.Image:
    """A drawn picture below its title; Gradio's own label would lie on the picture's top edge."""
    with gr.Column(min_width=280):
        gr.Markdown(f"**{title}**")
        return gr.Image(
            show_label=False,
            label=title,
            alt_text=description,
            interactive=False,
            buttons=["download", "fullscreen"],
            elem_id=elem_id,
        )


def _heat(given: Answer | None, word: int | None, layer: str, head: str) -> Image.Image | None:
    if given is None or word is None:
        return None
    return _expected(handlers.heat_picture, given, word, layer, head)


def _expected(function, *arguments):
    """Call a handler; what it refuses becomes a message for the visitor."""
    try:
        return function(*arguments)
    except _EXPECTED as error:
        raise gr.Error(str(error), title="Please change the query") from None


@dataclass
class _Wish:
    """One visitor's, shared by the run that indexes and the button that stops it."""

    stop: bool = False


@dataclass(frozen=True)
class _Example:
    picture: Path
    text: str
    gallery: str


def _load_examples(folder: Path | None, galleries: list[str]) -> list[_Example]:
    """The examples whose gallery is offered."""
    if folder is None:
        return []
    records = json.loads((folder / "examples.json").read_text())
    return [_Example(folder / r["picture"], r["text"], r["gallery"]) for r in records if r["gallery"] in galleries]
