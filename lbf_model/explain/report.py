"""One query as a file to keep or to send: a single HTML page that needs no server, no script and no other file."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from lbf_model.explain.attention import content_words
from lbf_model.explain.canvas import LONG_SIDE
from lbf_model.explain.html_templates import HtmlTemplates

_SMALL_SIDE = 320  # pixels of a result among others
_QUALITY = 85
_TEMPLATES = HtmlTemplates(Path(__file__).parent / "templates")


@dataclass(frozen=True)
class Shown:
    """One result in a report.

    Attributes:
        rank: from 1.
        score: cosine with the query.
        caption: plain text, "" where there is none.
        picture: of any size.
        chosen: whether the report's tables and its "why" are about this one.
    """

    rank: int
    score: float
    caption: str
    picture: Image.Image
    chosen: bool = False


@dataclass(frozen=True)
class Report:
    """What a report says. Texts are plain; only `tables` are HTML, made by `bars.effects_table`.

    Attributes:
        title: heading and title of the page.
        picture: the reference image.
        text: the modification text as typed.
        regions: drawn by `drawing.draw_regions`.
        heats: (word, drawn by `drawing.draw_heat`) in the order of the sentence; content words are shown first.
        results: best first.
        region_labels: what was found, for readers who cannot see the drawing.
        tables: fragments of HTML.
        why: sentences from `correspondence.describe_changes`.
        matched: (reference, result) drawn by `correspondence.draw_matched`.
        legend: what each number in `matched` means, from 1, by `correspondence.describe_pair`.
        projection: drawn by `projection.draw_projection`.
        facts: (name, value), such as the gallery, the checkpoint's fingerprint, timings, a date.
        besides: what else the query asked for, one sentence each, such as which regions alone were to change.
        heats_title: the heading above `heats`.
        heats_note: what a reader must know about `heats`, in a sentence.
    """

    title: str
    picture: Image.Image
    text: str
    regions: Image.Image
    heats: Sequence[tuple[str, Image.Image]]
    results: Sequence[Shown]
    region_labels: Sequence[str] = ()
    tables: Sequence[Markup] = ()
    why: Sequence[str] = ()
    matched: tuple[Image.Image, Image.Image] | None = None
    legend: Sequence[str] = ()
    projection: Image.Image | None = None
    facts: Sequence[tuple[str, str]] = ()
    besides: Sequence[str] = ()
    heats_title: str = "Where each word looked"
    heats_note: str = ""


def build_report(report: Report) -> str:
    """Write a report.

    Args:
        report: what it says. Its pictures are not changed; none is enlarged.

    Returns:
        A whole HTML document. It loads nothing, follows the reader's light or dark setting, and is the same, byte for byte, for
        the same input: it has no date or time except those in `facts`.
    """
    words = [word for word, _ in report.heats]
    first = content_words(words) if words else []
    order = [*first, *(index for index in range(len(words)) if index not in first)]
    document = _TEMPLATES.fill(
        "report",
        report=report,
        picture=_embedded(report.picture),
        regions=_embedded(report.regions),
        results=[(shown, _embedded(shown.picture, _SMALL_SIDE)) for shown in report.results],
        chosen=next((f"result {shown.rank}" for shown in report.results if shown.chosen), "this result"),
        matched=[_embedded(picture) for picture in report.matched or ()],
        heats=[(words[index], _embedded(report.heats[index][1])) for index in order],
        projection=report.projection and _embedded(report.projection),
    )
    return str(document)  # a whole document is never put into another template


@dataclass(frozen=True)
class _Embedded:
    """A picture inside the file: WEBP in base64, and its size in pixels."""

    data: str
    width: int
    height: int


def _embedded(picture: Image.Image, side: int = LONG_SIDE) -> _Embedded:
    """A picture to put into the file, its long side at most `side` pixels."""
    small = picture.convert("RGB")  # a copy, which `thumbnail` may change
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=_QUALITY, method=2)
    return _Embedded(base64.b64encode(file.getvalue()).decode(), small.width, small.height)
