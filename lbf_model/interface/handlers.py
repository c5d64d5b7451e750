"""What the page shows of a visit, as HTML and pictures: functions without a page, so they are tested without a browser."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from lbf_model.explain import attention as weights
from lbf_model.explain.attention import contrast, region_maps, word_maps
from lbf_model.explain.bars import effects_table
from lbf_model.explain.correspondence import (
    Pair,
    describe_changes,
    describe_pair,
    draw_matched,
    match_regions,
    seen_records,
    seen_regions,
    shown_pairs,
)
from lbf_model.explain.drawing import draw_heat, draw_regions
from lbf_model.explain.projection import Placed, draw_projection
from lbf_model.interface import fragments
from lbf_model.interface.links import DEFAULTS
from lbf_model.interface.service import Answer, Details, Landscape, QueryError
from lbf_model.interface.state import Look, Visit
from lbf_model.interface.uploads import UploadReport
from lbf_model.retrieval.compare import Column
from lbf_model.text.color_lexicon import color_values
from lbf_model.types import SearchResult

MEAN = "mean"
ATTENTION, RELEVANCE = "attention", "relevance"
STYLES = ("boxes", "soft")
# What can be looked at below an answer, by name. (Gradio's tabs hide most of themselves on a phone.)
CLOSER = {
    "maps": "All words",
    "why": "Why this result?",
    "mattered": "What mattered",
    "landscape": "Where it lies",
    "compare": "Compare",
}
_ONLY = " It is the only region, so every word can look nowhere else; “What mattered” measures the words."
_SMALL = 200  # pixels, of a map among many
_LISTED = 20


def numbered(count: int) -> list[str]:
    """What a layer or head is chosen from."""
    return [MEAN, *map(str, range(1, count + 1))]


def telling_word(answer: Answer) -> int:
    """The word that is shown first: of those that name a colour, or of all, the one that stands out most."""
    words = answer.result.tokens.words
    return weights.telling_word(answer.result.explanation, [place for place, w in enumerate(words) if color_values([w]).any()])


def wanted_look(visit: Visit, closer: str, view: tuple, wanted: Mapping[str, str]) -> tuple[Look, str, tuple]:
    """What is looked at in a new answer: what a link wants, as far as it is there, else what was looked at before.

    Args:
        visit: answered.
        closer: what is looked at below the answer.
        view: method, layer, head, style and contrast.
        wanted: of the names in `links.DEFAULTS`.
    """
    result = visit.answer.result
    kind, _, place = wanted.get("focus", "").partition(":")
    there = {"word": len(result.tokens.words), "region": len(result.regions)}.get(kind, 0)
    focus = (kind, int(place)) if place.isdecimal() and int(place) < there else visit.focus
    chosen = wanted.get("result") if wanted.get("result") in {m.id for m in result.matches} else visit.chosen
    if wanted:
        said = {**DEFAULTS, **wanted}
        method = said["map"] if said["map"] in (ATTENTION, RELEVANCE) else ATTENTION
        style = said["drawn"] if said["drawn"] in STYLES else STYLES[0]
        view = method, said["layer"], said["head"], style, bool(said["contrast"])
        closer = said["closer"] if said["closer"] in CLOSER else DEFAULTS["closer"]
    return visit.look(chosen, focus), closer, view


def status(answer: Answer) -> str:
    """What is said beside the results: what was found, what was left out, how long each stage took."""
    result = answer.result
    count = len(result.regions)
    parts = [
        "No object was found, so the whole picture is the one region."
        if result.regions.whole_image
        else f"{count} region{'s' if count != 1 else ''} found."
    ]
    if not result.matches:
        parts.append("The gallery holds nothing else, so there is no result.")
    if result.tokens.corrected:
        parts.append(f"Read {', '.join(f'“{typed}” as “{meant}”' for typed, meant in result.tokens.corrected)}.")
    if result.tokens.unknown:
        parts.append(f"Unknown words, left out: {', '.join(result.tokens.unknown)}.")
    parts.append(" · ".join(f"{stage} {milliseconds:.0f} ms" for stage, milliseconds in result.timings_ms.items()))
    return fragments.paragraph(" ".join(parts))


def results(visit: Visit) -> str:
    """The results as cards."""
    matches = visit.answer.result.matches
    pictures = [fragments.thumbnail(m.path) for m in matches]
    return fragments.result_cards(matches, pictures, visit.target, visit.chosen, visit.answer.own is not None)


def trail(visit: Visit) -> str:
    """The queries so far."""
    return fragments.trail([(turn.thumbnail, turn.query.text) for turn in visit.turns], visit.current)


def number(choice: str) -> int | None:
    """A layer or head as chosen on the page: "mean" is None, numbers count from 1 there and from 0 inside.

    Raises:
        QueryError: neither.
    """
    if choice == MEAN:
        return None
    if not str(choice).isdecimal() or int(choice) < 1:
        raise QueryError(f"{choice!r} is neither {MEAN!r} nor a number from 1")
    return int(choice) - 1


def attention_choice(result: SearchResult, layer: str, head: str) -> tuple[int | None, int | None]:
    """Layer and head as `explain` counts them.

    Raises:
        QueryError: the model has no such layer or head.
    """
    chosen = number(layer), number(head)
    for name, value, count in zip(("layer", "head"), chosen, result.explanation.word_to_region.shape[:2], strict=True):
        if value is not None and value >= count:
            raise QueryError(f"There is no {name} {value + 1}: choose {MEAN!r}, or 1 to {count}.")
    return chosen


def maps(visit: Visit, details: Details | None, method: str, layer: str, head: str) -> tuple[np.ndarray, np.ndarray]:
    """How words spread over regions, and regions over words.

    Args:
        visit: answered.
        details: of the chosen result, where `method` is RELEVANCE.
        method: ATTENTION or RELEVANCE.
        layer: of attention, MEAN or a number from 1.
        head: likewise.

    Returns:
        word_to_region: (T, R) float32.
        region_to_word: (R, T) float32.

    Raises:
        QueryError: no such layer or head.
    """
    if method == RELEVANCE and details is not None:
        return details.relevance.word_to_region, details.relevance.region_to_word
    chosen = attention_choice(visit.answer.result, layer, head)
    return word_maps(visit.answer.result.explanation, *chosen), region_maps(visit.answer.result.explanation, *chosen)


def inspector(
    visit: Visit, details: Details | None, method: str, layer: str, head: str, style: str, contrasted: bool
) -> tuple[str, str, str]:
    """The words, the picture with the chosen word's or region's map, and what it says in words.

    Args:
        visit: answered.
        details, method, layer, head: as for `maps`.
        style: "boxes" or "soft".
        contrasted: show what is particular to a word, its map minus the mean over words.

    Returns:
        Three HTML fragments.
    """
    answer, (kind, place) = visit.answer, visit.focus
    words, regions = answer.result.tokens.words, answer.result.regions
    to_region, to_word = maps(visit, details, method, layer, head)
    sure = [f"{label}, score {score:.2f}" for label, score in zip(regions.labels, regions.scores, strict=True)]
    if kind == "region":
        heard = [f"“{words[w]}” {to_word[place, w]:.0%}" for w in np.argsort(-to_word[place], kind="stable")[:3]]
        said = f"“{regions.labels[place]}” listened most to {', '.join(heard)}."
        picture = draw_regions(answer.picture, regions, place)
        figure = fragments.region_map(
            picture, f"The picture with the {regions.labels[place]} pointed out", regions, sure, place
        )
        return fragments.word_buttons(words, None, to_word[place]), figure, fragments.paragraph(said)
    row = contrast(to_region)[place] if contrasted else to_region[place]
    picture = draw_heat(answer.picture, regions, row, style, signed=contrasted)
    seen = [f"{label} {w:+.0%}" if contrasted else f"{label} {w:.0%}" for label, w in zip(regions.labels, row, strict=True)]
    most = [seen[r] for r in np.argsort(-row, kind="stable")[:3]]
    only = _ONLY if len(regions) == 1 else ""
    relevant = method == RELEVANCE and details is not None
    how = "mattered by way of" if relevant else "looked at"
    how = f"{how}, more than the other words," if contrasted else how
    told = [f"{name}, {share} of “{words[place]}”" for name, share in zip(sure, (s.split()[-1] for s in seen), strict=True)]
    figure = fragments.region_map(picture, f"Where “{words[place]}” looked: {', '.join(most)}", regions, told, None)
    return (
        fragments.word_buttons(words, place, None),
        figure,
        fragments.paragraph(f"“{words[place]}” {how} {', '.join(most)}.{only}"),
    )


def all_maps(visit: Visit, details: Details | None, method: str, layer: str, head: str, style: str, contrasted: bool) -> str:
    """A small map of every word; arguments as for `inspector`."""
    return fragments.word_maps(
        visit.answer.result.tokens.words,
        word_pictures(visit, details, method, layer, head, style, contrasted, _SMALL),
    )


def word_pictures(
    visit: Visit, details: Details | None, method: str, layer: str, head: str, style: str, contrasted: bool, side: int
) -> list[Image.Image]:
    """The map of every word, `side` pixels on its long side; other arguments as for `inspector`."""
    rows, _ = maps(visit, details, method, layer, head)
    rows = contrast(rows) if contrasted else rows
    picture, regions = visit.answer.picture, visit.answer.result.regions
    return [draw_heat(picture, regions, row, style, contrasted, labels=side > 400, long_side=side) for row in rows]


def matched_regions(visit: Visit, details: Details) -> list[Pair]:
    """Regions of the reference and of the chosen result that are the same thing, and what is gone or new."""
    return match_regions(seen_regions(visit.answer.result.regions), seen_records(details.item.regions, details.size))


def why(visit: Visit, details: Details) -> str:
    """Reference and result side by side, what changed and what stayed."""
    pairs = matched_regions(visit, details)
    one, other = draw_matched(visit.answer.picture, details.picture, pairs)
    return fragments.side_by_side(
        (fragments.data_uri(one), "The reference with its regions numbered"),
        (fragments.data_uri(other), f"Result {details.effects.rank} with the same numbers on the same things"),
        describe_changes(pairs),
        [describe_pair(pair) for pair in shown_pairs(pairs)],
        f"Result {details.effects.rank}, cosine {details.effects.score:.3f}",
    )


def effect_tables(visit: Visit, details: Details) -> tuple[str, str]:
    """What the chosen result loses without each region, and without each word, beside mean attention; HTML."""
    result, effects = visit.answer.result, details.effects
    to_region, to_word = maps(visit, None, ATTENTION, MEAN, MEAN)
    whole = effects.score, effects.rank
    return (
        effects_table(
            result.regions.labels, to_region.mean(0), effects.region_scores, effects.region_ranks, *whole, "Without each region"
        ),
        effects_table(
            result.tokens.words, to_word.mean(0), effects.word_scores, effects.word_ranks, *whole, "Without each word"
        ),
    )


def mattered(visit: Visit, details: Details, measured: str) -> str:
    """What leaving out each region and each word does to the chosen result, beside attention.

    Args:
        visit: answered.
        details: of the chosen result.
        measured: how well attention agrees with this over many queries, in a sentence; "" where nobody measured.
    """
    effects = details.effects
    lost = _drops(effects.score, effects.region_scores)
    picture = draw_heat(visit.answer.picture, visit.answer.result.regions, lost, signed=True, labels=False)
    alt = "The picture, each region coloured by what the result loses without it"
    head = f"Result {effects.rank}, cosine {effects.score:.3f}: each region and each word left out in turn, and searched again."
    return fragments.effects((fragments.data_uri(picture), alt), head, "".join(effect_tables(visit, details)), measured)


def _drops(score: float, without: np.ndarray) -> np.ndarray:
    """(N,) float32: how much cosine is lost without each part; 0 where it cannot be left out."""
    return np.nan_to_num(score - without, nan=0.0).astype(np.float32)


def landscape_picture(visit: Visit, around: Landscape) -> Image.Image:
    """The query among what is nearest to it, and how the text moved it."""
    items = [
        Placed(vector, str(rank), picture, answer=place == 0)
        for place, (vector, rank, picture) in enumerate(zip(around.items, around.ranks, around.pictures, strict=True))
    ]
    reference = Placed(around.reference, "your picture", visit.answer.picture)
    return draw_projection(around.query, items, reference, visit.answer.result.text)


def landscape(visit: Visit, around: Landscape) -> str:
    """`landscape_picture` with its alternative text."""
    alt = f"The query beside {len(around.items)} results; an arrow leads from your picture to where the text moved it"
    note = "Numbers are ranks. What is near in this view may be far in a direction that it does not show."
    return fragments.card(landscape_picture(visit, around), alt, note)


def compared(columns: Sequence[Column], target: str | None, chosen: str | None = None) -> str:
    """The answers of several compositors in columns; the known target and the chosen result are marked in each."""
    shown = []
    for column in columns:
        said = column.problem or ("" if column.rank_of_target is None else f"expected result: rank {column.rank_of_target}")
        shown.append((column.title, said, column.matches, [fragments.thumbnail(m.path) for m in column.matches]))
    if len(shown) < 2:
        return fragments.paragraph("There are no other compositors for this gallery.")
    return fragments.compare_columns(shown, target, chosen)


def upload_summary(pictures: int, report: UploadReport) -> str:
    """What became of every file of an upload; names of files are text in it, whatever they hold."""
    said = f"{pictures} picture{'s' if pictures != 1 else ''} indexed. “Search in” is now set to “My pictures”."
    parts = [fragments.paragraph(said if pictures else "No picture could be read, so there is nothing to search.")]
    for title, pairs, between in (
        ("Collapsed, the same picture as another", report.duplicates, " = "),
        ("Skipped, not readable", report.unreadable, ": "),
        ("Refused", report.refused, ": "),
    ):
        if pairs:
            parts.append(fragments.listed(f"{title}: {len(pairs)}", pairs[:_LISTED], between, len(pairs) - _LISTED))
    if report.hidden:
        parts.append(fragments.paragraph(f"{report.hidden} system file{'s' if report.hidden != 1 else ''} passed over."))
    return "".join(parts)
