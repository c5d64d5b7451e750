"""One query as a file to keep or to send: a single HTML page that needs no server, no script and no other file."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image

from lbf_model.explain.attention import content_words

_LONG_SIDE, _SMALL_SIDE = 720, 320  # pixels: of a picture to look into, and of a result among others
_QUALITY = 85
# Nothing may be loaded or run, whatever a file's name or a sentence holds.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --primary-500: #0d9488; --border-color-primary: #8886; --quiet: #52606d; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; background: #fff; color: #1f2933;
  overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
img { max-width: 100%; height: auto; border-radius: 4px; } figure { margin: 0; } figcaption { font-size: 0.9rem; }
.wide { max-width: 45rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); }
.small { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
.pair { grid-template-columns: 1fr 1fr; max-width: 45rem; margin-bottom: 1rem; } table { margin-bottom: 1.5rem; }
.chosen { outline: 3px solid var(--primary-500); outline-offset: 4px; border-radius: 4px; }
.text { font-size: 1.2rem; font-weight: 600; } .quiet { color: var(--quiet); font-size: 0.9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; } dt { font-weight: 600; } dd { margin: 0; }
@media (prefers-color-scheme: dark) { :root { --quiet: #a3b1bf; } body { background: #0f1720; color: #e4e7eb; } }
"""


@dataclass(frozen=True)
class Shown:
    """One result in a report.

    Attributes:
        rank: from 1.
        score: cosine with the query.
        caption: plain text, "" where there is none.
        picture: of any size.
        chosen: whether the report's tables and its "why" speak of this one.
    """

    rank: int
    score: float
    caption: str
    picture: Image.Image
    chosen: bool = False


@dataclass(frozen=True)
class Report:
    """What a report tells. Texts are plain and are escaped; `tables` alone are HTML, made by `bars.effects_table`.

    Attributes:
        title: heading and title of the page.
        picture: the reference image.
        text: the modification text as typed.
        regions: drawn by `drawing.draw_regions`.
        heats: (word, drawn by `drawing.draw_heat`) in the order of the sentence; shown with the words that carry content first.
        results: best first.
        region_labels: what was found, for those who don't see the drawing.
        tables: fragments of HTML.
        why: sentences from `correspondence.describe_changes`.
        matched: (reference, result) drawn by `correspondence.draw_matched`.
        legend: what each number in `matched` is, from 1, from `correspondence.describe_pair`.
        projection: drawn by `projection.draw_projection`.
        facts: (name, value), such as the gallery, the checkpoint's fingerprint, timings, a date.
    """

    title: str
    picture: Image.Image
    text: str
    regions: Image.Image
    heats: Sequence[tuple[str, Image.Image]]
    results: Sequence[Shown]
    region_labels: Sequence[str] = ()
    tables: Sequence[str] = ()
    why: Sequence[str] = ()
    matched: tuple[Image.Image, Image.Image] | None = None
    legend: Sequence[str] = ()
    projection: Image.Image | None = None
    facts: Sequence[tuple[str, str]] = ()


def build_report(report: Report) -> str:
    """Write a report.

    Args:
        report: what it tells. Its pictures are not changed; none is enlarged.

    Returns:
        A whole HTML document. It loads nothing, follows the reader's light or dark setting, and is the same, byte for byte, for
        the same input: no date or time is in it but what `facts` hold.
    """
    parts = [_query(report), _results(report), _why(report), _regions(report), _heats(report), *_rest(report)]
    title = escape(report.title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _query(report: Report) -> str:
    return _section(
        "The query",
        f'<div class="grid">{_figure(report.picture, "The picture that was asked with", "The picture")}'
        f'<div><p class="quiet">What should change</p><p class="text">{escape(report.text)}</p></div></div>',
    )


def _results(report: Report) -> str:
    if not report.results:
        return _section("Results", "<p>There are none.</p>")
    figures = "".join(
        _figure(
            shown.picture,
            f"Result {shown.rank}, cosine {shown.score:.3f}: {shown.caption or 'a picture without caption'}",
            f"<b>{shown.rank}</b> · {shown.score:.3f}{f'<br>{escape(shown.caption)}' if shown.caption else ''}",
            side=_SMALL_SIDE,
            chosen=shown.chosen,
        )
        for shown in report.results
    )
    return _section("Results", f'<p class="quiet">rank · cosine</p><div class="grid small">{figures}</div>')


def _why(report: Report) -> str:
    chosen = next((shown for shown in report.results if shown.chosen), None)
    name = f"result {chosen.rank}" if chosen else "this result"
    inside = ""
    if report.why:
        inside += f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in report.why)}</ul>"
    if report.matched:
        said = "; ".join(report.why) or "regions of one number are taken for the same thing"
        pictures = zip(report.matched, ("Your picture", name.capitalize()), strict=True)
        figures = "".join(_figure(p, f"{which} with numbered regions: {said}", which) for p, which in pictures)
        inside += '<p class="quiet">One number, one thing; dashed: in one of the two only.</p>'
        inside += f'<div class="grid pair">{figures}</div>'
        inside += f"<ol>{''.join(f'<li>{escape(line)}</li>' for line in report.legend)}</ol>" if report.legend else ""
    return _section(f"Why {name}?", inside + "".join(report.tables)) if inside or report.tables else ""


def _regions(report: Report) -> str:
    labels = ", ".join(report.region_labels)
    said = f"The picture with its regions outlined: {labels}" if labels else "The picture with its regions outlined"
    return _section("Regions found", f'<div class="wide">{_figure(report.regions, said, escape(labels))}</div>')


def _heats(report: Report) -> str:
    if not report.heats:
        return ""
    first = content_words([word for word, _ in report.heats])
    order = first + [place for place in range(len(report.heats)) if place not in first]
    figures = "".join(
        _figure(picture, f"Where the word “{word}” looked: the picture, each region lit by its share", f"“{escape(word)}”")
        for word, picture in (report.heats[place] for place in order)
    )
    note = '<p class="quiet">Attention does not say what decided the result. Each word has its own scale.</p>'
    return _section("Where each word looked", f'{note}<div class="grid">{figures}</div>')


def _rest(report: Report) -> list[str]:
    parts = []
    if report.projection:
        said = f"A map of the joint space: the text “{report.text}” moves the query from your picture towards the results"
        parts.append(_section("Where the query lies", f'<div class="wide">{_figure(report.projection, said, "")}</div>'))
    if report.facts:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in report.facts)
        parts.append(_section("Facts", f"<dl>{rows}</dl>"))
    return parts


def _section(title: str, inside: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{inside}\n</section>"


def _figure(picture: Image.Image, alt: str, caption: str, side: int = _LONG_SIDE, chosen: bool = False) -> str:
    """A picture that says in `alt`, plain text, what it shows; its caption is HTML."""
    small = picture.convert("RGB")  # a copy, which `thumbnail` may change
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=_QUALITY, method=2)
    data = base64.b64encode(file.getvalue()).decode()
    mark = ' class="chosen"' if chosen else ""
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f'<figure{mark}><img src="data:image/webp;base64,{data}" '
        f'width="{small.width}" height="{small.height}" alt="{escape(alt)}">{below}</figure>'
    )
