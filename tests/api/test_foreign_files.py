"""What no visitor can make the server read, fetch or write, against the running app."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from PIL import Image

from tests.mcp_client import mcp_session
from tests.server import SERVED_FROM
from tests.shown_examples import EXAMPLE, EXAMPLES

REFUSAL = "not uploaded here"
META = {"_type": "gradio.FileData"}


def called(app_url, endpoint, data) -> str:
    """What the server says at the end of a call by HTTP alone, as a client that follows no rules sends it."""
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(f"{app_url}/gradio_api/call/{endpoint}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{app_url}/gradio_api/call/{endpoint}/{event}") as response:
        return response.read().decode()


@pytest.fixture(scope="module")
def link_to_a_picture(visitors):
    """A link that somehow came into the upload folder and leads to a picture of the server."""
    link = visitors / "uploads" / "link.webp"
    link.symlink_to(SERVED_FROM / "assets" / "examples" / EXAMPLE["picture"])
    yield link
    link.unlink()


@pytest.fixture(scope="module")
def picture_of_another_visitor(visitors):
    """One of those that another visitor indexed."""
    folder = visitors / "own" / "somebody" / "pictures"
    folder.mkdir(parents=True)
    with Image.open(EXAMPLES / EXAMPLE["picture"]) as shown:
        shown.convert("RGB").save(folder / "000.jpg")
    return folder / "000.jpg"


def forbidden(kind, link, foreign) -> str:
    """A path that no visitor may name; each but the two missing ones leads to a picture or a file of the server."""
    served, uploads = SERVED_FROM / "assets" / "page.png", link.parent
    return {
        "picture": str(served),
        "relative": "assets/page.png",
        "up": f"{uploads}/../../{served}".replace("//", "/"),
        "link": str(link),
        "another visitor's": str(foreign),
        "up to another visitor's": f"{uploads}/../{foreign.relative_to(uploads.parent)}",
        "file address": f"file://{served}",
        "web address": "http://127.0.0.1:9/picture.png",
        "text": "/etc/passwd",
        "missing": "/no/such/picture.png",
        "missing upload": str(uploads / "missing.png"),
        "nul": "a\0b.png",
        "folder": str(uploads),
    }[kind]


FORBIDDEN = (
    "picture", "relative", "up", "link", "another visitor's", "up to another visitor's", "file address", "web address", "text",
    "missing", "missing upload", "nul", "folder",
)  # fmt: skip


@pytest.mark.parametrize("kind", FORBIDDEN)
@pytest.mark.parametrize("meta", [{}, {"meta": META}], ids=["without meta", "with meta"])
@pytest.mark.parametrize(
    "endpoint, more", [("search", [3, None, None, None, None, None, "", None]), ("explain", ["mean", "mean", None, None, None])]
)
def test_pictures_that_were_not_uploaded_are_refused_in_the_same_words(
    app_url, kind, meta, endpoint, more, link_to_a_picture, picture_of_another_visitor
):
    """A value without `meta` skips the check that Gradio has of its own."""
    path = forbidden(kind, link_to_a_picture, picture_of_another_visitor)
    said = called(app_url, endpoint, [{"path": path, **meta}, EXAMPLE["text"], EXAMPLE["gallery"], *more])
    assert said.startswith("event: error") and REFUSAL in said and path not in said


@pytest.mark.parametrize(
    "path", ["/etc/passwd", *(str(SERVED_FROM / name) for name in ("README.md", "checkpoints/css-big/config.json"))]
)
def test_files_of_the_server_cannot_be_fetched(app_url, path):
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{app_url}/gradio_api/file={path}")


def events_that_read(config, id) -> list[dict]:
    """Every event of the page that reads the value of one component, by its number."""
    component = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == id)
    return [d for d in config["dependencies"] if component in d["inputs"] and not d["js"]]


@pytest.mark.parametrize("id, wrapped", [("picture", False), ("own-files", True)])
def test_events_of_the_page_take_no_file_of_the_server_either(app_url, id, wrapped):
    """Events that no description names can be called by their number."""
    with urllib.request.urlopen(f"{app_url}/config") as response:
        config = json.load(response)
    component = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == id)
    file = {"path": str(SERVED_FROM / "assets" / "page.png")}
    events = events_that_read(config, id)
    assert len(events) >= 2
    for number, event in enumerate(events):
        data = [([file] if wrapped else file) if i == component else None for i in event["inputs"]]
        session = f"somebody-{id}-{number}"
        call = {"data": data, "fn_index": event["id"], "session_hash": session, "trigger_id": None}
        status, said = post(app_url, "queue/join", call)
        if status == 200:
            with urllib.request.urlopen(f"{app_url}/gradio_api/queue/data?session_hash={session}") as response:
                said = response.read().decode()
            assert '"success":false' in said.replace(" ", "")
        assert REFUSAL in said, "or a validator said so at once"


def post(app_url, endpoint, body) -> tuple[int, str]:
    """Status and content of the answer to a message."""
    content = json.dumps(body).encode()
    request = urllib.request.Request(f"{app_url}/gradio_api/{endpoint}", content, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_the_queue_cannot_be_passed(app_url):
    for endpoint in ("run/galleries", "api/galleries"):
        status, said = post(app_url, endpoint, {"data": []})
        assert status == 404 and "join the queue" in said


@pytest.mark.parametrize(
    "path", ["file=http://127.0.0.1:9/a.png", "file=HTTPS://localhost/a.png", "proxy=http://127.0.0.1:9/a.png"]
)
def test_the_server_fetches_nothing_for_a_visitor(app_url, path):
    with pytest.raises(urllib.error.HTTPError, match=r"40[34]"):
        urllib.request.urlopen(f"{app_url}/gradio_api/{path}")


def test_no_visitor_makes_the_server_write_links(app_url, visitors):
    called(app_url, "galleries", [])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{app_url}/gradio_api/deep_link?session_hash=anyone")
    assert not (visitors / "uploads" / "deep_links").exists()


def test_mcp_tools_take_no_file_of_the_server_either(app_url):
    async def ask():
        async with mcp_session(app_url) as session:
            tools = (await session.list_tools()).tools
            name = next(t.name for t in tools if t.name.endswith("search"))
            served = str(SERVED_FROM / "assets" / "page.png")
            query = {"text": EXAMPLE["text"], "gallery": EXAMPLE["gallery"], "count": 3}
            values = (served, {"path": served}, {"path": served, "meta": META}, "http://127.0.0.1:9/picture.png")
            return [await session.call_tool(name, {**query, "picture": value}) for value in values]

    for answer in asyncio.run(ask()):
        assert answer.isError and "matches" not in answer.content[0].text
    assert REFUSAL in answer.content[0].text, "an address is refused like a file"


def test_a_visitors_folder_cannot_be_fetched(app_url, visitors, picture_of_another_visitor):
    for path in (visitors, visitors / "lock", visitors / "own", picture_of_another_visitor):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{app_url}/gradio_api/file={path}")
