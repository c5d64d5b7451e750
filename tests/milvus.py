"""Galleries in Milvus, for tests: a small server on this machine alone, and galleries to publish."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lbf_model.gallery.items import GalleryFacts, GalleryItem
from lbf_model.gallery.store import GalleryWriter
from tests.small import random_hashes


@contextmanager
def milvus_server(folder: Path, port: int | None = None) -> Iterator[int]:
    """Milvus Lite as a server on 127.0.0.1, stopped at the end; gives the port."""
    port = port or free_port()
    program = Path(sys.executable).with_name("milvus-lite")
    command = [program, "server", "--data-dir", folder, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert process.poll() is None, "milvus-lite ended"
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


def write_gallery(folder: Path, vectors: np.ndarray, items: list[GalleryItem] | None = None, compositor: str = "ccc") -> Path:
    """A gallery of some vectors (G, E), made by compositor "ccc" and detector "ddd"; returns its folder."""
    items = items or [GalleryItem(f"i{row}", f"{row}.png", f"picture {row}") for row in range(len(vectors))]
    writer = GalleryWriter(folder, GalleryFacts(compositor, "ddd", vectors.shape[1], "pictures", "Shop"))
    writer.add(items, random_hashes(items), vectors)
    writer.finish([])
    return folder
