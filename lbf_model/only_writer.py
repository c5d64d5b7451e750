"""One writer a folder: a lock that other processes see, and that a process releases when it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FolderInUseError(ValueError):
    """Another run is writing to the folder."""


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Create a folder if it is missing, and lock it against other processes, and other runs in this one.

    Raises:
        FolderInUseError: another run is writing there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:  # never deleted: that could remove it under the next writer
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(f"{folder}: another run is writing there; wait for it, or choose another folder") from None
        yield
