"""Visitors of the running app, each at an address of its own, as a proxy on this machine would name them."""

import json
import time
from pathlib import Path

import httpx

from benchmarks import ROOT

EXAMPLE = ROOT / "assets" / "examples" / "garments_1.webp"
GALLERY, TEXT = "fashion", "replace grey color to pink"
_PLAIN = None, None, None, None, None, "", None  # nothing pointed at, no feedback, no filters
_PATIENCE = 600.0  # seconds for one answer on a busy machine


class Refused(Exception):
    """The server did not answer a query; the message is what it said."""


class Visitor:
    """Talks to the app by HTTP, as the page does."""

    def __init__(self, url: str, number: int):
        """Come from address 10.0.x.x; the app trusts what a proxy on its own machine says."""
        self.session = f"visitor{number}"
        address = {"x-forwarded-for": f"10.0.{number // 250}.{number % 250 + 1}"}
        self.http = httpx.Client(base_url=f"{url}/gradio_api", headers=address, timeout=_PATIENCE)
        self.url = url

    def upload(self, file: Path) -> dict:
        """Send a file; returns the value of a field that holds it."""
        with file.open("rb") as opened:
            answer = self.http.post("/upload", files={"files": (file.name, opened)})
        return {"path": _checked(answer)[0], "meta": {"_type": "gradio.FileData"}}

    def search(self, picture: dict, text: str = TEXT, gallery: str = GALLERY) -> float:
        """Search through the API; returns the seconds until the answer. Raises Refused."""
        started = time.perf_counter()
        event = _checked(self.http.post("/call/search", json={"data": [picture, text, gallery, 8, *_PLAIN]}))["event_id"]
        with self.http.stream("GET", f"/call/search/{event}") as stream:
            kind = ""
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                if line.startswith("data: ") and kind == "error":
                    raise Refused(line.removeprefix("data: "))
                if kind == "complete":
                    return time.perf_counter() - started
        raise Refused("the answer ended before it was complete")

    def search_page(self, dependency: dict, picture: dict, text: str = TEXT, gallery: str = GALLERY) -> None:
        """Press "Search" on the page. Raises Refused."""
        config = self.config()
        ids = {component["id"]: component["props"].get("elem_id") for component in config["components"]}
        known = {"picture": picture, "text": text, "gallery": gallery, "count": 8}
        shown = {component["id"]: component["props"].get("value") for component in config["components"]}
        data = [known.get(ids[i], shown[i]) for i in dependency["inputs"]]
        self.press(dependency, data)

    def press(self, dependency: dict, data: list) -> None:
        """Let an event of the page run to its end."""
        asked = {"data": data, "fn_index": dependency["id"], "session_hash": self.session, "trigger_id": None}
        _checked(self.http.post("/queue/join", json=asked))
        with self.http.stream("GET", "/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if told.get("msg") == "process_completed":
                    if not told["success"]:
                        raise Refused(str(told["output"].get("error")))
                    return
        raise Refused("the answer ended before it was complete")

    def config(self) -> dict:
        """What the page is made of."""
        return _checked(self.http.get(f"{self.url}/config"))

    def event_of(self, button: str) -> dict:
        """The event that a button of the page starts."""
        config = self.config()
        (own,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == button)
        return next(d for d in config["dependencies"] if [own, "click"] in [list(target) for target in d["targets"]])


def _checked(answer: httpx.Response):
    if answer.is_success:
        return answer.json()
    retry = answer.headers.get("retry-after")
    raise Refused(f"{answer.status_code}: {answer.json().get('detail')}" + (f" (Retry-After {retry})" if retry else ""))
