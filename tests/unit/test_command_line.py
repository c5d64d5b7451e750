"""The command line as a person meets it: in its own process, with the shipped checkpoint and gallery."""

import json
import subprocess
import sys

import pytest
from PIL import Image

from lbf_model.__main__ import main
from tests.server import ROOT

EXAMPLE = json.loads((ROOT / "assets" / "examples" / "examples.json").read_text())[0]
QUERY = ["--image", str(ROOT / "assets" / "examples" / EXAMPLE["picture"]), "--text", EXAMPLE["text"]]


def test_search_prints_the_promised_json(capsys):
    assert main(["search", *QUERY, "-k", "3", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [m["rank"] for m in answer["matches"]] == [1, 2, 3]
    assert set(answer["matches"][0]) == {"rank", "id", "path", "score", "caption", "duplicates"}
    assert len(answer["regions"][0]["box"]) == 4 and set(answer["regions"][0]) == {"box", "score", "label"}
    assert answer["words"] and set(answer["timings_ms"]) == {"detect", "compose", "search"}
    assert answer["matches"][0]["id"] == EXAMPLE["answer"], "the example's first result is the right one"


def test_bad_input_ends_with_2_and_one_line(tmp_path, capsys):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    cases = [
        ["search", "--image", str(broken), "--text", "make cube red"],
        ["search", "--image", str(tmp_path / "none.png"), "--text", "make cube red"],
        ["search", *QUERY[:2], "--text", ""],
        ["search", *QUERY[:2], "--text", "elephant", "--gallery", "css"],
        ["search", *QUERY[:2], "--text", "красный"],
        ["search", *QUERY, "-k", "0"],
        ["search", *QUERY, "--gallery", str(tmp_path)],
        ["search", *QUERY, "--checkpoint", str(tmp_path)],
        ["index", str(tmp_path / "none"), "--out", str(tmp_path / "g")],
        ["evaluate", str(tmp_path), "--data", str(tmp_path), "--regions", str(tmp_path)],
        ["train-detector", "--data", str(tmp_path), "--out", str(tmp_path / "d")],
        ["train-detector", "--dataset", "garments", "--out", str(tmp_path / "d")],
        ["train", "--dataset", "fashion200k", "--regions", str(tmp_path), "--out", str(tmp_path / "d")],
    ]
    for case in cases:
        assert main(case) == 2, case
        said = capsys.readouterr().err.strip().splitlines()
        assert said and said[-1].startswith("error: "), case


def test_a_folder_is_indexed_and_searched(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    with Image.open(QUERY[1]) as picture:
        for angle in (0, 90, 180):
            picture.rotate(angle, expand=True).convert("RGB").save(pictures / f"{angle}.png")
    (pictures / "bad.webp").write_bytes(b"RIFF")
    assert main(["index", str(pictures), "--out", str(tmp_path / "g"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["pictures"] == 3 and [s["path"] for s in said["skipped"]] == ["bad.webp"]
    assert (said["added"], said["changed"], said["removed"], said["kept"]) == (3, 0, 0, 0)
    assert main(["search", *QUERY, "--gallery", str(tmp_path / "g")]) == 0
    assert ".png" in capsys.readouterr().out
    assert main(["index", str(pictures), "--out", str(tmp_path / "g")]) == 2
    assert "--update" in capsys.readouterr().err
    (pictures / "90.png").rename(pictures / "moved.png")
    assert main(["index", str(pictures), "--out", str(tmp_path / "g"), "--update"]) == 0
    said = capsys.readouterr().out
    assert "skipped bad.webp: " in said and "3 pictures: 1 added, 0 changed, 1 removed, 2 kept, 1 skipped" in said


def test_make_css_prints_the_ceiling(tmp_path, capsys):
    arguments = ["make-css", "--out", str(tmp_path), "--base-scenes", "30", "--modifications", "3", "--workers", "1", "--json"]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["splits"]["test"]["queries"] == 9 and 0 < said["splits"]["test"]["oracle_recall_at_1"]["all"] <= 100


@pytest.mark.parametrize(
    "verb",
    ["search", "index", "make-css", "convert-css", "train-detector", "evaluate-detector", "train", "evaluate"],
)
def test_every_verb_has_help_without_loading_models(verb):
    code = (
        "import sys\nfrom lbf_model.__main__ import main\n"
        f"try:\n    main([{verb!r}, '--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout
