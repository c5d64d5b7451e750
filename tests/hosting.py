"""Small servers that stand around the app as they do where it is hosted: a proxy at a sub-path, and a page with a frame."""

import contextlib
import http.client
import http.server
import threading
import zlib
from collections.abc import Iterator, Sequence

_NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "host"}


class Proxy(http.server.BaseHTTPRequestHandler):
    """Serves an app at the sub-path /demo/, as docs/hosting.md sets up nginx: the prefix is cut off, and answers stream."""

    app: str  # HOST:PORT

    def do_GET(self):
        if self.path == "/demo":
            self.send_response(308)
            self.send_header("Location", "/demo/")
            self.end_headers()
        elif self.path.startswith("/demo/"):
            self._pass_on(self.path.removeprefix("/demo"))
        else:
            self.send_error(404)

    do_POST = do_HEAD = do_DELETE = do_GET

    def _pass_on(self, path: str) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        headers |= {"Host": self.headers["Host"], "X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Proto": "http"}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.app)
        with contextlib.closing(connection), contextlib.suppress(ConnectionError):  # a browser may leave early
            connection.request(self.command, path, body, headers)
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            self.end_headers()
            while part := answer.read1(65536):
                self.wfile.write(part)

    def log_message(self, *_):
        pass


class Balancer(Proxy):
    """Serves several apps as one, as docs/hosting.md sets up nginx: a visitor is always sent to the same of them."""

    apps: Sequence[str]  # each HOST:PORT

    @property
    def app(self) -> str:
        visitor = self.headers.get("X-Forwarded-For", self.client_address[0])
        return self.apps[zlib.crc32(visitor.encode()) % len(self.apps)]


class FramingPage(http.server.BaseHTTPRequestHandler):
    """A page like that of a Hugging Face Space: passes its query string on when it is opened, then takes that of the app."""

    app: str  # address

    def do_GET(self):
        content = _FRAMING_PAGE.replace("APP", self.app).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


# The frame is as tall as what is in it, so that only this page scrolls.
_FRAMING_PAGE = """<!doctype html><title>A Space</title><body style="margin: 0">
<iframe style="width: 100%; height: 5000px; border: 0"></iframe>
<script>
const app = "APP";
document.querySelector("iframe").src = app + location.search;
window.addEventListener("message", (event) => {
  if (event.origin !== new URL(app).origin || event.data.queryString === undefined) return;
  history.replaceState(null, "", location.pathname + "?" + event.data.queryString);
});
</script>"""


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on this machine; yields the port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
