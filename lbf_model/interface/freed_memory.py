"""Giving memory back to the system. A server that decoded large pictures would otherwise keep what they took."""

import ctypes
from contextlib import suppress

# from malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
# bytes; larger than what the networks' layers pass on for one picture, smaller than a large photograph
_LARGE = 16 * 2**20


def return_large_blocks() -> None:
    """Let glibc return blocks of 16 MiB and more as soon as they are free; elsewhere nothing changes. Call it before threads.

    By default glibc raises this limit, up to 32 MiB, as it sees larger blocks come and go, and keeps all blocks below it. With
    a lower limit, every layer of a network would get its memory anew from the system, and detection would take half as long
    again. Smaller blocks are kept, but in one place: by default, each thread would keep its own.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, 2 * _LARGE)  # as glibc sets it for such a limit
        libc.mallopt(_M_ARENA_MAX, 1)


def return_all_free() -> None:
    """Let glibc return everything that is free now, such as what loading models left; elsewhere nothing changes."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
