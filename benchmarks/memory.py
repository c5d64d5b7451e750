"""Does the memory of the server grow with use? Search through the running app, and read its resident memory in between.

    python -m benchmarks.memory [--searches 500] [--json FILE]

The script starts the app. It searches with the shipped examples in turn through the API, each followed by its attention map,
and every tenth search comes from a new client, as from a new visitor.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from gradio_client import Client, handle_file
from tqdm import trange

from benchmarks import ROOT
from benchmarks.resident import resident_mib
from lbf_model.checkpoint import provenance
from tests.server import running_app

_WARM_UP = 50  # searches before memory is compared, while the caches of text features and of PyTorch fill up
_INTERVAL = 50  # searches between two readings


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=500)
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args()
    pictures = ROOT / "assets" / "examples"
    examples = json.loads((pictures / "examples.json").read_text())
    resident = {}
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log.txt") as url:
        server = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[0]
        for number in trange(_WARM_UP + flags.searches, unit="search"):
            if number % 10 == 0:
                client = Client(url, verbose=False)
            example = examples[number % len(examples)]
            query = handle_file(str(pictures / example["picture"])), example["text"], example["gallery"]
            client.predict(*query, 8, api_name="/search")
            client.predict(*query, "mean", "mean", api_name="/explain")
            if (number + 1) % _INTERVAL == 0:
                resident[number + 1 - _WARM_UP] = resident_mib(server)
    first, last = resident[0], resident[max(resident)]
    figures = {
        "searches": flags.searches,
        "resident_mib_after": resident,
        "growth_mib": round(last - first, 1),
        "ratio": round(last / first, 4),
        **provenance(),
    }
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
