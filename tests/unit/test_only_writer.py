"""A folder has one writer at a time, in this process and in others."""

import subprocess
import sys

import pytest

from lbf_model.only_writer import FolderInUseError, only_writer
from tests.server import ROOT


def test_one_process_writes_a_folder_and_lets_go_when_it_dies(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom lbf_model.only_writer import only_writer\n"
        "with only_writer(Path(sys.argv[1])):\n    print('writing', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "g")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"writing\n"
        with pytest.raises(FolderInUseError, match=r"/g: another run is writing there"), only_writer(tmp_path / "g"):
            pass
        other.kill()
    with only_writer(tmp_path / "g"):
        pass
