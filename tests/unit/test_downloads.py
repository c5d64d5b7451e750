"""What the server fetches where it may: within its limits, and never from its own network. Served from this machine."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gradio as gr
import pytest

from lbf_model.interface import downloads
from lbf_model.interface.downloads import NOT_FETCHED, download_picture


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path in ("/round", "/away", "/inside"):
            self.send_response(302)
            self.send_header("Location", {"/round": "/round", "/away": "/picture", "/inside": "http://10.0.0.1/"}[self.path])
            self.end_headers()
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.end_headers()
        with_patience = self.path == "/slow"
        self.wfile.write(b"x" * (2000 if self.path == "/large" else 10))
        self.wfile.flush()
        if with_patience:
            self.server.stopped.wait(30)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(downloads, "MAX_BYTES", 1000)
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Pictures)
    made.asked, made.stopped = [], threading.Event()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.stopped.set()
    made.shutdown()
    made.server_close()


@pytest.fixture
def in_public(monkeypatch):
    """Lets this machine count as a public one, and 10.0.0.1 as what it is."""
    check = downloads._public_address

    async def public_address(url):
        return "127.0.0.1" if url.host == "127.0.0.1" else await check(url)

    monkeypatch.setattr(downloads, "_public_address", public_address)


def fetch(server, path):
    return asyncio.run(download_picture(f"http://127.0.0.1:{server.server_port}{path}"))


@pytest.mark.parametrize("path", ["/picture", "/away"])
def test_a_picture_is_put_into_the_upload_folder(server, in_public, tmp_path, path):
    file = Path(fetch(server, path))
    assert file.read_bytes() == b"x" * 10 and file.is_relative_to(tmp_path)


@pytest.mark.parametrize("path", ["/missing", "/large", "/slow", "/round", "/inside"])
def test_whatever_goes_wrong_is_told_in_the_same_words(server, in_public, tmp_path, path, monkeypatch):
    monkeypatch.setattr(downloads, "MAX_SECONDS", 0.5 if path == "/slow" else 30)
    with pytest.raises(gr.Error) as refusal:
        fetch(server, path)
    assert refusal.value.message == NOT_FETCHED and not list(tmp_path.iterdir())


def test_the_servers_own_network_is_never_asked(server):
    hosts = ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433")
    for host in hosts:
        with pytest.raises(gr.Error, match="could not be fetched"):
            asyncio.run(download_picture(f"http://{host}:{server.server_port}/picture"))
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "http://100.64.0.1/", "http://", "http://[", "ftp://8.8.8.8/"):
        with pytest.raises(gr.Error, match="could not be fetched"):
            asyncio.run(download_picture(url))
    assert server.asked == []
