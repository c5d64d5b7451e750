"""Searches a second, waiting time and memory of the running app with 1, 8 and 50 clients, of this code and of another checkout.

    git worktree add ../before COMMIT
    python -m benchmarks.throughput --against ../before --json benchmarks/throughput.json

Both apps run at once, and each number of clients searches one and then the other. A client searches with the shipped examples
through the API, one after the other, and tries again when it is told to wait; that time counts. "p95" is of the seconds from
request to answer. "refused" counts how often clients were told to wait.
"""

import argparse
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from gradio_client import Client, handle_file

from benchmarks import ROOT
from benchmarks.resident import resident_mib
from lbf_model.checkpoint import provenance
from tests.server import start_app

_PAUSE = 1  # seconds before a client that was refused tries again


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="another checkout, which is the baseline")
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 8, 50])
    parser.add_argument("--searches", type=int, default=100, help="in all, for each number of clients (default: 100)")
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args(arguments)

    checkouts = ({"before": flags.against.resolve()} if flags.against else {}) | {"this": ROOT}
    figures: dict = {name: {} for name in checkouts}
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        apps = {}
        for name, checkout in checkouts.items():
            (Path(home) / name).mkdir()
            apps[name] = start_app(Path(home) / name / "log.txt", folder=checkout)
            stack.callback(apps[name][0].wait)
            stack.callback(apps[name][0].terminate)
        for _, url in apps.values():
            ask(url, 1, 2)  # loads the models
        for clients in flags.clients:
            for name, (process, url) in apps.items():
                figures[name][f"{clients} clients"] = ask(url, clients, flags.searches) | {"mib": resident_mib(process.pid)}
    figures |= {"searches": flags.searches, **provenance()}
    print(json.dumps(figures, indent=2))
    if flags.json:
        flags.json.write_text(json.dumps(figures, indent=2) + "\n")


def ask(url: str, clients: int, searches: int) -> dict:
    """Let some clients search at once."""
    examples = json.loads((ROOT / "assets" / "examples" / "examples.json").read_text())
    connected = [Client(url, verbose=False) for _ in range(clients)]
    refused = 0

    def search(number: int) -> float:
        nonlocal refused
        example = examples[number % len(examples)]
        picture = handle_file(str(ROOT / "assets" / "examples" / example["picture"]))
        started = time.perf_counter()
        while True:
            try:
                connected[number % clients].predict(picture, example["text"], example["gallery"], 8, api_name="/search")
                return time.perf_counter() - started
            except Exception as error:  # httpx and gradio_client raise their own
                if "429" not in str(error):
                    raise
                refused += 1
                time.sleep(_PAUSE)

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = list(pool.map(search, range(searches)))
    return summary(seconds, time.perf_counter() - started) | {"refused": refused}


def summary(seconds: list[float], whole: float) -> dict[str, float]:
    """Rate, median and 95th percentile of searches that took `seconds` each, in `whole` seconds."""
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return {
        "searches_per_second": round(len(seconds) / whole, 2),
        "median_seconds": round(statistics.median(seconds), 3),
        "p95_seconds": round(p95, 3),
    }


if __name__ == "__main__":
    main()
