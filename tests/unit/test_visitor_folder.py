"""What visitors bring is gone when the server is, also when it was killed."""

import os
import subprocess
import sys

import pytest

from lbf_model.interface.visitor_folder import PREFIX, visitor_folder

KILLED = """
import os, sys
from pathlib import Path
from lbf_model.interface.visitor_folder import visitor_folder
with visitor_folder(Path(sys.argv[1])) as folder:
    (folder / "uploads" / "picture.png").write_text("")
    print(folder, flush=True)
    sys.stdin.read()
    os.kill(os.getpid(), 9)
"""


def test_the_folder_is_deleted_at_the_end(tmp_path):
    with visitor_folder(tmp_path) as folder:
        assert folder.parent == tmp_path and [*(folder / "uploads").iterdir()] == []
        (folder / "uploads" / "picture.png").write_text("")
    assert not list(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt), visitor_folder(tmp_path):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_what_a_killed_server_left_is_swept_away_by_the_next_one(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        left = server.stdout.readline().strip()
        with visitor_folder(tmp_path):
            assert os.path.exists(f"{left}/uploads/picture.png"), "its server still runs"
        server.stdin.close()
    assert server.returncode == -9 and os.path.exists(f"{left}/uploads/picture.png")
    with visitor_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_is_being_made_or_is_not_ours_is_left_alone(tmp_path, monkeypatch):
    starting, linked, foreign = tmp_path / f"{PREFIX}starting", tmp_path / "linked", tmp_path / f"{PREFIX}foreign"
    starting.mkdir()
    for folder in (linked, foreign):
        folder.mkdir()
        (folder / "lock").write_text("")
    (tmp_path / f"{PREFIX}link").symlink_to(linked)
    with monkeypatch.context() as another_user:
        another_user.setattr(os, "getuid", lambda: -1)
        with visitor_folder(tmp_path):
            assert foreign.exists()
    with visitor_folder(tmp_path):
        assert starting.exists() and linked.exists() and not foreign.exists()
