"""Speed, memory and agreement, each measured by one command: `python -m benchmarks.NAME` in the root of the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
