"""What `evaluate-attribution` found out about a checkpoint, in a sentence for those who look at its maps."""

import json
from pathlib import Path

FILE = "attribution.json"  # beside the weights; a copy of what the command wrote


def measured_sentence(folder: Path, weights: str) -> str:
    """How well maps agree with what truly matters.

    Args:
        folder: of a checkpoint.
        weights: its fingerprint; figures of other weights say nothing about it.

    Returns:
        A sentence; "" where nobody measured these weights.
    """
    file = Path(folder) / FILE
    if not file.is_file():
        return ""
    figures = json.loads(file.read_text())
    if figures["weights"] != weights:
        return ""
    found = figures["regions"]["painted out"]["drop"]
    ranks = {name: f"{found[name]['spearman']:.2f}" for name in ("attention", "relevance", "left out")}
    return (
        f"Measured on {figures['regions']['queries']} test queries: what covering a region in the picture truly costs is "
        f"ranked by attention with a Spearman correlation of {ranks['attention']}, by relevance with {ranks['relevance']}, "
        f"and by leaving the region out, as here, with {ranks['left out']} (1 is the same order, 0 is chance)."
    )
