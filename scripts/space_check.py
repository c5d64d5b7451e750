"""make space-check: what can be proved of a Hugging Face Space without having one.

The files that would go up are copied into an empty folder, a fresh virtual environment installs them as a Space's build does,
app.py is started there as a Space starts it, and tests/api runs against that server. At last the app is started as on ZeroGPU,
with `spaces` standing in for CUDA and a small server for the one that lends GPUs.
"""

import argparse
import contextlib
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from scripts.space_files import MIB, ROOT, card_problems, file_problems, read_card, space_files, stage
from tests.server import running_app

# What a Space's image and build installed in November 2026, from the logs of public builds; in the second step together with
# requirements.txt and the card's Gradio, so that pip must find versions which please all.
IMAGE = ("datasets", "huggingface-hub>=0.30", "hf-transfer>=0.1.4", "protobuf<4", "click<8.1")
BUILD = ("uvicorn>=0.14.0", "websockets>=10.4", "spaces")
# As a Space's image sets them, but for the address: this server is for this machine alone.
SPACE_ENVIRONMENT = {
    "SYSTEM": "spaces",
    "SPACE_ID": "user/name",
    "SPACE_AUTHOR_NAME": "user",
    "SPACE_REPO_NAME": "name",
    "SPACE_HOST": "user-name.hf.space",
    "PYTHONUNBUFFERED": "1",
    "GRADIO_ALLOW_FLAGGING": "never",
    "GRADIO_NUM_PORTS": "1",
    "GRADIO_SSR_MODE": "true",
    "GRADIO_SERVER_NAME": "127.0.0.1",
}
PATIENCE = 3600  # seconds for one installation
_KEPT = ("PATH", "TMPDIR", "LANG", "OMP_NUM_THREADS")


class Failure(Exception):
    """A step did not prove what it should; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Run every step; 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--python", default=sys.executable, help="makes the virtual environment; 3.12 is what the card asks for"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this empty folder, and leave it")
    flags = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        place = flags.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lbf-space-")))
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            print(f"error: {place} is not empty", file=sys.stderr)
            return 2
        return _report(place, flags.python)


def _report(place: Path, python: str) -> int:
    """Run the steps, a line of the table each; what comes after a failure is not run."""
    folder, home, environment = place / "app", place / "home", place / "venv"
    folder.mkdir()
    home.mkdir()
    inside = environment / "bin" / "python"
    steps: list[tuple[str, Callable[[], str]]] = [
        ("files", lambda: check_files(folder)),
        ("card", lambda: check_card(folder)),
        ("environment", lambda: make_environment(python, environment, folder)),
        ("installation", lambda: install(inside, folder, place / "pip.log")),
        ("app and tests/api", lambda: check_app(inside, folder, home, place)),
        ("start on ZeroGPU", lambda: check_zero_gpu(inside, folder, home, place)),
    ]
    for name, step in steps:
        started = time.perf_counter()
        try:
            said, fine = step(), True
        except (Failure, OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            said, fine = str(error), False
        print(f"{'ok  ' if fine else 'FAIL'}  {name:<18} {time.perf_counter() - started:6.1f} s  {said}", flush=True)
        if not fine:
            return 1
    return 0


def check_files(folder: Path) -> str:
    """Stage the files, and hold them against a Space's limits."""
    files = space_files()
    stage(files, folder, space=SPACE_ENVIRONMENT["SPACE_ID"])
    _fail_on(file_problems(folder, files))
    sizes = [(folder / name).stat().st_size for name in files]
    return f"{len(files)} files, {sum(sizes) / MIB:.1f} MiB, the largest {max(sizes) / MIB:.1f} MiB"


def check_card(folder: Path) -> str:
    """Hold README's front matter against the reference, and its links against what goes up."""
    _fail_on(card_problems(folder))
    card = read_card((folder / "README.md").read_text())
    return f"Gradio {card['sdk_version']}, Python {card['python_version']}, {card['suggested_hardware']}"


