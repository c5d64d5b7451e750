"""The command line as a person meets it: in its own process, with the shipped checkpoint and gallery."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from lbf_model.cli.flags import add_benchmark_flags
from lbf_model.cli.main import build_parser, main
from lbf_model.tasks.benchmark import Flag
from lbf_model.tasks.registry import BENCHMARKS
from tests.server import ROOT

EXAMPLE = json.loads((ROOT / "assets" / "examples" / "examples.json").read_text())[0]
# What a verb cannot be parsed without.
REQUIRED = {
    "train-detector": ["--out", "o"],
    "train": ["--regions", "r", "--out", "o"],
    "evaluate": ["c", "--regions", "r"],
    "calibrate-answers": ["c", "--regions", "r"],
    "results": ["--regions", "r"],
}
QUERY = ["--image", str(ROOT / "assets" / "examples" / EXAMPLE["picture"]), "--text", EXAMPLE["text"]]


def verbs_of(parser) -> dict[str, argparse.ArgumentParser]:
    (verbs,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return verbs.choices


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
        ["search", *QUERY, "--gallery", "./css"],
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


def test_flags_of_another_data_set_are_refused_by_name(capsys):
    """Each flag that a benchmark adds to a verb, given together with each other benchmark that has the verb."""
    tried = 0
    for verb, parser in verbs_of(build_parser()).items():
        taking_part = next((action.choices for action in parser._actions if action.dest == "dataset"), ())
        for owner in taking_part:
            for flag in BENCHMARKS[owner].flags_of(verb):
                others = [c for c in flag.settings.get("choices", "1") if c != flag.settings.get("default")]
                value = [] if "action" in flag.settings else others[-1:]
                owners = [b for b in taking_part if any(flag.name == theirs.name for theirs in BENCHMARKS[b].flags_of(verb))]
                for other in set(taking_part) - set(owners):
                    assert main([verb, *REQUIRED.get(verb, []), "--dataset", other, flag.name, *value]) == 2
                    (said,) = capsys.readouterr().err.strip().splitlines()
                    assert said == (
                        f"error: --dataset {other} does not use {flag.name} ({', '.join(owners)} only); "
                        "leave it out, or change --dataset"
                    )
                    tried += 1
    assert tried > 100


@pytest.mark.parametrize("weight", ["0", "-0.1", "1.5", "nan", "much"])
def test_a_weight_of_soft_negatives_that_makes_no_sense_is_refused(weight, capsys):
    with pytest.raises(SystemExit):
        main(["train", *REQUIRED["train"], f"--soft-negatives={weight}"])
    assert f"--soft-negatives: '{weight}': give a number above 0 and at most 1" in capsys.readouterr().err


def test_what_training_flags_say_reaches_the_training(monkeypatch):
    flags = build_parser().parse_args(["train", *REQUIRED["train"], "--soft-negatives", "0.5", "--updates", "7"])
    given = []
    benchmark = SimpleNamespace(training_queries=lambda *_: (None, None))
    monkeypatch.setattr("lbf_model.vision.detectors.registry.load_detector", lambda *_: None)
    monkeypatch.setattr("lbf_model.cli.train.chosen_benchmark", lambda _: benchmark)
    monkeypatch.setattr("lbf_model.training.train_compositor.train_compositor", lambda *a: given.append(a[2]))
    flags.run(flags)
    assert (given[0].soft_negatives, given[0].updates) == (0.5, 7)


def test_all_flags_that_are_too_many_or_missing_are_named_at_once(capsys):
    assert main(["train", *REQUIRED["train"], "--photographs", "p", "--root", "f"]) == 2
    captioned = ", ".join(name for name, b in BENCHMARKS.items() if "--root" in [f.name for f in b.flags_of("train")])
    assert f"--photographs (garments only), --root ({captioned} only)" in capsys.readouterr().err
    assert main(["evaluate", *REQUIRED["evaluate"], "--dataset", "garments", "--prepared", "p"]) == 2
    said = capsys.readouterr().err
    assert said == "error: --dataset garments needs --photographs FOLDER and --catalogue FOLDER\n"


def test_every_flag_of_one_data_set_says_so():
    for verb, parser in verbs_of(build_parser()).items():
        actions = {action.dest: action for action in parser._actions}
        for name in getattr(actions.get("dataset"), "choices", ()):
            for flag in BENCHMARKS[name].flags_of(verb):
                assert f"{name}: {flag.help}" in actions[flag.attribute].help, (verb, flag.name)


def test_benchmarks_may_share_a_flag():
    parser = argparse.ArgumentParser()
    folder = {"type": Path}
    one = replace(BENCHMARKS["css"], name="one", flags={"train": (Flag("--root", "its folder", folder),)})
    two = replace(one, name="two", flags={"train": (Flag("--root", "another folder", folder), Flag("--depth", "how deep"))})
    add_benchmark_flags(parser, "train", [one, two])
    parser.set_defaults(parser=parser)
    assert "one: its folder; two: another folder" in " ".join(parser.format_help().split())
    parsed = parser.parse_args(["--root", "r"])
    assert (parsed.dataset, parsed.root) == ("one", Path("r"))
    assert parsed.owners == {"root": ("one", "two"), "depth": ("two",)}


def test_a_folder_is_indexed_and_searched(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    with Image.open(QUERY[1]) as picture:
        for angle in (0, 90, 180):
            picture.rotate(angle, expand=True).convert("RGB").save(pictures / f"{angle}.png")
    (pictures / "bad.webp").write_bytes(b"RIFF")
    for name in ("a.CR2", "b.cr2", "notes", ".DS_Store"):
        (pictures / name).write_bytes(b"")
    assert main(["index", str(pictures), "--out", str(tmp_path / "g"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["pictures"] == 3 and [s["path"] for s in said["skipped"]] == ["bad.webp"]
    assert (said["added"], said["changed"], said["removed"], said["kept"]) == (3, 0, 0, 0)
    assert said["passed_over"] == {".cr2": 2, "": 1}
    assert main(["search", *QUERY, "--gallery", str(tmp_path / "g")]) == 0
    assert ".png" in capsys.readouterr().out
    assert main(["index", str(pictures), "--out", str(tmp_path / "g")]) == 2
    assert "--update" in capsys.readouterr().err
    (pictures / "90.png").rename(pictures / "moved.png")
    assert main(["index", str(pictures), "--out", str(tmp_path / "g"), "--update"]) == 0
    said = capsys.readouterr().out
    assert "passed over, not pictures by their names: 1 without a suffix, 2 .cr2" in said
    assert "skipped bad.webp: " in said and "3 pictures: 1 added, 0 changed, 1 removed, 2 kept, 1 skipped" in said


def test_a_gallery_is_checked_and_what_was_altered_is_named(tmp_path, capsys):
    shutil.copytree(ROOT / "assets" / "galleries" / "css", tmp_path / "g", ignore=shutil.ignore_patterns("pictures"))
    assert main(["index", "--check", str(tmp_path / "g")]) == 0
    assert capsys.readouterr().out == f"2000 pictures, all as they were written: {tmp_path / 'g'}\n"
    (table,) = (tmp_path / "g").glob("items-*.sqlite")
    table.write_bytes(table.read_bytes().replace(b"red cube", b"tan cube", 1))
    assert main(["index", "--check", str(tmp_path / "g")]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"error: {table}: altered") and "--update" in said
    assert main(["index", str(tmp_path)]) == 2
    assert "index FOLDER --out DIR" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take no other encoding")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_that_a_terminal_cannot_show_stop_nothing(tmp_path, encoding):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in (b"caf\xe9.webp", "blü.webp".encode()):
        shutil.copy(QUERY[1], os.path.join(pictures, os.fsdecode(name)))
    (pictures / os.fsdecode(b"broken \xe9.png")).write_bytes(b"")
    with Image.open(QUERY[1]) as picture:
        picture.rotate(90).convert("RGB").save(pictures / os.fsdecode(b"turned\xe9.png"))
    command = [sys.executable, "-m", "lbf_model"]
    for arguments in (
        ["index", pictures, "--out", tmp_path / "g", "--checkpoint", "checkpoints/css-big"],  # the one that loads quickly
        ["search", *QUERY[:2], "--text", "make red cube large", "--gallery", tmp_path / "g"],
    ):
        variables = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, env=variables)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        assert b"\\xe9" in done.stdout or b"\\udce9" in done.stdout


def test_compared_compositors_are_indexed_and_found_again(tmp_path, capsys):
    pictures, shipped = tmp_path / "pictures", ROOT / "checkpoints"
    pictures.mkdir()
    with Image.open(QUERY[1]) as picture:
        picture.convert("RGB").save(pictures / "a.png")
        picture.convert("RGB").rotate(90).save(pictures / "b.png")
    build = ["index", str(pictures), "--out", str(tmp_path / "g"), "--json"]
    assert main([*build, "--checkpoint", str(shipped / "css-big"), "--baseline", str(shipped / "css-concat")]) == 0
    assert json.loads(capsys.readouterr().out)["baselines"] == ["css-concat"]
    assert main([*build, "--update", "--baseline", str(shipped / "css-text-only")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["baselines"] == ["css-concat", "css-text-only"] and (said["kept"], said["added"]) == (2, 0)
    assert main([*build, "--update"]) == 0
    assert json.loads(capsys.readouterr().out)["baselines"] == ["css-concat", "css-text-only"]
    assert main([*build, "--update", "--checkpoint", str(shipped / "fashion")]) == 2
    assert "leave --checkpoint out" in capsys.readouterr().err
    assert main([*build, "--update", "--baseline", str(shipped / "fashion-concat")]) == 2
    assert "fashion-concat: trained with detector" in capsys.readouterr().err


def test_make_css_prints_the_ceiling(tmp_path, capsys):
    arguments = ["make-css", "--out", str(tmp_path), "--base-scenes", "30", "--modifications", "3", "--workers", "1", "--json"]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["splits"]["test"]["queries"] == 9 and 0 < said["splits"]["test"]["oracle_recall_at_1"]["all"] <= 100


@pytest.mark.parametrize("verb", [None, *verbs_of(build_parser())])
def test_every_verb_has_help_without_loading_models(verb):
    arguments = ["--help"] if verb is None else [verb, "--help"]
    code = (
        "import sys\nfrom lbf_model.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "loaded = {'torch', 'gradio', 'numpy', 'PIL', 'matplotlib', 'transformers', 'cv2'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_the_package_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "lbf_model", "train", "--dataset", "x"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and "python -m lbf_model train: error: argument --dataset" in done.stderr
