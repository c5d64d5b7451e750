"""README's promises that a machine can check."""

import json
import re

from lbf_model.cli.main import build_parser
from scripts.space_files import card_problems, read_card
from tests.server import ROOT

README = (ROOT / "README.md").read_text()


def test_it_opens_with_the_card_of_a_space():
    assert card_problems(ROOT) == []
    card = read_card(README)
    assert (card["sdk"], card["app_file"], card["suggested_hardware"]) == ("gradio", "app.py", "cpu-basic")
    assert card["python_version"] == "3.12.12", "ZeroGPU has this 3.12 and no other"
    assert "preload_from_hub" not in card, "nothing is downloaded"


def test_every_named_file_exists():
    for name in re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(
        r"`((?:lbf_model|benchmarks|checkpoints|assets)/[\w./-]+)`", README
    ):
        assert (ROOT / name).exists(), name


def test_every_command_parses():
    lines = re.findall(r"python -m lbf_model ([a-z-]+[^\n#`]*)", README)
    assert len(lines) >= 6
    verbs = {line.split()[0] for line in lines}
    known = set(build_parser()._subparsers._group_actions[0].choices)
    assert verbs <= known


def test_retrieval_figures_are_those_of_the_json():
    figures = json.loads((ROOT / "benchmarks" / "css.json").read_text())
    for row in figures["rows"]:
        for setting in ("3d->3d", "2d->3d"):
            assert f"{row[setting]['R@1']:.2f}" in README, (row["checkpoint"], setting)


def test_garment_figures_are_those_of_the_json():
    figures = json.loads((ROOT / "benchmarks" / "garments.json").read_text())
    for row in figures["rows"]:
        for what in ("photographs", "photographs and drawings", "paraphrases", "unseen words", "side by side"):
            assert f"{row[what]['success@1']:.2f}" in README, (row["checkpoint"], what)
    detector = json.loads((ROOT / "checkpoints" / "fashion-detector" / "metrics.json").read_text())
    for value in (*detector["linear_probe"].values(), detector["garment_box"]["recall of the best garment region"]):
        assert f"{value:.2f}" in README
