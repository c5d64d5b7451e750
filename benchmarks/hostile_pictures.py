"""How much memory do pictures take that are small to send but large to decode? And how long do others wait meanwhile?

    python -m benchmarks.hostile_pictures [--clients 20] [--uploads 5] [--json FILE]

The app is started for this. One visitor searches in turn, first alone, then while many clients search with a WebP of a few KB:
once of 8000x7999 pixels, which is refused, and once of 6000x4000, which is read.
"""

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from benchmarks import ROOT
from benchmarks.resident import resident_mib
from lbf_model.checkpoint import provenance
from tests.server import running_app

_SIZES = ((8000, 7999), (6000, 4000))
_ALONE = 20  # searches of the one visitor before others come


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--uploads", type=int, default=5, help="of each client and size")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args()
    figures = {"clients": flags.clients, "uploads_of_each": flags.uploads}
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log.txt") as url:
        server = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[0]
        visitor, *others = (Client(url, verbose=False) for _ in range(1 + flags.clients))
        alone = [_search_seconds(visitor) for _ in range(_ALONE + 1)][1:]  # the first one waits for the models
        figures |= {"resident_mib_before": resident_mib(server), "alone_p95_s": _p95(alone), "alone_searches": len(alone)}
        for size in _SIZES:
            picture = Path(folder) / "picture.webp"
            Image.new("RGBA", size).save(picture, lossless=True)
            with ThreadPoolExecutor(flags.clients) as pool:
                runs = [pool.submit(_ask_often, client, picture, flags.uploads) for client in others]
                beside = []
                while not all(run.done() for run in runs):
                    beside.append(_search_seconds(visitor))
            figures[f"{size[0]}x{size[1]}"] = {
                "answered": sum(run.result() for run in runs),
                "peak_mib": resident_mib(server, most=True),
                "resident_mib_after": resident_mib(server),
                "beside_p95_s": _p95(beside),
                "beside_searches": len(beside),
            }
    figures |= provenance()
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def _ask_often(client: Client, picture: Path, times: int) -> int:
    """Upload a picture and search with it, several times; returns how many searches were answered."""
    answered = 0
    for _ in range(times):
        with suppress(Exception):  # a refusal, in whichever way the client reports it
            client.predict(handle_file(str(picture)), "replace grey color to pink", "fashion", 1, api_name="/search")
            answered += 1
    return answered


def _search_seconds(client: Client) -> float:
    start = time.perf_counter()
    picture = handle_file(str(ROOT / "assets" / "examples" / "garments_1.webp"))
    client.predict(picture, "replace grey color to pink", "fashion", 8, api_name="/search")
    return time.perf_counter() - start


def _p95(seconds: list[float]) -> float:
    return round(float(np.percentile(seconds, 95)), 2)


if __name__ == "__main__":
    main()
