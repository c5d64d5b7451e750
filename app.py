"""Start the demo: parse flags, load the service, build the page, launch."""

import argparse
import os
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path
from threading import Event

from lbf_model.cli.flags import detector_forms
from lbf_model.cli.one_line import OneLineParser, check_device, run_or_refuse
from lbf_model.cli.server_address import add_address, check_address, reserve_names

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until interrupted; returns 2 if a flag, or what it names, cannot be used."""
    parser = OneLineParser(description="Composed image retrieval by regions: the demo page.")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        metavar="DIR",
        help="LBF checkpoint that made a gallery (repeatable; shipped ones are found automatically); "
        "the first indexes visitors' own pictures",
    )
    parser.add_argument(
        "--detector",
        metavar="SPEC",
        help=f"detector of the first --checkpoint, if it is not stored beside it: a checkpoint {detector_forms()}",
    )
    parser.add_argument(
        "--gallery",
        type=_named_gallery,
        action="append",
        metavar="NAME=DIR",
        help="offer this gallery, a folder or an address in Milvus (repeatable; default: the shipped ones)",
    )
    add_address(parser)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--allow-urls",
        action="store_true",
        help="also accept pictures that API and MCP calls name by an http address; without it, this server fetches nothing",
    )
    space = os.environ.get("SPACE_ID")  # "user/name" on a Hugging Face Space
    parser.add_argument(
        "--parent-page",
        metavar="URL",
        default=f"https://huggingface.co/spaces/{space}" if space else None,
        help="address of the page that shows this one in a frame; links lead there (default: the page of a Hugging Face Space)",
    )
    flags = parser.parse_args(arguments)
    if flags.detector and not flags.checkpoint:
        parser.error("--detector belongs to a --checkpoint; name that, too")
    names = [name for name, _ in flags.gallery or ()]
    if twice := next((name for name in names if names.count(name) > 1), None):
        parser.error(f"two galleries are named {twice!r}; give each --gallery its own name")

    return run_or_refuse(partial(_run, flags))


def _run(flags: argparse.Namespace) -> None:
    """Create the folder for visitors' files, and serve."""
    from lbf_model.interface.freed_memory import return_large_blocks
    from lbf_model.interface.visitor_folder import visitor_folder

    flags.host = check_address(flags.host, flags.port)
    reserve_names(flags.port)
    return_large_blocks()
    asked_to_stop = _watch_signals()
    with visitor_folder(Path(os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())) as folder:
        os.environ["GRADIO_TEMP_DIR"] = str(folder / "uploads")  # before importing Gradio, which reads it
        _serve(flags, folder, asked_to_stop)


def _watch_signals() -> Event:
    """An event that Ctrl-C and SIGTERM set, so that visitors' files are deleted either way; a second signal ends at once.

    The usual KeyboardInterrupt would be raised wherever the main thread happens to be. During startup that is often a place
    that swallows it, and the server would keep running.
    """
    asked = Event()

    def note(number, frame) -> None:
        if asked.is_set():
            signal.default_int_handler(number, frame)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return asked


def _serve(flags: argparse.Namespace, folder: Path, asked_to_stop: Event) -> None:
    """Load, build and launch, and run until asked to stop; visitors' files go into the folder."""
    from lbf_model.interface import zero_gpu

    zero_gpu.prepare()
    check_device(flags.device)

    import torch

    from lbf_model.gallery.places import parse_place
    from lbf_model.interface.examples import examples_of
    from lbf_model.interface.freed_memory import return_all_free
    from lbf_model.interface.layout import STYLE
    from lbf_model.interface.page import build_page, theme
    from lbf_model.interface.service import Service
    from lbf_model.interface.session_files import SessionFiles
    from lbf_model.interface.visitor_limits import launch_with_limits
    from lbf_model.interface.worked_example import read_worked_example
    from lbf_model.retrieval.catalog import Catalog, gallery_titles, leave_out_unavailable, load_catalog, shipped_galleries

    device = flags.device if flags.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    if flags.gallery:
        galleries = leave_out_unavailable({name: parse_place(place) for name, place in flags.gallery}, print)
    else:
        galleries = shipped_galleries(HERE / "assets" / "galleries")
    wanted = galleries, flags.checkpoint or [], HERE / "checkpoints"
    titles = gallery_titles(*wanted)
    shown = HERE / "assets" / "examples"
    examples = examples_of(galleries, shown)
    worked = read_worked_example(shown, galleries, examples)

    def load() -> Catalog:
        catalog = load_catalog(*wanted, device, detector=flags.detector)
        return_all_free()
        return catalog

    service = Service(titles, load, examples, worked)
    if zero_gpu.on_zero_gpu():
        service.load_here()  # there, models must be on the GPU before anything asks for it
    session_files = SessionFiles(service.catalog, folder)
    page = build_page(service, session_files, flags.allow_urls, flags.parent_page)
    if asked_to_stop.is_set():
        return
    launch_with_limits(
        page,
        session_files.forget,
        server_name=flags.host,
        server_port=flags.port,
        theme=theme(),
        css_paths=STYLE,
        max_file_size="200mb",  # for a zip; the limit for a picture is 20 MiB
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=True,
        footer_links=["api"],
    )
    if not asked_to_stop.is_set():
        service.warm_up()  # after launching, so that visitors see the page before a model is loaded
        background = "the models are loading in the background"
        print(f"Ready: open {page.local_url} ({background}; Ctrl-C stops the page)", flush=True)
    asked_to_stop.wait()
    print("Stopping.", flush=True)
    page.close(verbose=False)
    session_files.close()


def _named_gallery(text: str) -> tuple[str, str]:
    name, _, place = text.partition("=")
    if not name or not place:
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=DIR")
    return name, place


if __name__ == "__main__":
    sys.exit(main())
