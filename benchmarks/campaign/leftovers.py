"""Promise: however the app stops, visitors' files are deleted then; after kill -9, when it next starts."""

import signal
from pathlib import Path

from benchmarks.campaign.visitors import EXAMPLE, Visitor
from tests.server import start_app

_WAYS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM, "kill -9": signal.SIGKILL}


def run(scale: float, seed: int, folder: Path) -> dict:
    """Stop the app in each way while a page is open on which a visitor uploaded a picture and searched."""
    figures, broken = {}, []
    log = folder / "log.txt"
    for way, number in _WAYS.items():
        process, url = start_app(log)
        visitor = Visitor(url, 1)
        try:
            with visitor.http.stream("GET", f"/heartbeat/{visitor.session}"):
                visitor.search_page(visitor.event_of("search"), visitor.upload(EXAMPLE))
                there = _files(folder / "visitors")
                process.send_signal(number)
                process.wait(timeout=120)
        finally:
            process.kill()  # no effect unless something above failed
        left = _still_there(there)
        figures[way] = {"files before": len(there), "files left": left}
        if way == "kill -9":
            process, _ = start_app(log)
            figures[way]["files left after the next start"] = left = _still_there(there)
            process.terminate()
            process.wait(timeout=120)
        if not there:
            broken.append(f"{way}: there was nothing to delete")
        if left:
            broken.append(f"{way}: {left} files are left")
    return {**figures, "broken promises": broken}


def _files(folder: Path) -> list[Path]:
    """All files, except the lock of a running app."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def _still_there(files: list[Path]) -> int:
    return sum(path.exists() for path in files)
