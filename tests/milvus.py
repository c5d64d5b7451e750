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
    """Milvus Lite as a server on 127.0.0.1, stopped at the end; gives the port, which is a free one if none is named."""
    for _ in range(3):  # somebody else may take a free port before the server does
        chosen = port or free_port()
        program = Path(sys.executable).with_name("milvus-lite")
        command = [program, "server", "--data-dir", folder, "--host", "127.0.0.1", "--port", str(chosen)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if _listens(process, chosen):
                yield chosen
                return
        finally:
            process.terminate()
            process.wait()
    raise AssertionError("milvus-lite did not start")


def _listens(process: subprocess.Popen, port: int) -> bool:
    """Wait until a server takes connections; False where it ended or takes too long."""
    for _ in range(600):
        if process.poll() is not None:
            return False
        with socket.socket() as tried:
            # Where nobody listens yet, a connection to a free port may by chance start from that port and reach itself.
            if tried.connect_ex(("127.0.0.1", port)) == 0 and tried.getsockname() != tried.getpeername():
                return True
        time.sleep(0.1)
    return False


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
