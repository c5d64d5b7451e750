"""Giving memory back to the system. A server that decoded large pictures would otherwise keep what they took."""

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3  # from malloc.h
_LARGE = 2**20  # bytes


def return_freed_memory() -> None:
    """Let glibc return large blocks as soon as they are free; elsewhere nothing changes.

    By default glibc raises this limit, up to 32 MiB, as it sees larger blocks come and go, and keeps all blocks below it.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_M_MMAP_THRESHOLD, _LARGE)
