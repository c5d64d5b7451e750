"""How much one visitor may take of what all visitors share, so that nobody shuts the others out.

One rule holds for places in the queue, requests outside it, uploaded bytes and remembered pages: nobody takes more than would
be left. A single visitor gets half; one who comes later still finds room. A visitor is an IP address. Behind a proxy everyone
has the proxy's address, unless the proxy is on this machine or uvicorn's environment variable FORWARDED_ALLOW_IPS names it.
"""

import math
import re
import time
from collections import Counter
from collections.abc import Callable

import gradio as gr
from gradio.state_holder import SessionState, StateHolder
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse

from lbf_model.interface.session_files import KEPT_SECONDS
from lbf_model.interface.uploads import MAX_TOTAL
from lbf_model.vision.pictures import MAX_BYTES

QUEUE_PLACES = 64  # queries that may wait; ZeroGPU would allow one
QUICK_PLACES = 32  # requests at once that do not wait in the queue
REMEMBERED_PAGES = 200
_SOON = 5  # seconds; visitors are never told to try again sooner
UPLOADED_BYTES = 8 * 2**30  # in KEPT_SECONDS, after which uploads are deleted
LARGEST_UPLOAD = MAX_TOTAL + 2**20
_LARGEST_MESSAGE = 2 * MAX_BYTES  # MCP sends pictures as text, which takes a third more than the file
# What Gradio offers and this page never uses: it writes files, fetches from other servers, or calls into components.
_CLOSED = re.compile(
    r"/gradio_api/(deep_link|component_server|process_recording|vibe|stream/|proxy=|file[=/]+\s*https?:)", re.I
)
_JOINS_QUEUE = re.compile(r"/gradio_api/(queue/join|call/)")
_QUICK = re.compile(r"/gradio_api/(run|api)/")
_MCP = re.compile(r"/gradio_api/mcp(/|$)")
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/(.+)")


def fair(taken: Counter[str], visitor: str, wanted: int, places: int) -> bool:
    """Whether a visitor may take `wanted` more of the places that all share: no more than would then be left."""
    return taken[visitor] + wanted <= places - taken.total()


class _Refusal(Exception):
    """A request is refused; holds the HTTP status, what to do, and after how many seconds that may help."""


class VisitorLimits:
    """Middleware that refuses requests beyond a visitor's share, before Gradio sees them.

    Attributes:
        open_pages: the visitor of each session whose page is open now.
    """

    def __init__(self, app: Callable, page: gr.Blocks, open_pages: dict[str, str]):
        """Wrap an app that serves a page."""
        self._app, self._page, self.open_pages = app, page, open_pages
        self._quick: Counter[str] = Counter()
        self._uploaded: Counter[str] = Counter()
        self._counted_since = time.monotonic()

    async def __call__(self, scope, receive, send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visitor, path = _visitor(scope), _route(scope)
        if _MCP.match(path):
            scope = _on_behalf_of(visitor, scope)
        try:
            self._check(visitor, path, scope)
        except _Refusal as refusal:
            status, message, *seconds = refusal.args
            headers = {"Retry-After": str(seconds[0])} if seconds else None
            await JSONResponse({"detail": message}, status, headers)(scope, receive, send)
            return
        quick, page = _QUICK.match(path) is not None, _HEARTBEAT.match(path)
        try:
            if quick:
                self._quick[visitor] += 1
            if page and fair(Counter(self.open_pages.values()), visitor, 1, REMEMBERED_PAGES):
                self.open_pages[page[1]] = visitor
            await self._app(scope, receive, send)
        finally:
            if quick:
                self._quick[visitor] -= 1
                self._quick += Counter()  # forgets those who have no request left
            if page:
                self.open_pages.pop(page[1], None)

    def _check(self, visitor: str, path: str, scope) -> None:
        """Let a request pass, or raise the reason why not."""
        if _CLOSED.match(path):
            raise _Refusal(404, "This server does not offer that.")
        if scope["method"] == "POST":
            self._check_size(visitor, path, Headers(scope=scope).get("content-length", ""))
        if _JOINS_QUEUE.match(path) and not fair(waiting := self._waiting(), visitor, 1, QUEUE_PLACES):
            own, seconds = waiting[visitor], self._seconds_for(waiting.total())
            told = f"{waiting.total()} queries are waiting, {own} of them yours; try again in about {seconds} seconds."
            raise _Refusal(429, told, seconds)
        if _QUICK.match(path) and not fair(self._quick, visitor, 1, QUICK_PLACES):
            raise _Refusal(429, f"Too many of your requests are being answered at once; try again in {_SOON} seconds.", _SOON)

    def _check_size(self, visitor: str, path: str, length: str) -> None:
        if not length.isdecimal():
            raise _Refusal(411, "Say in Content-Length how much you send.")
        size, largest = int(length), LARGEST_UPLOAD if path.startswith("/gradio_api/upload") else _LARGEST_MESSAGE
        if size > largest:
            raise _Refusal(413, f"{size / 2**20:.0f} MiB; one request may have at most {largest // 2**20} MiB.")
        if time.monotonic() - self._counted_since > KEPT_SECONDS:
            self._uploaded.clear()
            self._counted_since = time.monotonic()
        if not fair(self._uploaded, visitor, size, UPLOADED_BYTES):
            sent = self._uploaded[visitor] / 2**20
            told = f"There is no room for more uploads now, and you have sent {sent:.0f} MiB; try again in an hour."
            raise _Refusal(429, told, 3600)
        self._uploaded[visitor] += size

    def _seconds_for(self, events: int) -> int:
        """About how many seconds this many events will take, judging by those answered so far; _SOON to 60."""
        times = self._page._queue.process_time_per_fn.values()
        answered = sum(time.count for time in times)
        mean = sum(time.process_time for time in times) / answered if answered else 0.0
        return min(60, max(_SOON, math.ceil(mean * events)))

    def _waiting(self) -> Counter[str]:
        """How many events of each visitor wait in the queue."""
        return Counter(_visitor(event.request.scope) for event in _queued(self._page))


def line_before(request: gr.Request) -> int:
    """How many events of other pages are ahead of one that is requested now."""
    return sum(event.session_hash != request.session_hash for event in _queued(request.request.app.get_blocks()))


def _queued(page: gr.Blocks) -> list:
    """The events that wait in the queue of a page."""
    return [event for queue in page._queue.event_queue_per_concurrency_id.values() for event in queue.queue]


class PageState(SessionState):
    """What Gradio remembers about one page, without what it keeps for its deep links, which this page does not offer.

    Gradio stores every value that a component shows under the component's number. But an update of more than a value makes a
    new component with a new number, so each search would leave its whole answer behind, half a megabyte.
    """

    def __init__(self, blocks: gr.Blocks):
        """Start with the components that the page is made of."""
        super().__init__(blocks)
        self._own = frozenset(self.blocks_config.blocks)
        self.config_values = {}

    def __setitem__(self, key: int, value: object) -> None:
        """Remember a value or a component under the number of one of the page's own components."""
        if key in self._own:
            super().__setitem__(key, value)
            self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: object) -> None:
        pass


