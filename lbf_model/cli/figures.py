"""Figures as the evaluating verbs print them."""

import json
from pathlib import Path


def report(figures: dict, file: Path | None) -> None:
    """Print figures as JSON, and write them to `file`, too, where one is named; its folder is made.

    Where that is a checkpoint's, its checksums vouch for them from then on.
    """
    from lbf_model.checkpoint import vouch_for_figures

    text = json.dumps(figures, indent=2)
    print(text)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
        vouch_for_figures(file)
