"""The real app on a free port, as README starts it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `make space-check` runs tests/api against a server that it started in another folder.
SERVED_FROM = Path(os.environ.get("LBF_APP_FOLDER", ROOT))
_PATIENCE = 300  # seconds for a start on a busy machine


@contextlib.contextmanager
def running_app(
    log: Path,
    python: Path | str = sys.executable,
    folder: Path = ROOT,
    environment: dict[str, str] | None = None,
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """Start `python app.py` in a folder; yields its address and stops it afterwards. What it prints goes to `log`."""
    process, url = start_app(log, python, folder, environment, flags=flags)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def start_app(
    log: Path,
    python: Path | str = sys.executable,
    folder: Path = ROOT,
    environment: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    flags: Sequence[str] = (),
) -> tuple[subprocess.Popen, str]:
    """Start `python app.py` as `running_app` does; returns the process, which is the caller's to stop, and its address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    url = f"http://{'[::1]' if family == socket.AF_INET6 else host}:{port}"
    settings = {**(os.environ if environment is None else environment), "GRADIO_SERVER_PORT": str(port)}
    settings["GRADIO_TEMP_DIR"] = str(log.with_name("visitors"))  # where it makes its folder for what visitors bring
    flags = [*flags, *([] if host == "127.0.0.1" else ["--host", host])]
    with log.open("w") as output:
        process = subprocess.Popen([str(python), "app.py", *flags], cwd=folder, env=settings, stdout=output, stderr=output)
    try:
        _wait(url, process, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process, url


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(_PATIENCE * 4):
        if process.poll() is not None:
            raise RuntimeError(f"the app ended early:\n{log.read_text()}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.25)
    raise RuntimeError(f"the app did not answer within {_PATIENCE} s:\n{log.read_text()}")
