"""Start the demo: parse flags, load the engine, build the page, launch."""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until interrupted; 2 where checkpoint or gallery cannot be used."""
    parser = argparse.ArgumentParser(description="Composed image retrieval by regions: the demo page.")
    parser.add_argument("--checkpoint", type=Path, default=HERE / "checkpoints" / "css-big", help="LBF checkpoint folder")
    parser.add_argument(
        "--gallery", action="append", metavar="NAME=DIR", help="offer this gallery (repeatable; default: the shipped ones)"
    )
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("GRADIO_SERVER_PORT", "7860")))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    flags = parser.parse_args(arguments)

    import torch

    from lbf_model.interface.handlers import Engine
    from lbf_model.interface.page import STYLE, build_page, theme
    from lbf_model.search import load_retriever

    device = flags.device if flags.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    shipped = {folder.name: folder for folder in sorted((HERE / "assets" / "galleries").iterdir())}
    named = dict(entry.partition("=")[::2] for entry in flags.gallery) if flags.gallery else shipped
    examples = HERE / "assets" / "examples"
    try:
        retriever = load_retriever(flags.checkpoint, device)
        galleries = {name: retriever.open_gallery(Path(folder)) for name, folder in named.items()}
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    page = build_page(Engine(retriever, galleries), examples)
    page.queue(max_size=32)
    page.launch(
        server_name=flags.host,
        server_port=flags.port,
        theme=theme(),
        css_paths=STYLE,
        max_file_size="5mb",
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        footer_links=["api"],
        allowed_paths=[str(examples), *(str(gallery.folder / gallery.facts.root) for gallery in galleries.values())],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
