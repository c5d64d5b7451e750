"""Memory that pictures took goes back to the system; what a network's layers take from call to call stays."""

import subprocess
import sys

import pytest

# Blocks of 24 MiB teach glibc to keep blocks of that size; a small one above them then holds them all.
RESIDENT = """
import sys
from pathlib import Path
from lbf_model.interface.freed_memory import return_large_blocks
if sys.argv[1] == "returned":
    return_large_blocks()
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


# Blocks of 8 MiB come and go, as they do between the layers of a network. The first ones may be new to the process.
FAULTS = """
import resource
from lbf_model.interface.freed_memory import return_large_blocks
return_large_blocks()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        one = bytearray(b"x") * (8 * 2**20)
        other = bytearray(b"x") * (8 * 2**20)
        del one, other
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told so")
def test_blocks_that_come_and_go_are_not_taken_anew_from_the_system():
    told = subprocess.run([sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True).stdout
    assert int(told) < 1000, "pages, of 80,000 that were written"


# 300 blocks of 1 MiB with small ones between them, so that no large piece is free; they may be freed by another thread.
SCATTERED = """
import threading
from lbf_model.interface.freed_memory import return_all_free, return_large_blocks
return_large_blocks()
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024
def use():
    for _ in range(300):
        blocks.append(bytearray(b"x") * 2**20)
        between.append(bytearray(b"x") * 2000)
before, blocks, between = resident(), [], []
thread = threading.Thread(target=use)
thread.start()
thread.join()
blocks.clear()
kept = resident() - before
return_all_free()
print(kept, resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told so")
def test_what_is_free_can_be_returned_at_once():
    told = subprocess.run([sys.executable, "-c", SCATTERED], check=True, capture_output=True, text=True).stdout
    kept, after = map(int, told.split())
    assert after < 50 < kept, "MiB"


# Eight threads take 8 MiB in turn and free it, and stay.
IN_TURN = """
import threading
from lbf_model.interface.freed_memory import return_large_blocks
return_large_blocks()
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) // 1024
def use(done):
    bytearray(b"x") * (8 * 2**20)
    done.set()
    end.wait()
before, end = resident(), threading.Event()
for _ in range(8):
    done = threading.Event()
    threading.Thread(target=use, args=(done,)).start()
    done.wait()
print(resident() - before)
end.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told so")
def test_a_thread_uses_what_another_has_freed():
    told = subprocess.run([sys.executable, "-c", IN_TURN], check=True, capture_output=True, text=True).stdout
    assert int(told) < 30, "MiB, of 64"
