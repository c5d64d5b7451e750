"""README and docs/ as text that tests can ask."""

import re
from pathlib import Path

import pytest

from tests.server import ROOT

README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.relative_to(ROOT).as_posix())


def sentences(path: Path) -> str:
    """A document without front matter, tables, indented blocks and what stands in backticks."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(), flags=re.S)
    return re.sub(r"^(\|| {4}).*|`[^`]*`", "", text, flags=re.M)


def links(path: Path) -> list[str]:
    """Targets of a document's links within the repository."""
    return re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", path.read_text())


def command_lines(path: Path) -> list[str]:
    """What a reader may type: indented lines and what stands in backticks; continued lines joined, comments dropped."""
    text = re.sub(r" *\\\n *", " ", path.read_text())
    typed = re.findall(r"^ {4}(?:\$ )?(.*)$", text, re.M) + re.findall(r"`([^`\n]+)`", text)
    return [re.sub(r"\s+# .*", "", line) for line in typed]
