"""Nobody takes more than would be left, and nobody shuts others out."""

import asyncio
import json
from collections import Counter
from types import SimpleNamespace

import gradio as gr
import pytest

from lbf_model.interface import visitor_limits
from lbf_model.interface.visitor_limits import LARGEST_UPLOAD, Sessions, VisitorLimits, fair, launch_with_limits, line_before


@pytest.fixture
def queue():
    """Visitors whose events wait in the queue."""
    return []


@pytest.fixture
def limits(queue):
    """The limits before an app that says "passed", at once or when `app.release` is set."""

    async def app(scope, receive, send):
        app.seen.append(scope["path"])
        app.headers = dict(scope["headers"])
        if app.release is not None:
            await app.release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"passed"})

    app.seen, app.release = [], None
    waiting = SimpleNamespace(queue=queue)
    queues = SimpleNamespace(event_queue_per_concurrency_id={"model": waiting}, process_time_per_fn={})
    page = SimpleNamespace(_queue=queues)
    made = VisitorLimits(app, page, {})
    made.app = app
    return made


def waits(visitor):
    return SimpleNamespace(request=SimpleNamespace(scope={"client": (visitor, 1)}))


async def answered(
    limits, path, visitor="1.1.1.1", size: int | None = 10, method="POST", root="", sent: list | None = None
) -> tuple[int, str]:
    """Status of the answer, and what it says; `sent` takes the messages."""
    sent = [] if sent is None else sent

    async def send(message):
        sent.append(message)

    headers = [(b"x-forwarded-for", b"6.6.6.6")]
    headers += [] if size is None else [(b"content-length", b"%d" % size)]
    scope = {"type": "http", "method": method, "path": path, "client": (visitor, 1), "headers": headers, "query_string": b""}
    scope |= {"root_path": root}
    await limits(scope, None, send)
    body = b"".join(m.get("body", b"") for m in sent).decode()
    return sent[0]["status"], json.loads(body)["detail"] if sent[0]["status"] != 200 else body


def ask(limits, *arguments, **more):
    return asyncio.run(answered(limits, *arguments, **more))


def test_whoever_is_alone_gets_half_and_whoever_comes_later_still_finds_room():
    taken = Counter()
    for visitor in "abcdef":
        while fair(taken, visitor, 1, 64):
            taken[visitor] += 1
    assert taken == {"a": 32, "b": 16, "c": 8, "d": 4, "e": 2, "f": 1} and fair(taken, "g", 1, 64)


@pytest.mark.parametrize("path", ["queue/join", "call/search", "call/v2/search"])
def test_one_visitor_cannot_fill_the_queue(limits, queue, path):
    for _ in range(32):
        assert ask(limits, f"/gradio_api/{path}") == (200, "passed")
        queue.append(waits("1.1.1.1"))
    status, said = ask(limits, f"/gradio_api/{path}")
    assert status == 429 and said == "32 queries are waiting, 32 of them yours; try again in about 5 seconds."
    for seconds, told in ((0.5, 16), (9.0, 60)):  # of a query on average; two kinds were asked
        slow, quick = SimpleNamespace(count=1, process_time=2.5 * seconds), SimpleNamespace(count=4, process_time=2.5 * seconds)
        limits._page._queue.process_time_per_fn.update(slow=slow, quick=quick)
        sent = []
        assert ask(limits, f"/gradio_api/{path}", sent=sent)[1].endswith(f"try again in about {told} seconds.")
        assert (b"retry-after", b"%d" % told) in sent[0]["headers"]
    assert ask(limits, f"/gradio_api/{path}", "2.2.2.2") == (200, "passed")
    queue.clear()
    assert ask(limits, f"/gradio_api/{path}") == (200, "passed")


