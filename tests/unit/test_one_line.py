"""What its user can mend ends a command with 2 and one line; a fault of this project shows its trace."""

import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import app
from lbf_model.cli import index
from lbf_model.cli.main import main
from lbf_model.cli.one_line import check_device, check_file, check_folder, run_or_refuse
from lbf_model.cli.server_address import check_address
from tests.server import ROOT


def one_error(capsys) -> str:
    """The only line on stderr."""
    (said,) = capsys.readouterr().err.splitlines()
    return said


def failing_with(error: Exception):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    "error, said",
    [
        (PermissionError(errno.EACCES, "", "a/b"), "a/b: permission denied; change its permissions or name another place"),
        (OSError(errno.EROFS, "", "a"), "a: on a read-only disk; name another place"),
        (OSError(errno.ENOSPC, ""), "no space left on the disk; free some, or name a place on another disk"),
        (FileNotFoundError(errno.ENOENT, "", b"a"), "a: no such file or folder"),
        (OSError("image file is truncated"), "image file is truncated"),
        (ValueError("two\n  lines"), "two lines"),
        (MemoryError("Unable to allocate 9 TiB"), "memory ran out (Unable to allocate 9 TiB); ask for less at once"),
    ],
)
def test_what_a_user_can_mend_is_one_line(error, said, capsys):
    assert run_or_refuse(failing_with(error)) == 2
    assert one_error(capsys) == f"error: {said}"


@pytest.mark.parametrize(
    "fault", [KeyError("a"), OSError(errno.EBADF, "Bad file"), RuntimeError("shapes differ"), BrokenPipeError(errno.EPIPE, "")]
)
def test_a_fault_of_ours_keeps_its_trace(fault, capsys):
    with pytest.raises(type(fault)) as kept:
        run_or_refuse(failing_with(fault))
    assert kept.value is fault and not capsys.readouterr().err


