"""Where things are on the page. Their event handlers are in `events`."""

import json
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from lbf_model.interface.answers import DEFAULT_RESULTS, MAX_RESULTS
from lbf_model.interface.attention_choice import AUTO, choices
from lbf_model.interface.map_methods import offered_methods
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import KEPT_SECONDS
from lbf_model.interface.state import DETAIL_PANELS, STYLES, View
from lbf_model.interface.uploaded_inputs import UnopenedFiles, UnopenedImage
from lbf_model.interface.uploads import MAX_PICTURES
from lbf_model.interface.views.answer import example_cards
from lbf_model.interface.views.pictures import thumbnail

HERE = Path(__file__).parent
STYLE = HERE / "page.css"
_BRING = (
    "<button class='own' type='button'>Use your own picture</button>"
    "<button class='camera' type='button'>Take a photo</button>"
    "<input type='file' accept='image/*' capture='environment' hidden>"
    "<p class='hint'>or drop or paste one anywhere</p>"
)
_READING = (
    "Colours run from zero to the largest share of this word, so compare the maps of two words by their numbers. "
    "“What mattered”, below, measures what the sentence acts on, and what carries the result."
)


@dataclass(frozen=True)
class Layout:
    """The components that events read or change, by what they are for.

    `address` is the query part of the link that restores the page as it is shown. `opened_address` holds the parameters of the
    address that the page was opened with, as JSON. Visitors see neither.
    """

    picture: gr.Image
    text: gr.Textbox
    but_not: gr.Textbox
    parts: gr.HTML
    search: gr.Button
    clear: gr.Button
    suggestions: gr.HTML
    gallery: gr.Radio
    count: gr.Slider
    filters: gr.Dropdown
    own_files: gr.File
    index_own: gr.Button
    add_own: gr.Button
    stop_own: gr.Button
    own_report: gr.HTML
    own_list: gr.HTML
    how_opened: gr.Accordion
    how: gr.HTML
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
    of_attention: gr.Column
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


def how_to_begin(service: Service) -> str:
    """What to do when there is no picture yet."""
    return f"Add a picture{', or click an example,' if service.examples else ''} and say what should change."


def placeholder(service: Service, gallery: str) -> str:
    """A hint what to type for a gallery: the text of one of its examples, or of any example."""
    texts = [e.text for e in service.examples if e.gallery == gallery] or [e.text for e in service.examples]
    return texts[0] if texts else "Say what should be different"


def lay_out(service: Service) -> Layout:
    """Lay out everything, in reading and tab order; `page.css` puts each part in its place."""
    with gr.Column(elem_id="page"):
        intro, script = (HERE / "intro.html").read_text(), (HERE / "setup.js").read_text()
        gr.HTML(intro, elem_id="intro", js_on_load=script, apply_default_css=False)
        with gr.Accordion("How it works", open=False, elem_id="how") as how_opened:
            how = _pieces("", "how-it-works")
        query = _query(service)
        with gr.Column(elem_id="answer"):
            _heading("Results", "results-title")
            trail, results = _pieces("", "trail"), _pieces("", "results")
        inspector = _inspector()
        details = _details(service)
        with gr.Column(elem_id="more"):
            settings = _settings(service)
            if service.examples:
                _heading("Examples")
            examples = _pieces(example_cards(_shown(service)), "examples")
            own = _own_pictures()
    shown = {"how_opened": how_opened, "how": how, "examples": examples, "trail": trail, "results": results}
    return Layout(**query, **settings, **own, **shown, **inspector, **details)


def _query(service: Service) -> dict:
    with gr.Column(elem_id="ask"):
        _heading("Picture and change")
        clear = gr.Button("Clear", size="sm", elem_id="clear")
        picture = UnopenedImage(label="Picture", sources=["upload"], height=190, show_label=False, elem_id="picture")
        gr.HTML(_BRING, elem_id="bring", apply_default_css=False)
        hint = placeholder(service, next(iter(service.titles)))
        text = gr.Textbox(label="What should change?", placeholder=hint, max_lines=1, max_length=2000, elem_id="text")
        hint = "what to leave out"
        but_not = gr.Textbox(label="But not", placeholder=hint, max_lines=1, max_length=2000, elem_id="but-not")
        parts = _pieces("", "parts")
        search = gr.Button("Search", variant="primary", elem_id="search")
        status = _pieces(f"<p>{how_to_begin(service)}</p>", "status")
        suggestions = _pieces("", "suggestions")
    return {
        "picture": picture, "text": text, "but_not": but_not, "parts": parts, "search": search, "clear": clear,
        "status": status, "suggestions": suggestions,
    }  # fmt: skip


def _settings(service: Service) -> dict:
    first = next(iter(service.titles))
    with gr.Column(elem_id="settings"):
        gallery = gr.Radio(service.choices(), value=first, label="Search in", elem_id="gallery")
        count = gr.Slider(1, MAX_RESULTS, value=DEFAULT_RESULTS, step=1, label="Results", buttons=[], elem_id="count")
        # The choices are filled in when they are first needed; links may name any of them.
        filters = gr.Dropdown(
            [], value=[], multiselect=True, allow_custom_value=True, label="Only pictures with", elem_id="filters"
        )
    return {"gallery": gallery, "count": count, "filters": filters}