def test_one_visitor_cannot_keep_every_thread_busy_beside_the_queue(limits):
    async def together():
        limits.app.release = asyncio.Event()
        first = [asyncio.create_task(answered(limits, "/gradio_api/run/predict")) for _ in range(17)]
        await asyncio.sleep(0)
        other = asyncio.create_task(answered(limits, "/gradio_api/run/predict", "2.2.2.2"))
        await asyncio.sleep(0)
        limits.app.release.set()
        return [status for status, _ in await asyncio.gather(*first)], await other

    statuses, other = asyncio.run(together())
    assert statuses == [200] * 16 + [429] and other == (200, "passed")
    assert ask(limits, "/gradio_api/run/predict") == (200, "passed"), "what is answered takes no place any more"


def test_nobody_is_remembered_for_requests_that_are_over(limits):
    for visitor in ("1.1.1.1", "2.2.2.2"):
        for path in ("/gradio_api/run/predict", "/config"):
            ask(limits, path, visitor)
    assert not limits._quick


@pytest.mark.parametrize("path", ["/gradio_api/mcp", "/gradio_api/mcp/messages"])
def test_a_call_through_mcp_counts_for_the_visitor_who_made_it(limits, path):
    ask(limits, path, "2.2.2.2")
    assert limits.app.headers[b"x-forwarded-for"] == b"2.2.2.2", "and not for an address that the request made up"
    ask(limits, "/gradio_api/queue/join", "2.2.2.2")
    assert limits.app.headers[b"x-forwarded-for"] == b"6.6.6.6", "uvicorn has read it by then"


def test_uploads_are_limited_by_request_by_visitor_and_in_all(limits, monkeypatch):
    monkeypatch.setattr(visitor_limits, "UPLOADED_BYTES", 4 * LARGEST_UPLOAD)
    upload = "/gradio_api/upload"
    status, said = ask(limits, upload, size=LARGEST_UPLOAD + 1)
    assert status == 413 and "1025 MiB" in said
    assert ask(limits, upload, size=None)[0] == 411, "or it could send any number of bytes"
    assert [ask(limits, upload, size=LARGEST_UPLOAD)[0] for _ in range(3)] == [200, 200, 429]
    assert "you have sent 2050 MiB" in ask(limits, upload, size=LARGEST_UPLOAD)[1]
    assert [ask(limits, upload, "2.2.2.2", size=LARGEST_UPLOAD)[0] for _ in range(2)] == [200, 429]
    limits._counted_since -= visitor_limits.KEPT_SECONDS + 1
    assert ask(limits, upload, size=LARGEST_UPLOAD)[0] == 200, "by then they are deleted"


def test_a_message_is_no_way_to_send_more_than_a_picture(limits):
    assert ask(limits, "/gradio_api/mcp/", size=27 * 2**20) == (200, "passed")
    for path in ("/gradio_api/mcp/", "/gradio_api/call/search"):
        assert ask(limits, path, size=41 * 2**20)[0] == 413


@pytest.mark.parametrize(
    "path",
    ["deep_link", "component_server", "component_server/", "stream/x", "proxy=http://a", "file=http://a", "file=https://a",
     "file/http://a", "file= http://a", "file=HTTP://a", "process_recording", "vibe-edit/"],
)  # fmt: skip
def test_what_the_page_never_uses_is_closed(limits, path):
    assert ask(limits, f"/gradio_api/{path}", method="GET") == (404, "This server does not offer that.")
    for left in ("", "/demo"):  # a proxy at a sub-path may cut it off or leave it in, and Starlette answers both
        assert ask(limits, f"{left}/gradio_api/{path}", method="GET", root="/demo")[0] == 404
    assert limits.app.seen == []


def test_files_of_the_page_are_open(limits):
    assert ask(limits, "/gradio_api/file=/tmp/http/picture.png", method="GET", size=None) == (200, "passed")


@pytest.fixture
def open_pages():
    return {}


@pytest.fixture
def forgotten():
    return []


@pytest.fixture
def sessions(open_pages, forgotten):
    with gr.Blocks() as page:
        gr.State(None)
    page.state_session_capacity = 3
    made = Sessions(open_pages, forgotten.append)
    made.set_blocks(page)
    return made


