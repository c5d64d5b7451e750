"""How the evaluation verbs print their figures."""

import json
from pathlib import Path


def report(figures: dict, file: Path | None) -> None:
    """Print figures as JSON, and also write them to `file`, if given; its folder is created if missing.

    If that is a checkpoint's folder, its checksums cover the file from then on.
    """
    from lbf_model.checkpoint import vouch_for_figures

    text = json.dumps(figures, indent=2)
    print(text)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
        vouch_for_figures(file)
