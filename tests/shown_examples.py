"""The examples that the page shows."""

import json

from tests.server import ROOT

EXAMPLES = ROOT / "assets" / "examples"
SHOWN = json.loads((EXAMPLES / "examples.json").read_text())
EXAMPLE, OTHER = SHOWN[:2]  # garments, which the page lists first
SCENE = next(example for example in SHOWN if example["gallery"] == "css")
