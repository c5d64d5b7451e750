"""The inspector: which regions a word looked at, and which words a region listened to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from markupsafe import Markup
from PIL import Image

from lbf_model.explain import attention
from lbf_model.explain.attention import contrast
from lbf_model.explain.drawing import draw_heat, draw_regions
from lbf_model.interface.answers import Answer, Details
from lbf_model.interface.attention_choice import FIRST, layer_and_head
from lbf_model.interface.state import Focus, View, Visit
from lbf_model.interface.views.filling import fill, message
from lbf_model.interface.views.pictures import data_uri
from lbf_model.text.color_lexicon import color_values
from lbf_model.types import Regions, SearchResult

_ONLY = "It is the only region, so no word can look anywhere else; “What mattered” measures the words."
_NAMED = 3  # regions or words that the sentence names
_SMALL = 200  # pixels, of a map among many
_SHOWN = (330, 440)  # pixels that the picture takes on a phone, at most; elsewhere it is larger
_NUMBER, _SHARE = 26, 40  # pixels: size of a region's number, and the extra width of a share next to it
_SHARED = 4  # how many regions have their share written in the picture
# What the sentence about a map ends with, by what training taught the layer on show.
_LOOKS = {
    "": "",
    "first": " The first layer looks for what the word fits by itself.",
    "last": " The last layer looks for what the sentence is about.",
}
_NOTHING = {
    "": ": it prefers none",
    "first": ": by itself it fits none better than another",
    "last": ": the sentence is about none more than another",
}


@dataclass(frozen=True)
class Inspector:
    """The three pieces of the inspector: buttons for the words, the picture with a map on it, and a sentence about the map."""

    words: Markup
    figure: Markup
    said: Markup


def telling_word(answer: Answer, view: View) -> Focus:
    """The word to show first: the one whose map stands out most; if nothing was taught, preferably one that names a colour."""
    result = answer.result
    layer, _ = layer_and_head(result, view.layer_shown(result), view.head)
    colors = [index for index, word in enumerate(result.tokens.words) if color_values([word]).any()]
    return Focus("word", attention.telling_word(result.explanation, () if result.explanation.grounded else colors, layer))


def maps(visit: Visit, details: Details | None, view: View) -> tuple[np.ndarray, np.ndarray]:
    """How words spread over regions, and regions over words.

    Args:
        visit: with an answer.
        details: of the chosen result; may be None unless the method needs a result.
        view: method, layer and head are used.

    Returns:
        word_to_region: (T, R) float32.
        region_to_word: (R, T) float32.

    Raises:
        QueryError: there is no such layer or head.
    """
    result = visit.answer.result
    return view.map_method.maps(result, details, view.layer_shown(result), view.head)


def inspector(visit: Visit, details: Details | None, view: View) -> Inspector:
    """The inspector of the word or region in focus; arguments and errors as for `maps`."""
    word_to_region, region_to_word = maps(visit, details, view)
    if visit.focus.kind == "region":
        return _region_inspected(visit, region_to_word[visit.focus.index], view)
    rows = contrast(word_to_region) if view.contrast else word_to_region
    return _word_inspected(visit, rows[visit.focus.index], view)


def _region_inspected(visit: Visit, shares: np.ndarray, view: View) -> Inspector:
    """The words with the share (T,) that one region gave each of them."""
    answer, index = visit.answer, visit.focus.index
    words, regions = answer.result.tokens.words, answer.result.regions
    label = regions.labels[index]
    heard = ", ".join(f"“{words[word]}” {shares[word]:.0%}" for word in _largest(shares))
    kept = answer.result.links is not None and not answer.result.links[index]
    told = f"“{label}” {view.map_method.region_verb} {heard}."
    said = f"“{label}” was not meant to change, so it listened to no words." if kept else told
    picture = draw_regions(answer.picture, regions, index)
    return Inspector(
        _word_buttons(words, shares=shares),
        _region_buttons(picture, f"The picture with the {label} marked", regions, _scored(regions), index),
        message(said),
    )


def _word_inspected(visit: Visit, shares: np.ndarray, view: View) -> Inspector:
    """The regions with the share (R,) that one word gave each of them, or with how that differs from the mean of all words."""
    answer, index, method = visit.answer, visit.focus.index, view.map_method
    words, regions = answer.result.tokens.words, answer.result.regions
    word = words[index]
    shown = [f"{share:+.0%}" if view.contrast else f"{share:.0%}" for share in shares]
    named = [region for region in _largest(shares) if shown[region].strip("+-") != "0%"]
    most = ", ".join(f"{regions.labels[region]} {shown[region]}" for region in named)
    start = "Compared with the other words, " if view.contrast else ""
    only = f" {_ONLY}" if len(regions) == 1 else ""
    taught = _taught(answer.result, view)
    even = method.tells_even and not view.contrast and len(regions) > 1 and attention.is_even(shares)
    if even:
        everywhere = "both" if len(regions) == 2 else f"all {len(regions)}"
        said = f"“{word}” {method.word_verb} {everywhere} regions alike{_NOTHING[taught]}."
    else:
        said = f"{start}“{word}” {method.word_verb} {most or method.nothing}.{_LOOKS[taught]}{only}"
    titles = [f"{name}, {share} of “{word}”" for name, share in zip(_scored(regions), shown, strict=True)]
    picture = draw_heat(answer.picture, regions, shares, view.style, signed=view.contrast, labels=len(regions) == 1)
    largest = [] if even else _largest(np.abs(shares), _SHARED)
    told = {region: shown[region] for region in largest if shown[region].strip("+-") != "0%"}
    return Inspector(
        _word_buttons(words, chosen=index),
        _region_buttons(picture, f"Where “{word}” {method.verb}: {most}", regions, titles, shares=told),
        message(said),
    )


def _taught(result: SearchResult, view: View) -> str:
    """What training taught the layer on show: "first", "last", or "" where it taught none, or several are mixed."""
    if not (result.explanation.grounded and view.map_method.has_layers):
        return ""
    return {FIRST: "first", str(len(result.explanation.word_to_region)): "last"}.get(view.layer_shown(result), "")


def _largest(shares: np.ndarray, count: int = _NAMED) -> list[int]:
    return np.argsort(-shares, kind="stable")[:count].tolist()


def _scored(regions: Regions) -> list[str]:
    """What the tooltip of each region says: its score as an object, and how likely its label is right."""
    told = [f"{label}, score {score:.2f}" for label, score in zip(regions.labels, regions.scores, strict=True)]
    if regions.label_scores is None or regions.whole_image:
        return told
    return [f"{said}, label {sure:.0%} sure" for said, sure in zip(told, regions.label_scores, strict=True)]


def _word_buttons(words: tuple[str, ...], chosen: int | None = None, shares: np.ndarray | None = None) -> Markup:
    """The words as buttons, each with its share if there are any; picks are "word:INDEX"."""
    largest = 1 if shares is None else max(float(shares.max()), 1e-9)
    return fill("words", words=words, chosen=chosen, shares=None if shares is None else shares.tolist(), largest=largest)


def _region_buttons(
    picture: Image.Image,
    alt: str,
    regions: Regions,
    titles: list[str],
    chosen: int | None = None,
    shares: Mapping[int, str] = MappingProxyType({}),
) -> Markup:
    """A drawn picture with two buttons per region: its box, and its number, which points at it and shows its share, if any.

    Picks are "region:INDEX" and "point:INDEX". A picture of one region has no number: there is nothing to choose.
    """
    boxes = 100 * regions.boxes_unit.astype(float)
    spots = number_spots(regions, shares) if len(regions) > 1 else [None]
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    buttons = [
        {
            "index": index,
            "title": titles[index],
            "label": regions.labels[index],
            "share": shares.get(index),
            "spot": spots[index],
            "left": boxes[index, 0],
            "top": boxes[index, 1],
            "width": widths[index],
            "height": heights[index],
        }
        for index in np.argsort(-widths * heights, kind="stable").tolist()  # small ones last, so that they are on top
    ]
    return fill("figure", picture=data_uri(picture), alt=alt, buttons=buttons, chosen=chosen)


def number_spots(regions: Regions, shares: Collection[int] = ()) -> list[tuple[float, float]]:
    """Where to put the numbers of regions, so that they hide neither each other nor, if there is room, what they number.

    Args:
        regions: of a picture.
        shares: indices of the regions whose number has a share next to it, and is wider.

    Returns:
        (left, top) of the middle of each number, in percent of the picture; the small regions choose first.
    """
    width, height = regions.image_size
    scale = min(_SHOWN[0] / width, _SHOWN[1] / height)  # page pixels per picture pixel
    pixels = np.array([[_NUMBER + _SHARE * (place in shares), _NUMBER] for place in range(len(regions))])
    sizes = 100 * pixels / (scale * np.array([width, height]))
    boxes = 100 * regions.boxes_unit.astype(float)
    spots: dict[int, np.ndarray] = {}
    for place in np.argsort((boxes[:, 2:] - boxes[:, :2]).prod(1), kind="stable").tolist():
        (left, top, right, bottom), (wide, high), half = boxes[place], sizes[place], np.minimum(sizes[place] / 2, 50)
        middle, center = (left + right) / 2, (top + bottom) / 2
        on, beside = (left, right, middle), (left - wide / 2, right + wide / 2)
        wanted = [(x, y) for y in (bottom, top, center) for x in on] + [(x, y) for y in (center, top, bottom) for x in beside]
        beyond = [y for step in (1, 2) for y in (bottom + step * high, top - step * high)]
        wanted += [(x, y) for y in beyond for x in on + beside]
        inside = [np.clip(spot, half, 100 - half) for spot in wanted]
        apart = {other: (sizes[place] + sizes[other]) / 2 for other in spots}
        free = (spot for spot in inside if all((np.abs(spot - spots[o]) >= by).any() for o, by in apart.items()))
        spots[place] = next(free, inside[0])
    return [tuple(spots[place].tolist()) for place in range(len(regions))]


def all_maps(visit: Visit, details: Details | None, view: View) -> Markup:
    """A small map of every word; picks are "word:INDEX". Arguments and errors as for `maps`."""
    pictures = word_pictures(visit, details, view, _SMALL)
    words = visit.answer.result.tokens.words
    maps = [(word, data_uri(picture)) for word, picture in zip(words, pictures, strict=True)]
    return fill("maps", maps=maps, verb=view.map_method.verb)


def word_pictures(visit: Visit, details: Details | None, view: View, side: int) -> list[Image.Image]:
    """The map of every word, `side` pixels on its long side; other arguments and errors as for `maps`."""
    rows, _ = maps(visit, details, view)
    rows = contrast(rows) if view.contrast else rows
    picture, regions = visit.answer.picture, visit.answer.result.regions
    return [draw_heat(picture, regions, row, view.style, view.contrast, labels=side > 400, long_side=side) for row in rows]
