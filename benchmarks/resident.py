"""How much memory a process uses, according to Linux."""

from pathlib import Path


def resident_mib(process: int | str = "self", most: bool = False) -> float:
    """MiB in memory now, or with `most` the peak so far."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    told = "VmHWM" if most else "VmRSS"
    return round(next(int(line.split()[1]) for line in lines if line.startswith(told)) / 1024, 1)
