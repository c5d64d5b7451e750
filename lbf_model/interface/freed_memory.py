"""Giving memory back to the system. A server that decoded large pictures would otherwise keep what they took."""

import ctypes
from contextlib import suppress

# from malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# bytes; larger than what the networks' layers pass on for one picture, smaller than a large photograph
_LARGE = 16 * 2**20


def return_freed_memory() -> None:
    """Let glibc return blocks of 16 MiB and more as soon as they are free; elsewhere nothing changes.

    By default glibc raises this limit, up to 32 MiB, as it sees larger blocks come and go, and keeps all blocks below it. With
    a lower limit, every layer of a network would get its memory anew from the system, and detection take half as long again.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, 2 * _LARGE)  # as glibc sets it for such a limit
