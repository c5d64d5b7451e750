"""Where things stand on the page. What answers them is in `events`."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from lbf_model.interface.attention_choice import choices
from lbf_model.interface.service import MAX_RESULTS, Service
from lbf_model.interface.session_files import KEPT_SECONDS
from lbf_model.interface.state import ATTENTION, DETAIL_PANELS, RELEVANCE, STYLES, View
from lbf_model.interface.uploaded_inputs import UnopenedFiles, UnopenedImage
from lbf_model.interface.uploads import MAX_PICTURES
from lbf_model.interface.views.answer import example_cards
from lbf_model.interface.views.pictures import thumbnail

HERE = Path(__file__).parent
STYLE = HERE / "page.css"
_COUNT = 8
_NOTHING = "<p class='hint'>Search first.</p>"
_READING = (
    "A map shows where a word looked. Where training taught that, the first layer shows what the word fits, and the last what "
    "the sentence acts on; the layers then say so. "
    "“What mattered” measures what the sentence acts on, and what carries the result. "
    "Colours run from zero to the largest share of this word, so compare the maps of two words by their numbers."
)


@dataclass(frozen=True)
class Layout:
    """The components that events read or change, by what they are for.

    `address` is the query part of the link that restores the page as it is shown, `opened_address` holds the parameters of the
    address that the page was opened with, as JSON; no visitor sees either.
    """

    picture: gr.Image
    text: gr.Textbox
    search: gr.Button
    suggestions: gr.HTML
    gallery: gr.Radio
    count: gr.Slider
    own_files: gr.File
    index_own: gr.Button
    stop_own: gr.Button
    own_report: gr.HTML
    examples: gr.HTML
    status: gr.HTML
    trail: gr.HTML
    results: gr.HTML
    words: gr.HTML
    figure: gr.HTML
    pointing: gr.HTML
    said: gr.HTML
    method: gr.Radio
    style: gr.Radio
    contrast: gr.Checkbox
    layer: gr.Radio
    head: gr.Radio
    detail_panel: gr.Radio
    panel: gr.HTML
    address: gr.Textbox
    opened_address: gr.Textbox
    link: gr.Textbox
    make_files: gr.Button
    files: gr.HTML
    python: gr.Code


def placeholder(service: Service, gallery: str) -> str:
    """What one may type for a gallery: the text of one of its examples, or of any example."""
    texts = [e.text for e in service.examples if e.gallery == gallery] or [e.text for e in service.examples]
    return texts[0] if texts else "Say what should be different"


def lay_out(service: Service) -> Layout:
    """Lay out everything, in the order it is read."""
    gr.Markdown(
        "# Search with a picture and a change\n"
        "Give a picture, say what should be different, and see which regions the model found, "
        "where each word looked, and the gallery ranked by what you asked for.",
        elem_id="intro",
    )
    with gr.Row():
        with gr.Column(scale=4, min_width=300):
            query = _query(service)
            own = _own_pictures()
            examples = _pieces(example_cards(_shown(service)), "examples")
        with gr.Column(scale=7, min_width=300):
            status = _pieces("<p>Pick an example, or add a picture and say what should change.</p>", "status")
            trail, results = _pieces("", "trail"), _pieces("", "results")
            inspector = _inspector()
            details = _details()
    return Layout(**query, **own, examples=examples, status=status, trail=trail, results=results, **inspector, **details)


def _query(service: Service) -> dict:
    names = list(service.titles)
    picture = UnopenedImage(label="Picture", sources=["upload", "clipboard"], height=240, elem_id="picture")
    text = gr.Textbox(
        label="What should change?", placeholder=placeholder(service, names[0]), max_lines=1, max_length=2000, elem_id="text"
    )
    return {
        "picture": picture,
        "text": text,
        "search": gr.Button("Search", variant="primary", elem_id="search"),
        "suggestions": _pieces("", "suggestions"),
        "gallery": gr.Radio(service.choices(), value=names[0], label="Search in", elem_id="gallery"),
        "count": gr.Slider(1, MAX_RESULTS, value=_COUNT, step=1, label="Results", elem_id="count"),
    }


def _own_pictures() -> dict:
    with gr.Accordion("Your own pictures", open=False, elem_id="own"):
        gr.Markdown(
            f"Up to {MAX_PICTURES} pictures, or a zip of them. Only you can search them, "
            f"and they are deleted after {KEPT_SECONDS // 60} minutes, or when the server stops."
        )
        files = UnopenedFiles(label="Pictures or a zip", file_count="multiple", height=160, elem_id="own-files")
        with gr.Row():
            index = gr.Button("Index them", elem_id="own-index", min_width=100)
            stop = gr.Button("Stop", interactive=False, elem_id="own-stop", min_width=100)
        report = _pieces("", "own-report")
    return {"own_files": files, "index_own": index, "stop_own": stop, "own_report": report}


def _inspector() -> dict:
    view = View()
    with gr.Column(elem_id="inspector"):
        said = _pieces("", "said")
        words = _pieces("", "words")
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                figure = _pieces("", "figure")
                pointing = _pieces("", "pointing")
            with gr.Column(scale=2, min_width=220, elem_id="view"):
                layer = gr.Radio(choices(1), value=view.layer, label="Layer of attention", elem_id="layer")
                method = gr.Radio([ATTENTION, RELEVANCE], value=view.method, label="Map of", elem_id="method")
                style = gr.Radio(list(STYLES), value=view.style, label="Drawn as", elem_id="style")
                contrast = gr.Checkbox(view.contrast, label="Difference from the other words", elem_id="contrast")
                with gr.Accordion("Head of attention", open=False, elem_id="attention"):
                    head = gr.Radio(choices(1), value=view.head, label="Head", elem_id="head")
        gr.Markdown(_READING, elem_id="reading")
    return {
        "words": words, "figure": figure, "pointing": pointing, "said": said, "method": method, "style": style,
        "contrast": contrast, "layer": layer, "head": head,
    }  # fmt: skip


def _details() -> dict:
    panels = [(title, name) for name, title in DETAIL_PANELS.items()]
    detail_panel = gr.Radio(panels, value=View().detail_panel, label="Look closer", elem_id="closer")
    panel = _pieces(_NOTHING, "panel")
    with gr.Accordion("Save and share", open=False, elem_id="save"):
        link = gr.Textbox(
            label="Link that restores this page, except steps with your own pictures or galleries",
            placeholder="No link: this step uses your own picture or gallery, which a link cannot name.",
            interactive=False,
            buttons=["copy"],
            elem_id="link",
        )
        make_files = gr.Button("Make files to save", elem_id="make-files")
        files = gr.HTML(elem_id="files")
        python = gr.Code(_PYTHON, language="python", interactive=False, label="Use it from Python", elem_id="python")
    address = gr.Textbox(visible="hidden", elem_id="query")
    opened_address = gr.Textbox(visible="hidden", elem_id="asked-for")
    return {
        "detail_panel": detail_panel, "panel": panel, "address": address, "opened_address": opened_address, "link": link,
        "make_files": make_files, "files": files, "python": python,
    }  # fmt: skip


EXAMPLE_ADDRESS = "http://127.0.0.1:7860"  # the page puts its own in place of it
_PYTHON = f"""from gradio_client import Client, handle_file  # pip install gradio_client

client = Client("{EXAMPLE_ADDRESS}")
picture = handle_file("picture.jpg")
answer = client.predict(
    picture, "replace grey color to pink", "fashion", 8, api_name="/search"
)
for match in answer["matches"]:
    print(match["rank"], match["score"], match["caption"])
"""


def _pieces(value: str, id: str) -> gr.HTML:
    """A component for HTML whose buttons fire `select`."""
    script = (HERE / "page.js").read_text()
    return gr.HTML(str(value), elem_id=id, js_on_load=script, apply_default_css=False)


def _shown(service: Service) -> list[tuple[str, str, str]]:
    return [(thumbnail(e.picture), e.text, service.titles[e.gallery]) for e in service.examples]
