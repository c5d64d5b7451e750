"""make space-check: check before an upload what can be checked without a Hugging Face Space.

The files that would be uploaded are copied into an empty folder, a fresh virtual environment installs their requirements as the
build of a Space does, app.py is started there as a Space starts it, and tests/api runs against that server. Finally the app is
started as on ZeroGPU: the package `spaces` emulates CUDA, and a small server stands in for the one that lends GPUs.
Galleries that --gallery names are staged as they would be uploaded, and each is searched.
"""

import argparse
import contextlib
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from scripts.space_files import MIB, ROOT, added_problems, card_problems, file_problems, read_card, space_files, stage
from scripts.space_galleries import OwnGallery, add_galleries, add_gallery
from tests.server import running_app

# What the image and the build of a Space installed in November 2026, from the logs of public builds. BUILD is installed
# together with requirements.txt and the card's Gradio, so that pip must find versions that suit all of them.
IMAGE = ("datasets", "huggingface-hub>=0.30", "hf-transfer>=0.1.4", "protobuf<4", "click<8.1")
BUILD = ("uvicorn>=0.14.0", "websockets>=10.4", "spaces")
ZERO_GPU = "sm_120"  # what the GPUs of ZeroGPU run: RTX Pro 6000 Blackwell
# As the image of a Space sets them, except for the address: only this machine may reach the server.
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
STEP_SECONDS = 3600  # at most, for an installation or a run of tests/api
_KEPT_VARIABLES = ("PATH", "TMPDIR", "LANG", "OMP_NUM_THREADS")


class Failure(Exception):
    """A step found a problem; the message says which."""


def main(arguments: list[str] | None = None) -> int:
    """Run the steps until one fails; returns 1 if one did, 2 if the folder to work in is not empty."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="Python for the virtual environment; the card asks for 3.12")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this empty folder and keep it")
    add_galleries(parser)
    flags = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        work = flags.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lbf-space-")))
        work.mkdir(parents=True, exist_ok=True)
        if any(work.iterdir()):
            print(f"error: {work} is not empty", file=sys.stderr)
            return 2
        return _run_steps(work, flags.python, flags.gallery, flags.checkpoint)


def _run_steps(work: Path, python: str, galleries: list[OwnGallery], checkpoints: list[Path]) -> int:
    """Run the steps and print a line for each; stop at the first failure."""
    folder, home, environment = work / "app", work / "home", work / "venv"
    folder.mkdir()
    home.mkdir()
    installed_python = environment / "bin" / "python"
    steps: list[tuple[str, Callable[[], str]]] = [
        ("files", lambda: check_files(folder)),
        ("card", lambda: check_card(folder)),
        ("environment", lambda: make_environment(python, environment, folder)),
        ("installation", lambda: install(installed_python, folder, work / "pip.log")),
        ("app and tests/api", lambda: check_app(installed_python, folder, home, work)),
        ("start on ZeroGPU", lambda: check_zero_gpu(installed_python, folder, home, work)),
    ]
    if galleries:
        steps.insert(2, ("own galleries", lambda: check_galleries(work / "own", galleries, checkpoints)))
        steps.append(("own galleries", lambda: search_galleries(installed_python, folder, work / "own", home, work)))
    for name, step in steps:
        started = time.perf_counter()
        try:
            message, passed = step(), True
        except (Failure, OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            message, passed = str(error), False
        print(f"{'ok  ' if passed else 'FAIL'}  {name:<18} {time.perf_counter() - started:6.1f} s  {message}", flush=True)
        if not passed:
            return 1
    return 0


def check_files(folder: Path) -> str:
    """Copy the files that would be uploaded, and check them against the limits of a Space."""
    files = space_files()
    stage(files, folder, space=SPACE_ENVIRONMENT["SPACE_ID"])
    _fail_on(file_problems(folder, files))
    sizes = [(folder / name).stat().st_size for name in files]
    return f"{len(files)} files, {sum(sizes) / MIB:.1f} MiB, the largest {max(sizes) / MIB:.1f} MiB"


def check_card(folder: Path) -> str:
    """Check the front matter of README, and that its links lead to files that are uploaded."""
    _fail_on(card_problems(folder))
    card = read_card((folder / "README.md").read_text())
    return f"Gradio {card['sdk_version']}, Python {card['python_version']}, {card['suggested_hardware']}"


def check_galleries(out: Path, galleries: list[OwnGallery], checkpoints: list[Path]) -> str:
    """Stage the added galleries separately from the app: tests/api knows only the shipped ones."""
    try:
        added = [name for own in galleries for name in add_gallery(own, out, checkpoints)]
    except ValueError as error:
        raise Failure(str(error)) from None
    _fail_on(added_problems(out, added))
    return f"{len(added)} files, {sum((out / name).stat().st_size for name in added) / MIB:.1f} MiB"


def search_galleries(python: Path, folder: Path, own: Path, home: Path, work: Path) -> str:
    """Put the galleries into the app, start it, and search each with a picture of its own."""
    shutil.copytree(own, folder, dirs_exist_ok=True)
    names = sorted(path.name for path in (own / "assets" / "galleries").iterdir())
    with running_app(work / "own.log", python, folder, _environment(home)) as url:
        client = Client(url, verbose=False)
        offered = [gallery["name"] for gallery in client.predict(api_name="/galleries")]
        if offered[: len(names)] != names:
            raise Failure(f"the app offers {', '.join(offered)}, but {', '.join(names)} should come first")
        for name in names:
            picture = next(p for p in sorted((own / "assets" / "galleries" / name / "pictures").rglob("*")) if p.is_file())
            if not client.predict(handle_file(str(picture)), "make it red", name, 3, api_name="/search")["matches"]:
                raise Failure(f"{name}: a search finds nothing")
        client.close()
    return f"{', '.join(names)}: offered first, and searches work"


def make_environment(python: str, environment: Path, folder: Path) -> str:
    """Make a virtual environment that holds only pip."""
    _run([python, "-m", "venv", str(environment)], environment.with_suffix(".log"))
    version = subprocess.run([environment / "bin" / "python", "--version"], check=True, capture_output=True, text=True).stdout
    required = read_card((folder / "README.md").read_text())["python_version"]
    return f"{version.strip()}; the card asks for {required}"


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
    asked = [str(python), "-c", "import torch; print(torch._C._cuda_getArchFlags())"]  # get_arch_list() is empty without a GPU
    built_for = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    if ZERO_GPU not in built_for:
        raise Failure(f"this build of torch is for {', '.join(built_for)}, but ZeroGPU's GPUs are {ZERO_GPU}")
    return f"{gradio} with requirements.txt: {len(installed) - 2} packages"


def check_app(python: Path, folder: Path, home: Path, work: Path) -> str:
    """Start the app as a Space does, and run the API's tests against it."""
    with running_app(work / "app.log", python, folder, _environment(home)) as address:
        variables = {"LBF_APP_URL": address, "LBF_APP_FOLDER": str(folder), "LBF_APP_VISITORS": str(work / "visitors")}
        command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider"]
        tests = subprocess.run(
            command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=STEP_SECONDS
        )
    if tests.returncode:
        raise Failure(f"tests/api failed:\n{tests.stdout[-4000:]}{tests.stderr[-1000:]}")
    return tests.stdout.strip().splitlines()[-1]


