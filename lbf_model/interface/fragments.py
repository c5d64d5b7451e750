"""Pieces of the page as HTML: cards of results, words, the picture with its regions, the trail. Every text is escaped.

What can be clicked is a button with `data-pick`; the page's script hands its value to a handler. So everything can be reached
by keyboard, and names itself to a screen reader.
"""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from lbf_model.types import Match, Regions
from lbf_model.vision.pictures import load_picture

TINY = 96  # pixels, of a step
_THUMBNAIL = 256
_INLINE = 40_000  # bytes; a file up to this size is sent as it is
_TYPES = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}


def thumbnail(path: str | Path) -> str:
    """A picture of a gallery as a data URI: small files as they are, larger ones scaled down.

    Raises:
        PictureError: the file is gone or broken.
    """
    path = Path(path)
    kind = _TYPES.get(path.suffix.lower())
    if kind and path.is_file() and path.stat().st_size <= _INLINE:
        return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return data_uri(load_picture(path), _THUMBNAIL)


def data_uri(picture: Image.Image, side: int | None = None) -> str:
    """An RGB picture as a data URI, its long side at most `side` pixels."""
    if side is not None and max(picture.size) > side:
        picture = picture.copy()
        picture.thumbnail((side, side))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=85, method=2)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def result_cards(matches: Sequence[Match], pictures: Sequence[str], target: str | None, chosen: str | None, named: bool) -> str:
    """Results as cards.

    Args:
        matches: best first.
        pictures: data URI of each.
        target: id of the item that is known to be right, if there is one.
        chosen: id of the item that is being explained.
        named: captions are file names, and are shown.

    Returns:
        HTML. Picks are "next:ID" (the result becomes the next reference) and "why:ID".
    """
    cards = []
    for match, picture in zip(matches, pictures, strict=True):
        same = f" · {1 + len(match.duplicates)}×" if match.duplicates else ""
        told = f"the same picture stands here {1 + len(match.duplicates)} times" if match.duplicates else ""
        right = (
            '<span class="right" title="The answer that whoever made this example had in mind">✓ expected</span>'
            if match.id == target
            else ""
        )
        name = f'<span class="name">{escape(match.caption)}</span>' if named else ""
        about = f"Result {match.rank}, cosine {match.score:.3f}: {match.caption}"
        cards.append(
            f'<li class="card{" chosen" if match.id == chosen else ""}">'
            f'<button class="go" data-pick="next:{escape(match.id)}" title="Go on from this picture" '
            f'aria-label="{escape(about)}. Go on from this picture">'
            f'<img src="{picture}" alt="{escape(match.caption)}" loading="lazy"></button>'
            f'<div class="line"><span title="rank · cosine {escape(told)}">{match.rank} · {match.score:.3f}{same}</span>'
            f'<button class="why" data-pick="why:{escape(match.id)}" aria-label="Why result {match.rank}?" '
            f"{_pressed(match.id == chosen)}>Why?</button></div>{right}{name}</li>"
        )
    hint = '<p class="hint">Click a picture to go on from it. “Why?” explains a result. Numbers are rank and cosine.</p>'
    return f'<ol class="cards">{"".join(cards)}</ol>{hint if cards else ""}'


def compare_columns(
    columns: Sequence[tuple[str, str, Sequence[Match], Sequence[str]]], target: str | None, chosen: str | None = None
) -> str:
    """Results of several compositors beside each other.

    Args:
        columns: (title, what is said below it, matches, data URI of each).
        target: id of the item that is known to be right, if there is one.
        chosen: id of the item that is being explained.
    """
    parts = []
    for title, said, matches, pictures in columns:
        items = "".join(
            f'<li class="{_marks(m.id, target, chosen)}"><img src="{p}" alt="{escape(m.caption)}" loading="lazy">'
            f"<span>{m.rank} · {m.score:.3f}{' ✓' if m.id == target else ''}</span></li>"
            for m, p in zip(matches, pictures, strict=True)
        )
        parts.append(f'<section><h4>{escape(title)}</h4><p>{escape(said)}</p><ol class="compare-list">{items}</ol></section>')
    note = "✓ is the expected result, a dashed outline the one you chose. Cosines of different methods do not compare."
    return f'<div class="compare-columns">{"".join(parts)}</div><p class="hint">{note}</p>'