def _own_pictures() -> dict:
    with gr.Accordion("Search your own pictures", open=False, elem_id="own"):
        gr.Markdown(
            f"Up to {MAX_PICTURES} pictures, or a zip of them. Only you can search them, "
            f"and they are deleted after {KEPT_SECONDS // 60} minutes, or when the server stops."
        )
        files = UnopenedFiles(label="Pictures or a zip", file_count="multiple", height=160, elem_id="own-files")
        with gr.Row():
            add = gr.Button("Add", visible=False, elem_id="own-add", min_width=100)
            index = gr.Button("Index them", elem_id="own-index", min_width=100)
            stop = gr.Button("Stop", interactive=False, elem_id="own-stop", min_width=100)
        report, own_list = _pieces("", "own-report"), _pieces("", "own-list")
    return {
        "own_files": files, "index_own": index, "add_own": add, "stop_own": stop, "own_report": report, "own_list": own_list,
    }  # fmt: skip


def _inspector() -> dict:
    view = View()
    with gr.Column(elem_id="inspector"):
        _heading("Words and regions")
        words = _pieces("", "words")
        said = _pieces("", "said")
        figure = _pieces("", "figure")
        pointing = _pieces("", "pointing")
        with gr.Accordion("Other maps", open=False, elem_id="view"):
            method = gr.Radio(offered_methods(), value=view.method, label="Map of", elem_id="method")
            with gr.Column(elem_id="of-attention") as of_attention:
                layer = gr.Radio([AUTO, *choices(1)], value=view.layer, label="What it shows", elem_id="layer")
                head = gr.Radio(choices(1), value=view.head, label="Head of attention", elem_id="head")
            style = gr.Radio(list(STYLES), value=view.style, label="Drawn as", elem_id="style")
            contrast = gr.Checkbox(view.contrast, label="Difference from the other words", elem_id="contrast")
            gr.Markdown(_READING, elem_id="reading")
    return {
        "words": words, "figure": figure, "pointing": pointing, "said": said, "method": method, "style": style,
        "contrast": contrast, "layer": layer, "head": head, "of_attention": of_attention,
    }  # fmt: skip


def _details(service: Service) -> dict:
    panels = [(title, name) for name, title in DETAIL_PANELS.items()]
    with gr.Column(elem_id="closer-look"):
        _heading("Look closer")
        detail_panel = gr.Radio(panels, value=View().detail_panel, label="Look closer at", show_label=False, elem_id="closer")
        panel = _pieces("", "panel")
        with gr.Accordion("Save and share", open=False, elem_id="save"):
            link = gr.Textbox(
                label="Link that restores this page, except steps with your own pictures or galleries",
                placeholder="No link yet. A step with your own picture or gallery has none.",
                interactive=False,
                buttons=["copy"],
                elem_id="link",
            )
            make_files = gr.Button("Make files to save", elem_id="make-files")
            files = gr.HTML(elem_id="files")
            program = _python(service)
            python = gr.Code(program, language="python", interactive=False, label="Use it from Python", elem_id="python")
    address = gr.Textbox(visible="hidden", elem_id="query")
    opened_address = gr.Textbox(visible="hidden", elem_id="asked-for")
    return {
        "detail_panel": detail_panel, "panel": panel, "address": address, "opened_address": opened_address, "link": link,
        "make_files": make_files, "files": files, "python": python,
    }  # fmt: skip


EXAMPLE_ADDRESS = "http://127.0.0.1:7860"  # the page replaces it with its own


def _python(service: Service) -> str:
    """A program that asks the default gallery."""
    gallery = next(iter(service.titles))
    return f"""from gradio_client import Client, handle_file  # pip install gradio_client

client = Client("{EXAMPLE_ADDRESS}")
picture = handle_file("picture.jpg")
answer = client.predict(
    picture, {json.dumps(placeholder(service, gallery))}, {json.dumps(gallery)}, {DEFAULT_RESULTS}, api_name="/search"
)
for match in answer["matches"]:
    print(match["rank"], match["score"], match["caption"])
"""


def _heading(text: str, id: str | None = None) -> None:
    """The heading of a part of the page; one with an id can get the focus."""
    named = f' id="{id}" tabindex="-1"' if id else ""
    gr.HTML(f"<h2{named}>{text}</h2>", apply_default_css=False)


def _pieces(value: str, id: str) -> gr.HTML:
    """A component for HTML whose buttons fire `select`."""
    script = (HERE / "page.js").read_text()
    return gr.HTML(str(value), elem_id=id, js_on_load=script, apply_default_css=False)


def _shown(service: Service) -> list[tuple[str, str, str]]:
    return [(thumbnail(e.picture), e.text, service.titles[e.gallery]) for e in service.examples]
