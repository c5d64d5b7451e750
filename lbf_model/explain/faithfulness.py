"""What `evaluate-attribution` found out about a checkpoint, in a sentence for people who look at its maps."""

import json
from pathlib import Path

FILE = "attribution.json"  # beside the weights; a copy of what the command wrote


def measured_sentence(folder: Path, weights: str) -> str:
    """How often maps rank first the region that truly matters most.

    Args:
        folder: of a checkpoint.
        weights: its fingerprint; figures of other weights say nothing about it.

    Returns:
        A sentence; "" if these weights were never measured.
    """
    file = Path(folder) / FILE
    if not file.is_file():
        return ""
    figures = json.loads(file.read_text())
    if figures["weights"] != weights:
        return ""
    regions = figures["regions"]
    found = []
    if "links cut" in regions:
        acts = regions["links cut"]["attention, last layer"]["top-1"]
        found.append(f"the region that the sentence acts on most is put first by the last layer of attention in {acts:.0f} %")
    carries = regions["left out"]
    found.append(
        f"the region that carries the result most is put first by relevance in {carries['relevance']['top-1']:.0f} % "
        f"and by attention in {carries['attention']['top-1']:.0f} %"
    )
    chance = regions["top-1 by chance"]
    return f"Measured on {regions['queries']} test queries: {'; '.join(found)} (by chance {chance:.0f} %)."