def word_buttons(words: Sequence[str], chosen: int | None, shares: np.ndarray | None) -> str:
    """The words as buttons; picks are "word:PLACE".

    Args:
        words: T words as read.
        chosen: the word whose map is shown.
        shares: (T,) float in [0, 1], how much a chosen region listened to each; None where a word is chosen.
    """
    parts = []
    for place, word in enumerate(words):
        share, peak = (None, 1) if shares is None else (float(shares[place]), max(float(shares.max()), 1e-9))
        bar = "" if share is None else f'<span class="share" style="--part:{share / peak:.2f}">{share:.0%}</span>'
        parts.append(f'<button class="word" data-pick="word:{place}" {_pressed(place == chosen)}>{escape(word)}{bar}</button>')
    return f'<div class="words" role="group" aria-label="Words">{"".join(parts)}</div>'


def region_map(picture: Image.Image, alt: str, regions: Regions, told: Sequence[str], chosen: int | None) -> str:
    """A drawn picture under a button for each region; picks are "region:PLACE".

    Args:
        picture: as drawn; of the same shape as the picture the regions lie in.
        alt: what it shows.
        regions: R regions.
        told: what is said of each when it is pointed at.
        chosen: the region whose words are shown.
    """
    boxes = regions.boxes_unit
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    parts = []
    for place in np.argsort(-area, kind="stable").tolist():  # small ones last, so that they lie on top
        left, top, right, bottom = (100 * float(v) for v in boxes[place])
        parts.append(
            f'<button class="region" data-pick="region:{place}" {_pressed(place == chosen)} '
            f'style="left:{left:.2f}%;top:{top:.2f}%;width:{right - left:.2f}%;height:{bottom - top:.2f}%" '
            f'title="{escape(told[place])}" aria-label="{escape(told[place])}"></button>'
        )
    return f'<div class="figure"><img src="{data_uri(picture)}" alt="{escape(alt)}">{"".join(parts)}</div>'


def word_maps(words: Sequence[str], pictures: Sequence[Image.Image]) -> str:
    """A small map of each word; picks are "word:PLACE"."""
    parts = [
        f'<li><button data-pick="word:{place}" aria-label="Show “{escape(word)}” large">'
        f'<img src="{data_uri(picture)}" alt="Where “{escape(word)}” looked" loading="lazy">{escape(word)}</button></li>'
        for place, (word, picture) in enumerate(zip(words, pictures, strict=True))
    ]
    return f'<ul class="maps">{"".join(parts)}</ul>'


def trail(turns: Sequence[tuple[str, str]], current: int) -> str:
    """The queries of a session as steps; picks are "turn:PLACE".

    Args:
        turns: (data URI of the reference, text) of each.
        current: place of the one that is shown.
    """
    if len(turns) < 2:
        return ""
    parts = [
        f'<li><button data-pick="turn:{place}"{" aria-current=step" if place == current else ""} '
        f'aria-label="Step {place + 1}: {escape(text)}. Return to it"><img src="{picture}" alt="">{escape(text)}</button></li>'
        for place, (picture, text) in enumerate(turns)
    ]
    return f'<nav aria-label="Steps so far"><ol class="trail">{"".join(parts)}</ol></nav>'


