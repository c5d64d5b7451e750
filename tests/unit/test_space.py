"""What goes to a Hugging Face Space, and what is refused before anything is sent."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub.errors import HfHubHTTPError

from scripts import space_check, space_files, space_upload
from scripts.space_files import MIB, PARTS, card_problems, file_problems, read_card, stage, uncommitted
from scripts.space_files import space_files as listed
from tests.server import ROOT


@pytest.fixture
def repository(tmp_path):
    """A small repository with a file that belongs to a Space, one that does not, and one that git ignores."""
    root = tmp_path / "repository"
    (root / "tests").mkdir(parents=True)
    (root / "assets").mkdir()
    for name, text in {
        "app.py": "", "tests/test_app.py": "", "assets/page.png": "", "LICENSE": "", ".gitignore": "*.pyc\n",
        "requirements.txt": "gradio==6.31.0\ntorch==2.11.0\n",
        "README.md": (ROOT / "README.md").read_text().split("---")[1].join(["---", "---\n"]),
    }.items():  # fmt: skip
        (root / name).write_text(text)
    (root / "assets" / "old.pyc").write_bytes(b"")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    return root


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def git(root, *arguments):
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def test_what_belongs_to_a_space_goes_up_and_nothing_else(repository):
    assert listed(repository) == ["LICENSE", "README.md", "app.py", "assets/page.png", "requirements.txt"]
    names = listed()
    assert {"app.py", "requirements.txt", "README.md", "lbf_model/retrieval/retriever.py", "assets/page.png"} <= set(names)
    assert all(name.split("/")[0] in PARTS for name in names)
    assert not any(name.startswith(("tests/", "scripts/", ".")) or name.endswith(".pyc") for name in names)


def test_a_changed_work_tree_is_noticed_where_it_matters(repository):
    (repository / "tests" / "test_app.py").write_text("changed")
    assert uncommitted(repository) == []
    (repository / "app.py").write_text("changed")
    (repository / "assets" / "new.png").write_bytes(b"")
    assert sorted(uncommitted(repository)) == ["app.py", "assets/new.png"]
    assert "assets/new.png" in listed(repository)
    (repository / "LICENSE").unlink()
    assert "LICENSE" not in listed(repository) and "LICENSE" in uncommitted(repository)


def test_the_files_of_this_repository_and_its_card_fit_a_space(out):
    files = listed()
    stage(files, out)
    assert file_problems(out, files) == []
    assert card_problems(out) == []


def test_staging_makes_the_thumbnail_an_address(repository, out):
    stage(listed(repository), out, repository, "user/name")
    thumbnail = read_card((out / "README.md").read_text())["thumbnail"]
    assert thumbnail == "https://huggingface.co/spaces/user/name/resolve/main/assets/page.png"
    assert read_card((repository / "README.md").read_text())["thumbnail"] == "assets/page.png"
    assert card_problems(out) == []


def test_what_a_space_would_refuse_is_named(repository, out, monkeypatch):
    files = listed(repository)
    stage(files, out, repository)
    (out / "large.bin").write_bytes(b"0" * (10 * MIB + 1))
    (out / "link").symlink_to(out / "app.py")
    (out / "LICENSE").unlink()
    said = "\n".join(file_problems(out, [*files, "tests/test_app.py"]))
    for part in (
        "link: a link",
        "large.bin: not requested",
        "large.bin: 10.0 MiB",
        "LICENSE: missing",
        "tests/test_app.py: does not belong",
    ):
        assert part in said
    monkeypatch.setattr(space_files, "MAX_TOTAL", MIB)
    monkeypatch.setattr(space_files, "MAX_IN_FOLDER", 3)
    said = "\n".join(file_problems(out, files))
    assert "10 MiB in all" in said and "files in one folder" in said


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("colorFrom: green", "colorFrom: teal", "colorFrom"),
        ("sdk_version: 6.31.0", "sdk_version: 6.0.0", "sdk_version"),
        ('python_version: "3.12.12"', "python_version: 3.10", "python_version"),
        ("short_description: ", "short_description: And on and on and ", "short_description"),
        ("app_file: app.py", "app_file: main.py", "main.py"),
        ("license: apache-2.0", "licence: apache-2.0", "licence"),
        ("---\ntitle", "title", "front matter"),
        ("tags:\n", "tags: [\n", "not YAML"),
    ],
)
def test_a_wrong_card_is_told(repository, out, old, new, problem):
    stage(listed(repository), out, repository)
    card = (out / "README.md").read_text()
    assert old in card
    (out / "README.md").write_text(card.replace(old, new, 1))
    assert any(problem in said for said in card_problems(out))


def test_a_link_to_what_stays_behind_is_told(repository, out):
    stage(listed(repository), out, repository)
    with (out / "README.md").open("a") as file:
        file.write("[design](docs/design.md) [license](LICENSE) [site](https://example.org) [below](#run-it)\n")
    (out / "docs").mkdir()
    (out / "docs" / "method.md").write_text("[code](../lbf_model/types.py) [license](../LICENSE)\n")
    assert card_problems(out) == [
        "docs/design.md: named in README.md, but not uploaded to the Space",
        "../lbf_model/types.py: named in docs/method.md, but not uploaded to the Space",
    ]


class Hub:
    """Stands in for the client of the Hub, and keeps what it was told."""

    told: list
    there: tuple

    def repo_exists(self, name, **settings):
        return name in self.there

    def request_space_hardware(self, name, hardware):
        self.told.append((name, hardware))

    def create_repo(self, name, **settings):
        self.told.append((name, settings))
        return f"https://huggingface.co/spaces/{name}"

    def upload_folder(self, folder_path, **settings):
        there = sorted(p.relative_to(folder_path).as_posix() for p in Path(folder_path).rglob("*") if p.is_file())
        self.told.append((there, settings))


@pytest.fixture
def hub(monkeypatch, repository):
    """A Hub that takes everything, a token for it, and the small repository to upload."""
    client = type("Client", (Hub,), {"told": [], "there": ()})
    monkeypatch.setattr(huggingface_hub, "HfApi", client)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "hf_x")
    monkeypatch.setattr(space_upload, "ROOT", repository)
    monkeypatch.setattr(space_upload, "uncommitted", lambda: uncommitted(repository))
    return client


def test_uploading_sends_the_files_to_a_gradio_space(hub, repository, capsys):
    assert space_upload.main(["user/name"]) == 0
    (name, made), (files, sent) = hub.told
    assert name == sent["repo_id"] == "user/name"
    assert made["repo_type"] == sent["repo_type"] == "space" and made["space_sdk"] == "gradio"
    assert made["space_hardware"] == "zero-a10g", "what a free account may have"
    assert files == listed(repository) and sent["delete_patterns"] == "*"
    assert "spaces/user/name" in capsys.readouterr().out


def test_a_space_that_exists_keeps_its_hardware_unless_some_is_named(hub, monkeypatch):
    monkeypatch.setattr(hub, "there", ("user/name",))
    assert space_upload.main(["user/name"]) == 0
    assert [len(files) for files, _ in hub.told] == [5], "only an upload"
    assert space_upload.main(["user/name", "--hardware", "cpu-basic"]) == 0
    assert hub.told[1] == ("user/name", "cpu-basic")


def test_a_gallery_of_ones_own_goes_up_with_the_rest(hub, monkeypatch, repository, tmp_path):
    def add(own, out, checkpoints, root):
        assert (own.name, own.folder, checkpoints, root) == ("shop", tmp_path, [tmp_path / "mine"], repository)
        (out / "shop.jpg").write_bytes(b"")
        return ["shop.jpg"]

    monkeypatch.setattr(space_upload, "add_gallery", add)
    assert space_upload.main(["user/name", "--gallery", f"shop={tmp_path}", "--checkpoint", str(tmp_path / "mine")]) == 0
    assert "shop.jpg" in hub.told[1][0]


def test_a_gallery_that_is_not_there_is_refused(hub, tmp_path, capsys):
    assert space_upload.main(["user/name", "--gallery", f"shop={tmp_path / 'none'}"]) == 2
    assert "gallery.json: missing" in capsys.readouterr().err and not hub.told


@pytest.mark.parametrize("hardware", [None, "cpu-basic"])
def test_the_card_suggests_the_hardware(hub, monkeypatch, hardware):
    shown = []
    monkeypatch.setattr(
        hub, "upload_folder", lambda self, folder_path, **_: shown.append((folder_path / "README.md").read_text())
    )
    assert space_upload.main(["user/name", *(["--hardware", hardware] if hardware else [])]) == 0
    assert read_card(shown[0])["suggested_hardware"] == (hardware or "zero-a10g")


@pytest.mark.parametrize(
    ("hardware", "told"), [("cpu-basic", "leave HARDWARE out"), ("zero-a10g", "30 days old"), (None, "30 days old")]
)
def test_where_the_hub_asks_for_a_paid_plan_it_says_what_is_free(hub, monkeypatch, capsys, hardware, told):
    def refuse(*_, **__):
        response = SimpleNamespace(status_code=402, headers={}, request=None)
        raise HfHubHTTPError("Static Spaces are free for everyone", response=response)

    monkeypatch.setattr(hub, "create_repo", refuse)
    assert space_upload.main(["user/name", *(["--hardware", hardware] if hardware else [])]) == 1
    said = capsys.readouterr().err
    assert "paid plan" in said and told in said and "Static Spaces are free" in said


@pytest.mark.parametrize("name", ["", "name", "user/name/more", "user name/x", "--help me"])
def test_what_is_no_name_of_a_space_is_refused(hub, name, capsys):
    assert space_upload.main(["--", name]) == 2
    assert "SPACE=user/name" in capsys.readouterr().err and not hub.told


def test_what_is_not_committed_is_refused_unless_forced(hub, repository, capsys):
    (repository / "app.py").write_text("changed")
    assert space_upload.main(["user/name"]) == 2
    assert "app.py" in capsys.readouterr().err and not hub.told
    assert space_upload.main(["user/name", "--force"]) == 0


def test_without_a_token_it_says_how_to_get_one(hub, monkeypatch, capsys):
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    assert space_upload.main(["user/name"]) == 2
    assert "HF_TOKEN" in capsys.readouterr().err and not hub.told


def test_a_hub_that_refuses_gives_a_message(hub, monkeypatch, capsys):
    def refuse(*_, **__):
        raise ConnectionError("no network")

    monkeypatch.setattr(hub, "create_repo", refuse)
    assert space_upload.main(["user/name"]) == 1
    assert "no network" in capsys.readouterr().err


def test_an_unfit_repository_is_not_uploaded(hub, repository, capsys):
    (repository / "README.md").write_text("no card")
    assert space_upload.main(["user/name", "--force"]) == 2
    assert "front matter" in capsys.readouterr().err and not hub.told


def would_run(*words):
    """What make would run, as if nothing were installed."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "-n", "-W", "requirements.txt", *words, "PYTHON=python3"]
    return subprocess.run(command, cwd=ROOT, env=plain, check=True, capture_output=True, text=True).stdout


