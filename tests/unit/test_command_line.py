"""The command line as a person meets it: in its own process, with the shipped checkpoint and gallery."""

import json
import subprocess
import sys

import pytest
from PIL import Image

from lbf_model.__main__ import USED_BY, _parser, main
from tests.server import ROOT

EXAMPLE = json.loads((ROOT / "assets" / "examples" / "examples.json").read_text())[0]
QUERY = ["--image", str(ROOT / "assets" / "examples" / EXAMPLE["picture"]), "--text", EXAMPLE["text"]]


def test_search_prints_the_promised_json(capsys):
    assert main(["search", *QUERY, "-k", "3", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [m["rank"] for m in answer["matches"]] == [1, 2, 3]
    assert set(answer["matches"][0]) == {"rank", "id", "score", "caption", "duplicates", "picture"}
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


@pytest.mark.parametrize(
    "arguments, unused",
    [
        (["train", "--regions", "r", "--out", "o", "--photographs", "p", "--root", "f"], ["--photographs", "--root"]),
        (["train", "--regions", "r", "--out", "o", "--dataset", "garments", "--fresh", "0"], ["--fresh"]),
        (["evaluate", "c", "--regions", "r", "--dataset", "fashion200k", "--data", "d", "--true-regions"], ["--true-regions"]),
        (["evaluate-detector", "--dataset", "garments", "--split", "train"], ["--split"]),
        (["train-detector", "--data", "d", "--out", "o", "--catalogue", "c"], ["--catalogue"]),
        (["make-demo", "--dataset", "garments", "--data", "d"], ["--data"]),
    ],
)
def test_flags_of_another_data_set_are_refused_by_name(arguments, unused, capsys):
    assert main(arguments) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert "does not use" in said and all(flag in said for flag in unused)


def test_every_flag_of_one_data_set_says_so():
    (verbs,) = (action for action in _parser()._actions if action.dest not in ("help",))
    flags = [a for p in verbs.choices.values() if p.get_default("run") and "--dataset" in p.format_help() for a in p._actions]
    names = {name: dataset for dataset, names in USED_BY.items() for name in names}
    assert names.keys() <= {a.dest for a in flags}
    for action in flags:
        told = (action.help or "").split(":")[0]
        assert names.get(action.dest) == (told if told in USED_BY else None), action.dest


def test_a_folder_is_indexed_and_searched(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    with Image.open(QUERY[1]) as picture:
        for angle in (0, 90, 180):
            picture.rotate(angle, expand=True).convert("RGB").save(pictures / f"{angle}.png")
    (pictures / "bad.webp").write_bytes(b"RIFF")
    for name in ("a.HEIC", "b.heic", "notes", ".DS_Store"):
        (pictures / name).write_bytes(b"")
    assert main(["index", str(pictures), "--out", str(tmp_path / "g"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["pictures"] == 3 and [s["path"] for s in said["skipped"]] == ["bad.webp"]
    assert (said["added"], said["changed"], said["removed"], said["kept"]) == (3, 0, 0, 0)
    assert said["passed_over"] == {".heic": 2, "": 1}
    assert main(["search", *QUERY, "--gallery", str(tmp_path / "g")]) == 0
    assert ".png" in capsys.readouterr().out
    assert main(["index", str(pictures), "--out", str(tmp_path / "g")]) == 2
    assert "--update" in capsys.readouterr().err
    (pictures / "90.png").rename(pictures / "moved.png")
    assert main(["index", str(pictures), "--out", str(tmp_path / "g"), "--update"]) == 0
    said = capsys.readouterr().out
    assert "passed over, not pictures by their names: 1 without a suffix, 2 .heic" in said
    assert "skipped bad.webp: " in said and "3 pictures: 1 added, 0 changed, 1 removed, 2 kept, 1 skipped" in said


def test_compared_compositors_are_indexed_and_found_again(tmp_path, capsys):
    pictures, shipped = tmp_path / "pictures", ROOT / "checkpoints"
    pictures.mkdir()
    with Image.open(QUERY[1]) as picture:
        picture.convert("RGB").save(pictures / "a.png")
        picture.convert("RGB").rotate(90).save(pictures / "b.png")
    build = ["index", str(pictures), "--out", str(tmp_path / "g"), "--json"]
    assert main([*build, "--checkpoint", str(shipped / "css-big"), "--beside", str(shipped / "css-concat")]) == 0
    assert json.loads(capsys.readouterr().out)["beside"] == ["css-concat"]
    assert main([*build, "--update", "--beside", str(shipped / "css-text-only")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["beside"] == ["css-concat", "css-text-only"] and (said["kept"], said["added"]) == (2, 0)
    assert main([*build, "--update"]) == 0
    assert json.loads(capsys.readouterr().out)["beside"] == ["css-concat", "css-text-only"]
    assert main([*build, "--update", "--checkpoint", str(shipped / "fashion")]) == 2
    assert "leave --checkpoint out" in capsys.readouterr().err
    assert main([*build, "--update", "--beside", str(shipped / "fashion-concat")]) == 2
    assert "fashion-concat: trained with detector" in capsys.readouterr().err


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
