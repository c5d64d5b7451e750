"""The page: what stands where, and which handler answers."""

import json
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from PIL import Image

from lbf_model.interface import handlers
from lbf_model.interface.handlers import MAX_RESULTS, MEAN, Answer, Engine
from lbf_model.interface.records import explanation_record, search_record
from lbf_model.text.vocabulary import TextError
from lbf_model.vision.pictures import PictureError

STYLE = Path(__file__).with_name("page.css")
_EXPECTED = (PictureError, TextError, handlers.QueryError)


def theme() -> gr.themes.Base:
    """The page's colours; fonts are the system's, so that no request leaves the server."""
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=["system-ui", "sans-serif"], font_mono=["monospace"])


def build_page(engine: Engine, examples: Path | None) -> gr.Blocks:
    """Assemble the page.

    Args:
        engine: what answers.
        examples: folder with examples.json, a list of {"picture", "text", "gallery"}; None shows no examples.
    """
    config = engine.retriever.config
    layers = [MEAN, *map(str, range(1, config.fusion_layers + 1))]
    heads = [MEAN, *map(str, range(1, config.heads + 1))]
    names = list(engine.galleries)
    with gr.Blocks(title="LBF: composed image retrieval by regions", analytics_enabled=False) as page:
        gr.Markdown(
            "# Search with a picture and a change\n"
            "Give a picture, say what should be different, and see which regions the model found, "
            "where each word looked, and the gallery ranked by what you asked for.",
            elem_id="intro",
        )
        answer = gr.State(None)
        with gr.Row():
            with gr.Column(scale=4, min_width=300):
                picture = gr.Image(label="Picture", sources=["upload", "clipboard"], height=240, elem_id="picture")
                # Hand over the uploaded file unopened: only `load_picture` decodes what visitors send.
                picture.preprocess = lambda payload: None if payload is None else payload.path
                text = gr.Textbox(
                    label="What should change?",
                    placeholder="make middle-left small gray object large",
                    max_lines=1,
                    max_length=2000,
                    elem_id="text",
                )
                search = gr.Button("Search", variant="primary", elem_id="search")
                with gr.Row():
                    gallery = gr.Dropdown(names, value=names[0], label="Gallery", elem_id="gallery", min_width=120)
                    count = gr.Slider(1, MAX_RESULTS, value=8, step=1, label="Results", elem_id="count", min_width=120)
                chosen = _load_examples(examples, names)
                shelf = gr.Dataset(
                    components=[gr.Image(visible=False), gr.Textbox(visible=False)],
                    samples=[[str(e.picture), e.text] for e in chosen],
                    headers=["Picture", "Change"],
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
                    layer = gr.Radio(layers, value=MEAN, label="Layer of attention", elem_id="layer", min_width=120)
                    head = gr.Radio(heads, value=MEAN, label="Head of attention", elem_id="head", min_width=120)

        inputs = [picture, text, gallery, count]
        outputs = [answer, status, results, regions, words, heat]

        def validate(path, sentence, *rest):
            problems = [engine.picture_problem(path), engine.text_problem(sentence)] + [None] * len(rest)
            return [gr.validate(problem is None, problem or "") for problem in problems]

        def run(path, sentence, name, number, layer_choice, head_choice):
            given = _expected(engine.answer, path, sentence, name, number)
            first = handlers.telling_word(given.result)
            choices = [(word, place) for place, word in enumerate(given.result.tokens.words)]
            return (
                given,
                handlers.summary(given),
                handlers.result_pictures(given),
                handlers.regions_picture(given),
                gr.update(choices=choices, value=first, visible=True),
                _heat(given, first, layer_choice, head_choice),
            )

        gr.on(
            [search.click, text.submit],
            run,
            [*inputs, layer, head],
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
            answered = run(str(example.picture), example.text, example.gallery, number, layer_choice, head_choice)
            return str(example.picture), example.text, example.gallery, *answered

        shelf.click(
            run_example,
            [shelf, count, layer, head],
            [picture, text, gallery, *outputs],
            api_visibility="private",
            show_progress_on=[results],
            concurrency_id="model",
        )
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