def test_a_demo_can_do_without_cuda():
    torch, others = [line for line in would_run("demo", "TORCH=cpu").splitlines() if "pip install" in line]
    assert "--index-url https://download.pytorch.org/whl/cpu" in torch and "index" not in others, "from there, or not at all"
    assert "index-url" not in would_run("demo")


def test_make_passes_on_what_a_space_should_get():
    words = ("GALLERY=shop=my-gallery more=other", "CHECKPOINT=mine")
    galleries = '--gallery "shop=my-gallery" --gallery "more=other" --checkpoint "mine"'
    said = would_run("space", "SPACE=user/name", "HARDWARE=t4-small", "FORCE=1", *words)
    assert f'{galleries} --hardware "t4-small" --force -- "user/name"' in said
    assert galleries in would_run("space-check", *words)


def test_a_space_check_ends_at_the_first_failure(monkeypatch, tmp_path, capsys):
    def fail(*_):
        raise space_check.Failure("too large")

    monkeypatch.setattr(space_check, "check_files", fail)
    assert space_check.main(["--keep", str(tmp_path / "new")]) == 1
    said = capsys.readouterr().out
    assert "FAIL  files" in said and "too large" in said and "card" not in said
    assert space_check.main(["--keep", str(tmp_path / "new")]) == 2, "the folder is no longer empty"


def test_a_checked_app_gets_a_spaces_variables_and_no_token(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    given = space_check._environment(tmp_path)
    assert given["SYSTEM"] == "spaces" and given["HOME"] == str(tmp_path) and given["PATH"] == os.environ["PATH"]
    assert given["GRADIO_SERVER_NAME"] == "127.0.0.1" and "HF_TOKEN" not in given
