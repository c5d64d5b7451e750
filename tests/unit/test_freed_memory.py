"""Memory that pictures took goes back to the system."""

import subprocess
import sys

import pytest

# Blocks of 24 MiB teach glibc to keep blocks of that size; a small one above them then holds them all.
RESIDENT = """
import sys
from pathlib import Path
from lbf_model.interface.freed_memory import return_freed_memory
if sys.argv[1] == "returned":
    return_freed_memory()
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024
before = resident()
for _ in range(2):
    blocks = [bytearray(b"x") * (24 * 2**20) for _ in range(8)]
    above = bytearray(b"x") * 2**19
    del blocks
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told so")
def test_large_blocks_are_returned_at_once():
    kept, returned = (
        int(subprocess.run([sys.executable, "-c", RESIDENT, how], check=True, capture_output=True, text=True).stdout)
        for how in ("kept", "returned")
    )
    assert returned < 20 < kept, "MiB"