def test_calls_of_the_api_do_not_make_the_server_forget_who_reads(sessions, open_pages, forgotten):
    open_pages.update(reader="1.1.1.1", another="2.2.2.2")
    for session in ("reader", "another", *map(str, range(5))):
        assert sessions[session] is sessions[session]
    assert list(sessions.session_data) == ["reader", "another", "4"] and forgotten == ["0", "1", "2", "3"]


def test_the_page_used_longest_ago_goes_where_all_are_open(sessions, open_pages, forgotten):
    open_pages.update(dict.fromkeys("abcd", ""))
    for session in "abcad":
        sessions[session]
    assert forgotten == ["b"] and list(sessions.session_data) == ["c", "a", "d"]


def test_a_session_does_not_grow_with_what_its_page_shows(open_pages):
    with gr.Blocks() as page:
        seen, shown, button = gr.State(0), gr.HTML(), gr.Button()
        button.click(lambda seen: (seen + 1, gr.update(value="x" * 1000, visible=True)), seen, [seen, shown])
        button.click(lambda: "y" * 1000, None, shown)
    sessions = Sessions(open_pages, [].append)
    sessions.set_blocks(page)

    async def press_often(times):
        for _ in range(times):
            for function in page.fns.values():
                await page.process_api(function, [None] * len(function.inputs), state=sessions["reader"], simple_format=True)

    def size():
        assert not sessions["reader"].config_values, "only deep links need them"
        return len(sessions["reader"].blocks_config.blocks)

    asyncio.run(press_often(1))
    once = size()
    asyncio.run(press_often(5))
    assert size() == once
    assert sessions["reader"][seen._id] == 6


def test_a_page_is_open_as_long_as_its_heartbeat_and_one_visitor_cannot_have_them_all(limits, monkeypatch):
    monkeypatch.setattr(visitor_limits, "REMEMBERED_PAGES", 4)

    async def together():
        limits.app.release = asyncio.Event()
        pages = (("a", "1"), ("b", "1"), ("c", "1"), ("d", "2"))
        paths = ((f"/gradio_api/heartbeat/{session}", visitor) for session, visitor in pages)
        tasks = [asyncio.create_task(answered(limits, path, visitor, None, "GET")) for path, visitor in paths]
        await asyncio.sleep(0)
        found = dict(limits.open_pages)
        limits.app.release.set()
        return found, [status for status, _ in await asyncio.gather(*tasks)]

    found, statuses = asyncio.run(together())
    assert found == {"a": "1", "b": "1", "d": "2"} and statuses == [200] * 4, "the third works, too, but may be forgotten first"
    assert limits.open_pages == {}


def test_a_page_is_launched_with_all_of_them():
    noted = {}

    class Recorded(gr.Blocks):
        def queue(self, **settings):
            noted.update(settings)

        def launch(self, **settings):
            noted.update(settings)
            return SimpleNamespace(), "", ""

    page, forget = Recorded(), [].append
    launch_with_limits(page, forget, server_port=1)
    (middleware,) = noted.pop("app_kwargs")["middleware"]
    assert noted.pop("api_open") is False and noted["max_size"] == 64 and noted["server_port"] == 1
    sessions = page.state_holder
    assert isinstance(sessions, Sessions) and middleware.cls is VisitorLimits
    assert sessions._open_pages is middleware.kwargs["open_pages"], "who keeps it and who reads it mean the same pages"


def test_a_visitor_learns_how_many_of_others_wait(limits, queue):
    app = SimpleNamespace(get_blocks=lambda: limits._page)
    request = SimpleNamespace(session_hash="mine", request=SimpleNamespace(app=app))
    assert line_before(request) == 0
    queue += [SimpleNamespace(session_hash=session) for session in ("mine", "other", "third")]
    assert line_before(request) == 2
