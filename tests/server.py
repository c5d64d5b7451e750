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
_PATIENCE = 120  # seconds for a start on a busy machine


@contextlib.contextmanager
def running_app(
    log: Path,
    python: Path | str = sys.executable,
    folder: Path = ROOT,
    environment: dict[str, str] | None = None,
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """Start `python app.py` in a folder; yields its address and stops it afterwards. What it prints goes to `log`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        settings = {**(os.environ if environment is None else environment), "GRADIO_SERVER_PORT": str(port)}
        settings["GRADIO_TEMP_DIR"] = str(log.with_name("visitors"))  # where it makes its folder for what visitors bring
        process = subprocess.Popen([str(python), "app.py", *flags], cwd=folder, env=settings, stdout=output, stderr=output)
        try:
            _wait(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(_PATIENCE * 4):
        if process.poll() is not None:
            raise RuntimeError(f"the app ended early:\n{log.read_text()}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.25)
    raise RuntimeError(f"the app did not answer within {_PATIENCE} s:\n{log.read_text()}")
