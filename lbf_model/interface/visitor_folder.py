"""One folder for everything that visitors upload or are shown, deleted when the server stops, however it stopped.

A server that was killed deletes nothing. So each server holds a lock that ends with its process, and the next server to start
deletes the folders that are no longer locked.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "lbf-visitors-"
_LOCK = "lock"


@contextmanager
def visitor_folder(parent: Path) -> Iterator[Path]:
    """Make the folder of this process, with an empty `uploads` in it, and delete those of processes that ended.

    Args:
        parent: where servers put their folders; created if missing.

    Yields:
        The folder, which is deleted at the end.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another server is deleting it right now, or it belongs to another user
            _delete_unless_held(left)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    with (folder / "starting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "starting").rename(folder / _LOCK)  # only now: nobody deletes a folder without a lock
        (folder / "uploads").mkdir()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # again: threads that end after `finally` write into it
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _delete_unless_held(folder: Path) -> None:
    """Delete the folder of a process that ended; OSError if it is still locked."""
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    with (folder / _LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
