"""Two processes of the app behind one address, as docs/hosting.md sets them up for many visitors."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.hosting import Balancer, serving
from tests.server import running_app
from tests.shown_examples import EXAMPLES, SCENE

PATIENCE = 300  # seconds on a busy machine, models not loaded yet
# The balancer sends the one to the first process, the other to the second.
VISITORS = ("192.0.2.4", "192.0.2.1")


@pytest.fixture
def visitors(tmp_path):
    """Two visitors, each at another process; the processes keep what they bring below one folder."""
    environment = {**os.environ, "GRADIO_ROOT_PATH": "/demo", "FORWARDED_ALLOW_IPS": "127.0.0.1", "OMP_NUM_THREADS": "1"}
    logs = [tmp_path / "first.txt", tmp_path / "second.txt"]
    with running_app(logs[0], environment=environment) as one, running_app(logs[1], environment=environment) as two:
        apps = [url.removeprefix("http://") for url in (one, two)]
        with serving(type("Here", (Balancer,), {"apps": apps})) as port:
            base = f"http://127.0.0.1:{port}/demo/gradio_api"
            yield [httpx.Client(base_url=base, headers={"X-Forwarded-For": a}, timeout=PATIENCE) for a in VISITORS]
    assert not list((tmp_path / "visitors").iterdir()), "they leave nothing behind"
    assert not any("Traceback" in log.read_text() for log in logs)


def uploaded(visitor: httpx.Client) -> str:
    """Where the visitor's process keeps the picture of an example."""
    with (EXAMPLES / SCENE["picture"]).open("rb") as file:
        return visitor.post("/upload", files={"files": file}).raise_for_status().json()[0]


def searched(visitor: httpx.Client, path: str) -> str:
    """What the server says at the end of a search."""
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
    data = [picture, SCENE["text"], SCENE["gallery"], 5, None, None, None, None, None, "", None]
    event = visitor.post("/call/search", json={"data": data}).raise_for_status().json()["event_id"]
    return visitor.get(f"/call/search/{event}").raise_for_status().text


def matches(said: str) -> list[tuple[str, float]]:
    (answer,) = json.loads(said.rpartition("data: ")[2])
    return [(match["id"], match["score"]) for match in answer["matches"]]


@pytest.mark.skipif("LBF_APP_URL" in os.environ, reason="starts apps by itself")
def test_visitors_of_two_processes_are_served_as_by_one(visitors):
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(uploaded, visitors))
        one, two = pool.map(matches, pool.map(searched, visitors, paths))
    assert one == two and one[0][0] == SCENE["answer"], "whoever answers, the answer is the same"
    # What a visitor brought is known to that visitor's process alone, which is why each is always sent to the same.
    assert "not uploaded here" in searched(visitors[1], paths[0])
