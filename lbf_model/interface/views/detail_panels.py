"""The panels below an answer: why this result, what mattered, where it lies, and other compositors."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from PIL import Image

from lbf_model.explain.attention import region_maps, word_maps
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
from lbf_model.explain.drawing import draw_heat
from lbf_model.explain.projection import Placed, draw_projection, variance_shares
from lbf_model.interface.answers import Details, Landscape
from lbf_model.interface.state import DETAIL_PANELS, Visit
from lbf_model.interface.views.filling import fill, message
from lbf_model.interface.views.pictures import data_uri, thumbnail
from lbf_model.retrieval.compare import Column


def titled(visit: Visit, panel: str, body: Markup) -> Markup:
    """A panel, one of DETAIL_PANELS, under a heading that names the result it is about; "maps" has no heading."""
    if panel == "maps":
        return body
    rank = next((match.rank for match in visit.answer.result.matches if match.id == visit.chosen), None)
    return fill("panel", title=DETAIL_PANELS[panel], rank=rank, body=body)


def matched_regions(visit: Visit, details: Details) -> list[Pair]:
    """Regions of the reference and of the chosen result that are the same thing, and what is gone or new."""
    return match_regions(seen_regions(visit.answer.result.regions), seen_records(details.item.regions, details.size))


def why(visit: Visit, details: Details) -> Markup:
    """Reference and result side by side, what changed and what stayed."""
    pairs = matched_regions(visit, details)
    reference, result = draw_matched(visit.answer.picture, details.picture, pairs)
    return fill(
        "why",
        reference=data_uri(reference),
        result=data_uri(result),
        rank=details.effects.rank,
        score=details.effects.score,
        changes=describe_changes(pairs),
        pairs=[describe_pair(pair) for pair in shown_pairs(pairs)],
    )


def effect_tables(visit: Visit, details: Details) -> tuple[Markup, Markup, Markup]:
    """What the chosen result loses when the words may not touch a region, without the region, and without each word.

    Next to the effects is attention: of the last layer, which says what the sentence acts on, or the mean over layers.
    """
    result, effects = visit.answer.result, details.effects
    last = len(result.explanation.word_to_region) - 1
    to_acted = word_maps(result.explanation, last).mean(0)
    to_region, to_word = word_maps(result.explanation).mean(0), region_maps(result.explanation).mean(0)
    regions, words = result.regions.labels, result.tokens.words
    whole = effects.score, effects.rank
    without = np.concatenate([effects.unlinked_scores, effects.region_scores, effects.word_scores])
    largest = float(np.abs(_lost(effects.score, without)).max())  # one scale, so that bars of different tables can be compared
    acts = to_acted, effects.unlinked_scores, effects.unlinked_ranks
    carries = to_region, effects.region_scores, effects.region_ranks
    counts = to_word, effects.word_scores, effects.word_ranks
    scale = {"largest_change": largest, "largest_share": float(max(to_acted.max(), to_region.max(), to_word.max()))}
    return (
        effects_table(regions, *acts, *whole, "What the sentence acts on", "Words kept off it", "last layer", **scale),
        effects_table(regions, *carries, *whole, "What carries the result", **scale),
        effects_table(words, *counts, *whole, "Which words count", **scale),
    )


def mattered(visit: Visit, details: Details, measured: str) -> Markup:
    """What leaving out each region and each word does to the chosen result, next to attention.

    Args:
        visit: with an answer.
        details: of the chosen result.
        measured: how well attention agrees with this over many queries, in a sentence; "" if that was not measured.
    """
    effects = details.effects
    lost = _lost(effects.score, effects.region_scores)
    picture = draw_heat(visit.answer.picture, visit.answer.result.regions, lost, signed=True, labels=False)
    tables = effect_tables(visit, details)
    return fill("effects", effects=effects, picture=data_uri(picture), tables=tables, measured=measured)


def _lost(score: float, without: np.ndarray) -> np.ndarray:
    """(N,) float32: how much cosine is lost without each part; 0 where it cannot be left out."""
    return np.nan_to_num(score - without, nan=0.0).astype(np.float32)


def landscape_picture(visit: Visit, around: Landscape, notes: bool = True) -> Image.Image:
    """The query among the results nearest to it, and how the text moved it; without `notes`, on a transparent background."""
    items = [
        Placed(vector, str(rank), picture, answer=index == 0)
        for index, (vector, rank, picture) in enumerate(zip(around.items, around.ranks, around.pictures, strict=True))
    ]
    reference = Placed(around.reference, "your picture", visit.answer.picture)
    return draw_projection(around.query, items, reference, visit.answer.result.text, notes=notes)


def landscape(visit: Visit, around: Landscape) -> Markup:
    """`landscape_picture` with its alternative text, and what its notes say as text."""
    shown = sum(variance_shares(np.stack([around.query, around.reference, *around.items])))
    picture = data_uri(landscape_picture(visit, around, notes=False))
    return fill("landscape", picture=picture, count=len(around.items), text=visit.answer.result.text, shown=shown)


def compared(columns: Sequence[Column], target: str | None, chosen: str | None = None) -> Markup:
    """The answers of several compositors in columns; the known target and the chosen result are marked in each."""
    if len(columns) < 2:
        return message("There are no other compositors for this gallery.")
    shown = [(column, [(match, thumbnail(match.path)) for match in column.matches]) for column in columns]
    return fill("compare", columns=shown, target=target, chosen=chosen)