def example_cards(examples: Sequence[tuple[str, str, str]]) -> str:
    """Examples by gallery; picks are "example:PLACE".

    Args:
        examples: (data URI, text, title of the gallery) of each.
    """
    parts, last = [], None
    for place, (picture, text, title) in enumerate(examples):
        if title != last:
            parts.append(f"{'</ul>' if last else ''}<h4>{escape(title)}</h4><ul>")
            last = title
        parts.append(
            f'<li><button data-pick="example:{place}"><img src="{picture}" alt="" loading="lazy">{escape(text)}</button></li>'
        )
    return f'<div class="examples">{"".join(parts)}{"</ul>" if last else ""}</div>'


def suggestion_chips(texts: Sequence[str]) -> str:
    """Changes to ask for; picks are "ask:TEXT"."""
    chips = "".join(f'<li><button data-pick="ask:{escape(text)}">{escape(text)}</button></li>' for text in texts)
    return f'<p class="hint">Suggested for this picture</p><ul class="chips">{chips}</ul>' if chips else ""


def side_by_side(one: tuple[str, str], other: tuple[str, str], changes: Sequence[str], pairs: Sequence[str], title: str) -> str:
    """Reference and result beside each other.

    Args:
        one: data URI and alternative text of the reference.
        other: likewise of the result.
        changes: sentences on what differs.
        pairs: one line a numbered region.
        title: of the result.
    """
    pictures = "".join(
        f'<figure><img src="{uri}" alt="{escape(alt)}"><figcaption>{escape(name)}</figcaption></figure>'
        for (uri, alt), name in ((one, "Your picture"), (other, title))
    )
    told = "".join(f"<li>{escape(line)}</li>" for line in changes) or "<li>No difference was found in the regions' names.</li>"
    numbered = "".join(f"<li>{escape(line)}</li>" for line in pairs)
    return (
        f'<div class="pair">{pictures}</div><h4>What the detector says of both</h4><ul class="changes">{told}</ul>'
        f"<details><summary>Region by region</summary><ol>{numbered}</ol></details>"
    )


def effects(picture: tuple[str, str], title: str, tables: str, note: str) -> str:
    """What leaving parts out does: a picture, then tables, which are HTML already."""
    uri, alt = picture
    said = f'<p class="hint">{escape(note)}</p>' if note else ""
    return f'{paragraph(title)}{said}<div class="effects"><img src="{uri}" alt="{escape(alt)}"><div>{tables}</div></div>'


def card(picture: Image.Image, alt: str, note: str) -> str:
    """One picture with a line below it."""
    image = f'<img src="{data_uri(picture)}" alt="{escape(alt)}">'
    return f'<figure class="single">{image}<figcaption>{escape(note)}</figcaption></figure>'


def paragraph(text: str) -> str:
    """One line of plain text."""
    return f"<p>{escape(text)}</p>"


def listed(title: str, pairs: Sequence[tuple[str, str]], between: str, more: int) -> str:
    """Pairs of texts below a title; `more` of them are only counted."""
    lines = [f"<li><b>{escape(one)}</b>{between}{escape(other)}</li>" for one, other in pairs]
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    return f"{paragraph(title)}<ul>{''.join(lines)}{rest}</ul>"


def progress(what: str, share: float | None = None) -> str:
    """A bar that says how far something is, from 0 to 1; None where nobody knows."""
    value = "" if share is None else f' value="{share:.3f}"'
    return f"<label>{escape(what)}<progress{value}></progress></label>"


def links(files: Sequence[tuple[str, str, str]]) -> str:
    """Files to save: (address, name, what it is) of each."""
    lines = [
        f'<li><a href="{escape(url)}" download="{escape(name)}">{escape(name)}</a> {escape(what)}</li>'
        for url, name, what in files
    ]
    return f'<ul class="files">{"".join(lines)}</ul>'


def _pressed(pressed: bool) -> str:
    """Whether a button that stays down is down."""
    return f'aria-pressed="{str(pressed).lower()}"'


def _marks(id: str, target: str | None, chosen: str | None) -> str:
    """Classes of a result among those of other compositors."""
    return " ".join(name for name, wanted in (("hit", target), ("mine", chosen)) if id == wanted)