def make_environment(python: str, environment: Path, folder: Path) -> str:
    """A virtual environment with nothing in it but pip."""
    _run([python, "-m", "venv", str(environment)], environment.with_suffix(".log"))
    said = subprocess.run([environment / "bin" / "python", "--version"], check=True, capture_output=True, text=True).stdout
    asked = read_card((folder / "README.md").read_text())["python_version"]
    return f"{said.strip()}; the card asks for {asked}"


def install(python: Path, folder: Path, log: Path) -> str:
    """Install as the build of a Gradio Space does."""
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    gradio = f"gradio[oauth,mcp]=={read_card((folder / 'README.md').read_text())['sdk_version']}"
    _run([*pip, "--upgrade", "pip"], log)
    _run([*pip, *IMAGE], log)
    if (folder / "pre-requirements.txt").exists():
        _run([*pip, "-r", str(folder / "pre-requirements.txt")], log)
    _run([*pip, "-r", str(folder / "requirements.txt"), gradio, *BUILD], log)
    installed = subprocess.run([python, "-m", "pip", "list"], check=True, capture_output=True, text=True).stdout.splitlines()
    return f"{gradio} with requirements.txt: {len(installed) - 2} packages"


def check_app(python: Path, folder: Path, home: Path, place: Path) -> str:
    """Start the app as a Space does, and run the API's tests against it."""
    with running_app(place / "app.log", python, folder, _environment(home)) as address:
        told = {"LBF_APP_URL": address, "LBF_APP_FOLDER": str(folder)}
        command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider"]
        tests = subprocess.run(command, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, timeout=PATIENCE)
    if tests.returncode:
        raise Failure(f"tests/api failed:\n{tests.stdout[-4000:]}{tests.stderr[-1000:]}")
    return tests.stdout.strip().splitlines()[-1]


def check_zero_gpu(python: Path, folder: Path, home: Path, place: Path) -> str:
    """Start the app as on ZeroGPU: its models go onto a "cuda" that is not there yet, and a search asks for a GPU."""
    with lender() as (address, asked):
        (place / "cgroup").write_text("0::/lbf/lbf\n")
        environment = _environment(home) | {
            "SPACES_ZERO_GPU": "true",
            "SPACES_ZERO_DEVICE_API_URL": address,
            "ZEROGPU_PROC_SELF_CGROUP_PATH": str(place / "cgroup"),
        }
        with running_app(place / "zero.log", python, folder, environment) as url:
            picture = handle_file(str(ROOT / "assets" / "examples" / "garments_1.webp"))
            client = Client(url, verbose=False)
            with contextlib.suppress(AppError):  # no GPU is lent here
                client.predict(picture, "replace grey color to pink", "fashion", 3, api_name="/search")
            client.close()
    if "/startup-report" not in asked:
        raise Failure("no function asks for a GPU, and ZeroGPU stops such a Space; see lbf_model/interface/zero_gpu.py")
    if not any(path.startswith("/schedule?") for path in asked):
        raise Failure("a search does not ask for a GPU")
    return 'models on "cuda", a search asks for a GPU'


@contextlib.contextmanager
def lender() -> Iterator[tuple[str, list[str]]]:
    """What lends GPUs on ZeroGPU, with none to lend; yields its address and the list that what it is asked is added to."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_response(200 if self.path == "/startup-report" else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()


def _environment(home: Path) -> dict[str, str]:
    """A Space's variables and hardly anything of this machine's: no token, no settings of whoever runs this."""
    return {key: os.environ[key] for key in _KEPT if key in os.environ} | {"HOME": str(home)} | SPACE_ENVIRONMENT


def _fail_on(problems: list[str]) -> None:
    if problems:
        raise Failure("\n      ".join(problems))


def _run(command: list[str], log: Path) -> None:
    with log.open("a") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=PATIENCE)
    if done.returncode:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n{log.read_text()[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
