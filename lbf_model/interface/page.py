"""Assemble the page: where things are is in `layout`, what they show in `views`, and how they respond in `events`."""

import json

import gradio as gr

from lbf_model.interface.api import add_endpoints
from lbf_model.interface.downloads import download_picture
from lbf_model.interface.events.answering import Answering
from lbf_model.interface.events.ask import Ask
from lbf_model.interface.events.come_back import ComeBack
from lbf_model.interface.events.filters import Filters
from lbf_model.interface.events.inspect import Inspect
from lbf_model.interface.events.own_pictures import OwnPictures
from lbf_model.interface.events.save import Save
from lbf_model.interface.events.wiring import QUICK, Memory, Page, StopRequest
from lbf_model.interface.export import write_to_cache
from lbf_model.interface.gradio_cache import cached_copy
from lbf_model.interface.layout import EXAMPLE_ADDRESS, lay_out
from lbf_model.interface.service import Service
from lbf_model.interface.session_files import KEPT_SECONDS, SessionFiles
from lbf_model.interface.state import Visit
from lbf_model.interface.uploaded_inputs import GuardedBlocks
from lbf_model.interface.visitor_messages import call_with_messages
from lbf_model.interface.zero_gpu import run_on_gpu

# Programs reach the server at the address that the visitor's browser used.
_OWN_ADDRESS = f"(code) => code.replace({json.dumps(EXAMPLE_ADDRESS)}, new URL('.', location.href).href)"


def theme() -> gr.themes.Base:
    """The page's colours; fonts are the system's, so that no request leaves the server."""
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=["system-ui", "sans-serif"], font_mono=["monospace"])


def build_page(
    service: Service, session_files: SessionFiles, allow_urls: bool = False, parent_page: str | None = None
) -> gr.Blocks:
    """Assemble the page.

    Args:
        service: what answers.
        session_files: where it puts visitors' files.
        allow_urls: whether the server may fetch a picture that an http address names.
        parent_page: address of the page that shows this one in a frame, if one does; that page is told what to restore.
    """
    run_on_gpu(service, ("answer", "details", "landscape", "suggest"), call_with_messages)
    with GuardedBlocks(title="LBF: composed image retrieval by regions", analytics_enabled=False) as blocks:
        blocks.download = download_picture if allow_urls else None
        layout = lay_out(service)
        page = Page(layout, _memory(session_files))

        def serve(path: str) -> str:
            copy = cached_copy(layout.picture, path)
            session_files.share(path, copy)
            return copy

        def write(name: str, content: bytes) -> str:
            return write_to_cache(layout.files, name, content)

        answering = Answering(service, serve)
        come_back, own_pictures = ComeBack(service, answering), OwnPictures(service, session_files)
        fill = Inspect(service, session_files, serve).connect(page)
        Ask(service, answering).connect(page, fill)
        come_back.connect(page, fill)
        filters = Filters(service)
        filters.connect(page)
        own_pictures.connect(page)
        Save(service, session_files, write, parent_page).connect(page)
        if (opening := come_back.opening()) is not None:
            page.open_with(opening)
            session_files.pin(layout.picture.value["path"])
        add_endpoints(service, serve)
        read_address = page.event(come_back.read_address, ("opened_address",))
        blocks.load(None, layout.python, layout.python, js=_OWN_ADDRESS, api_visibility="private")
        blocks.load(**filters.offering(page))
        blocks.load(**read_address, **QUICK)
        blocks.unload(page.listener(own_pictures.forget))
    return blocks


def _memory(session_files: SessionFiles) -> Memory:
    return Memory(
        visit=gr.State(Visit()),
        chosen=gr.State(None),
        focused=gr.State(None),
        pointed=gr.State(None),
        details=gr.State(None),
        # A plain function: Gradio would copy the object that a method is bound to, for each visitor.
        own=gr.State(None, time_to_live=KEPT_SECONDS, delete_callback=lambda own: session_files.drop(own)),
        stop_request=gr.State(StopRequest()),
    )
