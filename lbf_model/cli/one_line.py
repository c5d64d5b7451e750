"""Errors that the user can fix are one line on stderr and exit code 2; a fault of this project keeps its traceback."""

import argparse
import errno
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

# System errors that mean a user named the wrong place, or a machine ran out of something; reported with what to do.
_ADVICE = {
    errno.EACCES: "permission denied; change its permissions or name another place",
    errno.EPERM: "permission denied; change its permissions or name another place",
    errno.EROFS: "on a read-only disk; name another place",
    errno.ENOSPC: "no space left on the disk; free some, or name a place on another disk",
    errno.EDQUOT: "your share of the disk is full; free some space, or name a place on another disk",
    errno.EFBIG: "larger than a file on that disk may be; name a place on another disk",
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "there is a file where a folder is needed; name another place",
    errno.EEXIST: "there is already something there; name another place",
    errno.EISDIR: "a folder, where a file is needed",
    errno.ENOTEMPTY: "a folder that is not empty; name another place",
    errno.ENAMETOOLONG: "this name is too long",
    errno.ELOOP: "links that form a loop",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine",
    errno.EIO: "the disk can't be read or written; it may be failing",
    errno.ESTALE: "the network disk lost this file; try again",
    errno.ENOMEM: "memory ran out",
}


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports errors in one line, without the usage: verbs here have more flags than a terminal has lines."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(2, f"{self.prog}: error: {_as_line(message)} (flags: {self.prog} --help)\n")


def run_or_refuse(run: Callable[[], None]) -> int:
    """Call a function; returns the exit code.

    Returns:
        0; or 2 if a `ValueError`, which public functions raise for bad input, or a system error says what the user has to
        change. It is printed as one line on stderr. All other errors pass through.
    """
    try:
        run()
        sys.stdout.flush()  # here a full disk can still be reported
    except BrokenPipeError:
        if not _reader_left():
            raise
        _drop_unwritten_output()
        return 0  # the program that reads the output, such as `head`, has seen enough
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        if (said := _refusal(error)) is None:
            raise
        print(f"error: {_as_line(said)}", file=sys.stderr)
        _drop_unwritten_output()
        return 2
    return 0


def check_device(device: str) -> None:
    """Refuse "cuda" where there is no such GPU; "cpu" passes without loading any library.

    Raises:
        ValueError: the message says what to do.
    """
    if device != "cuda":
        return
    import torch

    if not torch.cuda.is_available():
        raise ValueError("--device cuda: PyTorch finds no GPU or no driver for it; use --device cpu")


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be written to, before hours of work instead of after them; nothing is created.

    Raises:
        OSError: it, or the nearest existing folder above it, is a file or is not writable.
    """
    nearest = folder.absolute()
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise _system_error(errno.ENOTDIR, nearest)
    _check_access(nearest, os.W_OK | os.X_OK)


def check_file(file: Path) -> None:
    """Refuse a file that cannot be written, as `check_folder` does.

    Raises:
        OSError: it is a folder, or it or its folder is not writable.
    """
    check_folder(file.parent)
    if file.is_dir():
        raise _system_error(errno.EISDIR, file)
    if file.exists():
        _check_access(file, os.W_OK)


def _check_access(path: Path, wanted: int) -> None:
    if not os.access(path, wanted):
        raise _system_error(errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES, path)


def _system_error(number: int, path: Path) -> OSError:
    """The error that the system itself would raise."""
    return OSError(number, os.strerror(number), str(path))


def _refusal(error: Exception) -> str | None:
    """What to tell the user about an error; None if no user can have caused it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # PyTorch's, for a GPU
        return f"memory ran out ({error}); ask for less at once"
    if isinstance(error, ValueError):
        return str(error)
    if not isinstance(error, OSError):
        return None
    if error.errno is None:  # from a library that reads or writes files and says in words what is wrong
        return str(error)
    if error.errno not in _ADVICE:
        return None
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return where + _ADVICE[error.errno]


def _as_line(text: str) -> str:
    return " ".join(text.split())


def _reader_left() -> bool:
    """Whether the program that reads the output has ended."""
    try:
        output = select.poll()
        output.register(sys.stdout.fileno(), 0)  # errors are always reported
        return bool(output.poll(0))
    except OSError:  # stdout is not a real file
        return False


def _drop_unwritten_output() -> None:
    """Drop output that can't be written: Python would try again on exit, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
