"""Where the files that are shipped with the project are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
CHECKPOINTS = ROOT / "checkpoints"
GALLERIES = ASSETS / "galleries"