def test_every_verb_tells_what_the_system_refused(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(index, "run", failing_with(PermissionError(errno.EACCES, "", "a")))
    assert main(["index", str(tmp_path), "--out", str(tmp_path / "g")]) == 2
    assert one_error(capsys).startswith("error: a: permission denied")


def test_a_flag_that_cannot_be_read_is_one_line_too(capsys):
    for arguments in (["search"], ["search", "--image", "a", "--text", "b", "-k", "many"], ["no-verb"]):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)
        assert one_error(capsys).startswith("python -m lbf_model")
    with pytest.raises(SystemExit, match="2"):
        app.main(["--port", "70000"])
    assert "--port: '70000': give a whole number from 1 to 65535" in one_error(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["index", "{pictures}", "--out", "{file}"],
        ["index", "{pictures}", "--out", "{file}/deeper"],
        ["make-css", "--out", "{file}"],
        ["make-catalogue", "--out", "{file}/deeper"],
        ["make-demo", "--dataset", "garments", "--assets", "{file}"],
        ["train", "--data", "{pictures}", "--regions", "{file}", "--out", "{pictures}/new"],
        ["evaluate", "c", "--data", "{pictures}", "--regions", "{pictures}", "--json", "{file}/figures.json"],
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(arguments, tmp_path, capsys):
    (tmp_path / "file").touch()
    names = {"pictures": tmp_path, "file": tmp_path / "file"}
    assert main([a.format(**names) for a in arguments]) == 2
    assert one_error(capsys) == f"error: {tmp_path / 'file'}: there is a file where a folder is needed; name another place"


def test_folders_and_files_are_judged_by_what_is_there_and_nothing_is_made(tmp_path, monkeypatch):
    check_folder(tmp_path / "new" / "newer")
    check_file(tmp_path / "new" / "figures.json")
    assert not list(tmp_path.iterdir())
    with pytest.raises(IsADirectoryError):
        check_file(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    for check, place in ((check_folder, tmp_path), (check_folder, tmp_path / "new"), (check_file, tmp_path / "figures.json")):
        with pytest.raises(PermissionError, match=str(tmp_path)):
            check(place)
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result((0,) * 8 + (os.ST_RDONLY, 0)))
    with pytest.raises(OSError, match=str(tmp_path)) as refusal:
        check_folder(tmp_path)
    assert refusal.value.errno == errno.EROFS


def test_cuda_is_refused_where_there_is_none(monkeypatch, capsys):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check_device("cpu")
    with pytest.raises(ValueError, match="--device cpu"):
        check_device("cuda")
    assert main(["search", "--image", "a.png", "--text", "red", "--device", "cuda"]) == 2
    assert one_error(capsys).startswith("error: --device cuda: ")


FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")


@FULL
def test_what_is_printed_to_a_full_disk_is_told_and_to_a_reader_who_left_is_not(tmp_path):
    lines = "for number in range(9999): print(number)"
    code = f"import sys\nfrom lbf_model.cli.one_line import run_or_refuse\nsys.exit(run_or_refuse(lambda: exec({lines!r})))"
    command = [sys.executable, "-c", code]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    said = "error: no space left on the disk; free some, or name a place on another disk\n"
    assert (done.returncode, done.stderr) == (2, said)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def started_app(monkeypatch):
    """Starts the app up to where it would load anything; what it changes of this process is put back."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(app, "_serve", lambda flags, *_: print(flags.host, flags.port, os.environ["GRADIO_SERVER_PORT"]))
    monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    return port


def test_gradios_variables_may_be_empty(started_app, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setenv("GRADIO_SERVER_PORT", "")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "")
    assert app.main(["--port", started_app]) == 0
    assert capsys.readouterr().out == f"127.0.0.1 {started_app} {started_app}\n", "Gradio, imported later, sees a number"
    monkeypatch.setenv("GRADIO_SERVER_PORT", "http")
    with pytest.raises(SystemExit, match="2"):
        app.main([])
    assert "'http': give a whole number from 1 to 65535" in one_error(capsys)


def test_a_folder_for_visitors_that_cannot_be_made_is_told(started_app, monkeypatch, capsys, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file"))
    assert app.main([]) == 2
    assert one_error(capsys).startswith(f"error: {tmp_path / 'file'}: there is")


def test_a_folder_of_another_user_named_gradio_does_not_matter(started_app, monkeypatch, capsys, tmp_path):
    (tmp_path / "gradio").touch()  # as good as one that may not be written
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(app, "_serve", lambda flags, *_: print(os.environ["GRADIO_TEMP_DIR"]))
    assert app.main([]) == 0
    used = Path(capsys.readouterr().out.strip())
    assert used.name == "uploads" and used.parent.parent == tmp_path
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")


def test_an_address_that_cannot_be_listened_at_is_refused(started_app, monkeypatch, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert app.main(["--port", str(port)]) == 2
        assert one_error(capsys) == f"error: --port {port}: in use by another program; name another port"
    assert app.main(["--host", "203.0.113.5"]) == 2
    assert "not an address of this machine; use 127.0.0.1" in one_error(capsys)
    monkeypatch.setattr(socket, "getaddrinfo", failing_with(socket.gaierror()))
    assert app.main(["--host", "no.such.name"]) == 2
    assert "--host no.such.name: no such address" in one_error(capsys)
    monkeypatch.undo()


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_an_address_of_ipv6_gets_its_brackets():
    with socket.socket(socket.AF_INET6) as free:
        try:
            free.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        port = free.getsockname()[1]
    assert check_address("::1", port) == check_address("[::1]", port) == "[::1]"
    assert check_address("::", port) == "[::]" and check_address("127.0.0.1", port) == "127.0.0.1"


def test_the_whole_command_is_one_line_without_a_trace(tmp_path):
    (tmp_path / "file").touch()
    for command in (["app.py", "--port", "0"], ["-m", "lbf_model", "index", tmp_path, "--out", tmp_path / "file"]):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and not done.stdout, done.stderr