class Sessions(StateHolder):
    """What Gradio remembers about visitors; if there are too many sessions, closed pages are forgotten before open ones.

    Each API call makes a session. Under Gradio's own rule, the oldest goes first, 200 calls would make the server forget every
    visitor who is just reading.
    """

    def __init__(self, open_pages: dict[str, str], forget: Callable[[str], None]):
        """Remember nobody yet; `forget` is called with each session that goes."""
        super().__init__()
        self._open_pages, self._forget = open_pages, forget

    def __getitem__(self, session_id: str) -> PageState:
        """What is remembered about a session; for a new one, what a new page shows."""
        if session_id not in self.session_data:
            self.session_data[session_id] = PageState(self.blocks)
        return super().__getitem__(session_id)

    def update(self, session_id: str) -> None:
        """Mark a session as in use, and forget another one if there are too many."""
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            if len(self.session_data) <= self.capacity:
                return
            others = [session for session in self.session_data if session != session_id]
            forgotten = next((session for session in others if session not in self._open_pages), others[0])
            del self.session_data[forgotten]
            self.time_last_used.pop(forgotten, None)
        self._forget(forgotten)


def launch_with_limits(page: gr.Blocks, forget: Callable[[str], None], **settings) -> None:
    """Launch a page that no single visitor can take over; `forget` as for `Sessions`, `settings` as for `launch`."""
    open_pages: dict[str, str] = {}
    page.queue(max_size=QUEUE_PLACES, api_open=False)  # queued events cannot be called past the queue
    limits = Middleware(VisitorLimits, page=page, open_pages=open_pages)
    app, *_ = page.launch(
        app_kwargs={"middleware": [limits]}, state_session_capacity=REMEMBERED_PAGES, prevent_thread_lock=True, **settings
    )
    app.state_holder = Sessions(open_pages, forget)
    app.state_holder.set_blocks(page)


def _route(scope) -> str:
    """The path that routing uses: without the sub-path at which a proxy serves the page, if the proxy left it in."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def _on_behalf_of(visitor: str, scope) -> dict:
    """A request to MCP that names its visitor.

    Gradio answers it by calling this server itself, with the same headers. That call comes from this machine, so uvicorn
    believes whatever address its X-Forwarded-For names.
    """
    others = [(name, value) for name, value in scope["headers"] if name != b"x-forwarded-for"]
    return {**scope, "headers": [*others, (b"x-forwarded-for", visitor.encode())]}


def _visitor(scope) -> str:
    return (scope.get("client") or ("",))[0]
