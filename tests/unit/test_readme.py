"""README and docs/: what they name exists, and the program understands the commands they tell a reader to type."""

import re
import shlex

import pytest

from lbf_model.cli.flags import check_benchmark_flags as check_flags
from lbf_model.cli.main import build_parser, main
from lbf_model.compositors.registry import COMPOSITORS
from scripts.markdown_tables import find_tables
from scripts.space_files import card_problems, read_card
from tests.documents import DOCUMENTS, README, command_lines, each_document, links
from tests.server import ROOT
from tests.unit.test_architecture import ORDER

FOLDERS = ("assets", "benchmarks", "checkpoints", "docs", "lbf_model", "scripts", "tests")


def test_it_opens_with_the_card_of_a_space():
    assert card_problems(ROOT) == []
    card = read_card(README.read_text())
    assert (card["sdk"], card["app_file"], card["suggested_hardware"]) == ("gradio", "app.py", "zero-a10g")
    assert card["python_version"] == "3.12.12", "ZeroGPU has this 3.12 and no other"
    assert "preload_from_hub" not in card, "nothing is downloaded"


def test_readme_stays_short():
    assert len(README.read_text().splitlines()) <= 170, "move to docs/ what only some readers need"


@each_document
def test_every_link_leads_somewhere(path):
    for link in links(path):
        assert (path.parent / link).exists(), link


def test_readme_leads_to_every_document():
    assert {path.relative_to(ROOT).as_posix() for path in DOCUMENTS[1:]} <= set(links(README))


@each_document
def test_every_named_path_exists(path):
    """Whatever starts with a folder of the repository, in sentences and in commands."""
    for name in re.findall(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w./-]*", path.read_text()):
        assert (ROOT / name.rstrip(".")).exists(), name


def test_readme_lists_every_room_in_the_order_of_the_import_rule():
    (table,) = [table for table in find_tables(README.read_text()) if table.headers[0] == "folder"]
    told = [row[0].strip("`/") for row in table.rows]
    rooms = [p.name for p in (ROOT / "lbf_model").iterdir() if p.is_dir() and p.name != "__pycache__"]
    assert told == sorted(rooms, key=ORDER.index)


def test_every_row_is_described():
    rows = set(re.findall(r"`([a-z-]+)`", (ROOT / "docs" / "method.md").read_text()))
    assert rows > COMPOSITORS.keys() - {"lbf"}, 'docs/method.md, "The rows that LBF is compared with", names each'


def commands(prefix: str) -> list:
    """Every command that starts with `prefix`, as the words that follow it."""
    found = [(path, line) for path in DOCUMENTS for line in command_lines(path) if re.match(rf"{prefix}(\s|$)", line)]
    return [pytest.param(shlex.split(line.removeprefix(prefix)), id=f"{path.name}: {line}"[:100]) for path, line in found]


@pytest.mark.parametrize("words", commands("python -m lbf_model"))
def test_the_command_line_takes_every_command(words):
    if words not in ([], ["--help"]):
        check_flags(build_parser().parse_args(words))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param(script.relative_to(ROOT), test.values[0], id=test.id)
        for script in (ROOT / "app.py", *(ROOT / "benchmarks").glob("*.py"))
        for test in commands(f"python {script.relative_to(ROOT).as_posix()}")
    ],
)
def test_a_script_knows_the_flags_it_is_given(script, words):
    source = (ROOT / script).read_text()
    if "add_address(parser)" in source:  # which adds more flags
        source += (ROOT / "lbf_model" / "cli" / "server_address.py").read_text()
    for flag in (word for word in words if word.startswith("--")):
        assert f'"{flag}"' in source, flag


@pytest.mark.parametrize("words", commands("make"))
def test_make_has_every_target(words):
    assert words[0] in re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("words", commands("pip install"))
def test_what_pip_installs_from_a_file_is_there(words):
    assert all((ROOT / words[place + 1]).is_file() for place, word in enumerate(words) if word == "-r")


@pytest.mark.parametrize(
    ("prefix", "count"), [("python -m lbf_model", 25), ("python app.py", 4), ("make", 4), ("pip install", 2)]
)
def test_commands_are_not_overlooked(prefix, count):
    assert len(commands(prefix)) >= count


def transcripts() -> list:
    """Commands after "$", and what is said to follow."""
    pattern = re.compile(r"^ {4}\$ python -m lbf_model (.*)\n((?: {4}.*\n)+)", re.M)
    found = [(path, match) for path in DOCUMENTS for match in pattern.finditer(path.read_text())]
    return [pytest.param(shlex.split(m.group(1)), m.group(2), id=f"{path.name}: {m.group(1)}"[:100]) for path, m in found]


@pytest.mark.parametrize(("words", "told"), transcripts())
def test_a_transcript_is_what_the_command_prints(words, told, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(words) == 0
    printed = capsys.readouterr().out
    score = re.compile(r"\d\.\d{4}")
    assert score.sub("#", printed) == score.sub("#", re.sub(r"^ {4}", "", told, flags=re.M))
    # Processors differ in the last digits.
    assert list(map(float, score.findall(printed))) == pytest.approx(list(map(float, score.findall(told))), abs=0.002)