def check_zero_gpu(python: Path, folder: Path, home: Path, work: Path) -> str:
    """Start the app as on ZeroGPU: its models go to an emulated "cuda", and a search asks for a GPU."""
    with gpu_lender() as (address, requests):
        (work / "cgroup").write_text("0::/lbf/lbf\n")
        environment = _environment(home) | {
            "SPACES_ZERO_GPU": "true",
            "SPACES_ZERO_DEVICE_API_URL": address,
            "ZEROGPU_PROC_SELF_CGROUP_PATH": str(work / "cgroup"),
        }
        with running_app(work / "zero_gpu.log", python, folder, environment) as url:
            picture = handle_file(str(ROOT / "assets" / "examples" / "garments_1.webp"))
            client = Client(url, verbose=False)
            with contextlib.suppress(AppError):  # this lender has no GPU
                client.predict(picture, "replace grey color to pink", "fashion", 3, api_name="/search")
            client.close()
    if "/startup-report" not in requests:
        raise Failure("no function asks for a GPU, and ZeroGPU stops such a Space; see lbf_model/interface/zero_gpu.py")
    if not any(path.startswith("/schedule?") for path in requests):
        raise Failure("a search does not ask for a GPU")
    return 'models on "cuda", a search asks for a GPU'


@contextlib.contextmanager
def gpu_lender() -> Iterator[tuple[str, list[str]]]:
    """Stand in for the server that lends GPUs on ZeroGPU, but has none; yields its address and the paths requested so far."""
    requests: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            requests.append(self.path)
            self.send_response(200 if self.path == "/startup-report" else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()


def _environment(home: Path) -> dict[str, str]:
    """The variables of a Space and a few of this machine's: no token, and no settings of the user who runs this."""
    return {key: os.environ[key] for key in _KEPT_VARIABLES if key in os.environ} | {"HOME": str(home)} | SPACE_ENVIRONMENT


def _fail_on(problems: list[str]) -> None:
    if problems:
        raise Failure("\n      ".join(problems))


def _run(command: list[str], log: Path) -> None:
    with log.open("a") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=STEP_SECONDS)
    if done.returncode:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n{log.read_text()[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
