"""The page where it is hosted: at a sub-path behind a proxy, and in a frame of another site, as on a Hugging Face Space."""

import asyncio
import json
import os
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import parse_qs, urlparse

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from tests.browser.visiting import PATIENCE
from tests.hosting import FramingPage, Proxy, serving
from tests.mcp_client import mcp_session
from tests.server import running_app
from tests.shown_examples import EXAMPLE, EXAMPLES


@dataclass(frozen=True)
class Hosted:
    """Addresses of an app: behind its proxy, and of the page that frames it there."""

    public: str
    framing: str


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    with serving(Proxy) as proxy_port, serving(FramingPage) as framing_port:
        framing = f"http://localhost:{framing_port}/spaces/user/name"
        settings = os.environ | {"GRADIO_ROOT_PATH": "/demo", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
        log = tmp_path_factory.mktemp("hosted") / "log.txt"
        with running_app(log, environment=settings, flags=("--parent-page", framing)) as inside:
            Proxy.app = urlparse(inside).netloc
            FramingPage.app = public = f"http://127.0.0.1:{proxy_port}/demo/"
            Client(public, verbose=False).predict(api_name="/galleries")  # models are loaded
            yield Hosted(public, framing)


@pytest.fixture
def visit(browser, hosted):
    """Opens an address as a fresh visitor of a small window; no request but to this machine, and none may fail."""
    contexts, wrong = [], []

    def open_page(address):
        context = browser.new_context(viewport={"width": 1280, "height": 700})
        contexts.append(context)
        page = context.new_page()
        page.on("response", lambda r: r.status >= 400 and wrong.append((r.status, r.url)))
        page.on("request", lambda r: urlparse(r.url).hostname in ("127.0.0.1", "localhost", None, "") or wrong.append(r.url))
        page.goto(address, wait_until="domcontentloaded")
        return page

    yield open_page
    assert wrong == []
    for context in contexts:
        context.close()


def ask_example(frame):
    """Click the first example, on a page or in a frame, and wait for its answer."""
    frame.locator("#examples button", has_text=EXAMPLE["text"]).first.click(timeout=PATIENCE)
    expect(frame.locator("#results .go").first).to_be_visible(timeout=PATIENCE)
    expect(frame.locator("#text textarea, #text input").first).to_have_value(EXAMPLE["text"], timeout=PATIENCE)


def link_of(frame):
    """The link that the page gives away."""
    frame.locator("#save button").first.click()
    field = frame.locator("#link textarea, #link input").first
    expect(field).to_have_value(re.compile("picture="), timeout=PATIENCE)
    return field.input_value()


def test_pictures_links_and_files_work_at_a_sub_path(visit, hosted):
    page = visit(hosted.public)
    ask_example(page)
    page.wait_for_function("[...document.images].every((i) => i.complete && i.naturalWidth)", timeout=PATIENCE)
    page.wait_for_url(re.compile(r"/demo/\?picture="), timeout=PATIENCE)
    link = link_of(page)
    assert link == page.url and link.startswith(hosted.public)
    page.click("#make-files")
    saved = page.locator("#files a", has_text="results.json")
    expect(saved).to_be_visible(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        saved.click()
    assert json.loads(download.value.path().read_text())["matches"]
    other = visit(link)
    expect(other.locator("#text textarea, #text input").first).to_have_value(EXAMPLE["text"], timeout=PATIENCE)
    expect(other.locator("#results .go").first).to_be_visible(timeout=PATIENCE)


def test_use_it_from_python_names_the_address_that_the_visitor_came_by(visit, hosted):
    for address in (hosted.public, hosted.public.replace("127.0.0.1", "localhost")):
        page = visit(address)
        page.locator("#save button").first.click(timeout=PATIENCE)
        expect(page.locator("#python")).to_contain_text(f'Client("{address}")', timeout=PATIENCE)


def test_programs_and_mcp_work_at_a_sub_path(hosted):
    client = Client(hosted.public, verbose=False)
    picture = handle_file(str(EXAMPLES / EXAMPLE["picture"]))
    answer = client.predict(picture, EXAMPLE["text"], EXAMPLE["gallery"], 2, api_name="/search")
    with urllib.request.urlopen(hosted.public.rstrip("/") + answer["matches"][0]["picture"]) as response:
        assert response.headers["content-type"] == "image/webp"

    async def tools():
        async with mcp_session(hosted.public) as session:
            listed = {tool.name.split("_")[-1]: tool.name for tool in (await session.list_tools()).tools}
            return listed, await session.call_tool(listed["galleries"], {})

    with ThreadPoolExecutor() as beside:  # the browser's own event loop runs in this thread
        listed, answer = beside.submit(asyncio.run, tools()).result()
    assert (
        {"search", "explain", "galleries"} <= set(listed) and not answer.isError and EXAMPLE["gallery"] in str(answer.content)
    )


@pytest.mark.parametrize("path", ["/gradio_api/deep_link", "/demo/gradio_api/deep_link"])
def test_what_is_closed_stays_closed_at_a_sub_path(hosted, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(hosted.public.rstrip("/") + path)
    assert refused.value.code == 404 and "does not offer" in refused.value.read().decode()


def test_in_a_frame_the_page_around_it_shows_the_link_and_restores_it(visit, hosted):
    page = visit(hosted.framing)
    frame = page.frame_locator("iframe")
    ask_example(frame)
    page.wait_for_url(re.compile(r"/spaces/user/name\?picture="), timeout=PATIENCE)
    assert parse_qs(urlparse(page.url).query)["text"] == [EXAMPLE["text"]]
    assert link_of(frame) == page.url, "what is copied leads to the page around it"
    again = visit(page.url).frame_locator("iframe")
    expect(again.locator("#text textarea, #text input").first).to_have_value(EXAMPLE["text"], timeout=PATIENCE)
    expect(again.locator("#results .go").first).to_be_visible(timeout=PATIENCE)


def test_in_a_frame_as_tall_as_the_page_a_click_brings_its_outcome_into_view(visit, hosted):
    page = visit(hosted.framing)
    frame = page.frame_locator("iframe")
    ask_example(frame)
    frame.locator("#results .why").first.click()
    expect(frame.locator("#panel .pair").first).to_be_visible(timeout=PATIENCE)
    expect(frame.locator("#closer")).to_be_in_viewport(timeout=PATIENCE)
    page.evaluate("scrollTo(0, 5000)")
    frame.locator("#results .go").first.click()
    expect(frame.locator("#picture")).to_be_in_viewport(timeout=PATIENCE)
