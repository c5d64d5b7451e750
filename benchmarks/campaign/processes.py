"""A process for each kind of the campaign, so that a crash of one is noticed and the others go on."""

import importlib
import multiprocessing
import tempfile
import time
from pathlib import Path

from lbf_model.checkpoint import provenance


def try_in_own_process(kind: str, scale: float, seed: int) -> dict:
    """The figures of a kind, and where they come from; if its process dies, that is a broken promise, too."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(kind, scale, seed, send))
    started = time.perf_counter()
    process.start()
    send.close()
    try:
        figures = receive.recv()
    except EOFError:
        figures = {"broken promises": ["the process that tried it died"]}
    process.join()
    if process.exitcode:
        figures["broken promises"].append(f"exit code {process.exitcode}")
    return {**figures, "seconds": round(time.perf_counter() - started), "scale": scale, "seed": seed, **provenance()}


def _run(kind: str, scale: float, seed: int, send) -> None:
    module = importlib.import_module(f"benchmarks.campaign.{kind}")
    with tempfile.TemporaryDirectory() as folder:
        send.send(module.run(scale, seed, Path(folder)))
