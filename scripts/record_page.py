"""Record a short GIF of the real page for README: an example, its words and regions, why a result fits, and a second step.

    python -m scripts.record_page assets/page.gif

Chromium shows the page, Playwright clicks, and Pillow puts the pictures together. The script starts the app, unless --url names
a running one. It takes a minute or two.
"""

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from scripts.browser import find
from tests.server import running_app

MAX_BYTES = 3 * 2**20
WIDTHS = (960, 840, 720, 600)  # pixels; the widest that fits into MAX_BYTES is taken
_WINDOW = {"width": 1280, "height": 860}
_PATIENCE = 120_000  # milliseconds
_SETTLED = 500  # milliseconds, for animations on the page
_PICTURES_ARE_THERE = """() => [...document.images].every((picture) => {
    const { top, bottom, width } = picture.getBoundingClientRect();
    return bottom < 0 || top > innerHeight || !width || (picture.complete && picture.naturalWidth);
})"""
_NEXT_CHANGE = "same but in blue"
_COLORS = 128
_ROUNDS = 3  # of k-means, without which median cut makes a brown dress red


@dataclass(frozen=True)
class Frame:
    """A picture of the page, and how long it is shown, in milliseconds."""

    picture: Image.Image
    shown: int


def main(arguments: list[str] | None = None) -> int:
    """Record, and write the GIF; returns 1 if it cannot be made small enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="GIF to write")
    parser.add_argument("--url", help="address of a page that is already running")
    flags = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lbf-record-")))
        url = flags.url or stack.enter_context(running_app(folder / "app.log"))
        frames = list(record(url))
    try:
        content = write_gif(frames)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    flags.out.write_bytes(content)
    print(f"{flags.out}: {len(frames)} pictures, {sum(f.shown for f in frames) / 1000:.0f} s, {len(content) / 2**20:.1f} MiB")
    return 0


def record(url: str) -> Iterator[Frame]:
    """Use the page as a visitor would, and yield what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport=_WINDOW)
        page.set_default_timeout(_PATIENCE)
        page.goto(url, wait_until="domcontentloaded")
        page.locator("#examples button").first.wait_for()
        yield _seen(page, 1500)

        page.locator("#examples button").first.click()
        page.locator("#results .go").first.wait_for()
        page.locator("#figure img").wait_for()
        page.evaluate("scrollTo(0, 0)")
        yield _seen(page, 3000)

        for kind in ("#words .word", "#figure .region"):
            page.locator(kind).first.click()
            page.locator(f"{kind}[aria-pressed=true]").first.wait_for()
            page.locator("#inspector").scroll_into_view_if_needed()
            yield _seen(page, 2500)

        page.locator("#results .why").first.click()
        page.locator("#panel .pair").first.wait_for()
        page.locator("#panel").scroll_into_view_if_needed()
        yield _seen(page, 3500)

        first = page.locator("#results .go").first
        before = first.get_attribute("data-pick")
        first.click()
        text = page.locator("#text textarea, #text input").first
        page.wait_for_function("(field) => field.value === ''", arg=text.element_handle())
        page.evaluate("scrollTo(0, 0)")
        for end in range(5, len(_NEXT_CHANGE) + 1, 3):
            text.fill(_NEXT_CHANGE[:end])
            yield _seen(page, 200)
        text.fill(_NEXT_CHANGE)
        text.press("Enter")
        changed = "(before) => { const go = document.querySelector('#results .go'); return go && go.dataset.pick !== before; }"
        page.wait_for_function(changed, arg=before)
        page.evaluate("scrollTo(0, 0)")
        yield _seen(page, 3500)
        browser.close()


def write_gif(frames: Iterable[Frame]) -> bytes:
    """A looping GIF, at the widest of `WIDTHS` at which it has at most `MAX_BYTES`.

    Raises:
        ValueError: it has more at every width.
    """
    frames = list(frames)
    for width in WIDTHS:
        sizes = [(width, round(frame.picture.height * width / frame.picture.width)) for frame in frames]
        small = [frame.picture.resize(size, Image.Resampling.LANCZOS) for frame, size in zip(frames, sizes, strict=True)]
        # No dithering: it looks no better on a page of plain colours, and does not compress.
        reduced = [picture.quantize(_COLORS, kmeans=_ROUNDS, dither=Image.Dither.NONE) for picture in small]
        file = io.BytesIO()
        options = {"save_all": True, "append_images": reduced[1:], "loop": 0, "optimize": True}
        reduced[0].save(file, "GIF", duration=[frame.shown for frame in frames], **options)
        if file.tell() <= MAX_BYTES:
            return file.getvalue()
    raise ValueError(f"{file.tell() / 2**20:.1f} MiB at {WIDTHS[-1]} pixels, more than {MAX_BYTES / 2**20:.0f}; record less")


def _seen(page: Page, shown: int) -> Frame:
    page.wait_for_function(_PICTURES_ARE_THERE)
    page.wait_for_timeout(_SETTLED)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        return Frame(picture.convert("RGB"), shown)


if __name__ == "__main__":
    sys.exit(main())
