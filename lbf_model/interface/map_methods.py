"""The choices under "Map of": ways to tell which regions a word has to do with, and which words a region has to do with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lbf_model.explain.attention import region_maps, word_maps
from lbf_model.interface.answers import Details
from lbf_model.interface.attention_choice import layer_and_head
from lbf_model.types import SearchResult

Maps = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class MapMethod:
    """One way to make maps, and the words that say what they show.

    Attributes:
        name: used in links, so it must never change.
        title: what the page calls it.
        maps: takes an answered query, details of the chosen result (None unless `needs_result`), and the chosen layer and head.
            Returns how words spread over regions, (T, R) float32, and how regions spread over words, (R, T) float32; each row
            sums to 1, or is all zero. Raises QueryError for a layer or head that does not exist.
        needs_result: whether its maps are about the chosen result. If an answer has no result, the method is not offered.
        has_layers: whether its maps belong to a layer and a head of attention. If so, these can be chosen, and the sentence
            says what training taught the layer.
        verb: as in "Where “red” looked".
        word_verb: as in "“red” looked at gray dress 90%".
        region_verb: as in "“gray dress” listened most to “red” 80%".
        nothing: follows `word_verb` if there is no region to name.
        tells_even: whether the page says of a word that gives all regions about the same share that it treats them alike.
        caveat: what a reader of a report must know about these maps, in a sentence.
    """

    name: str
    title: str
    maps: Callable[[SearchResult, Details | None, str, str], Maps]
    needs_result: bool = False
    has_layers: bool = False
    verb: str
    word_verb: str
    region_verb: str
    nothing: str = "no region"
    tells_even: bool = False
    caveat: str = ""


def _attention(result: SearchResult, details: Details | None, layer: str, head: str) -> Maps:
    chosen = layer_and_head(result, layer, head)
    return word_maps(result.explanation, *chosen), region_maps(result.explanation, *chosen)


def _relevance(result: SearchResult, details: Details | None, layer: str, head: str) -> Maps:
    return details.relevance.word_to_region, details.relevance.region_to_word


ATTENTION = MapMethod(
    name="attention",
    title="attention",
    maps=_attention,
    has_layers=True,
    verb="looked",
    word_verb="looked at",
    region_verb="listened most to",
    nothing="nothing",
    tells_even=True,
    caveat="Attention does not say what decided the result.",
)
RELEVANCE = MapMethod(
    name="relevance",
    title="relevance",
    maps=_relevance,
    needs_result=True,
    verb="mattered",
    word_verb="mattered through",
    region_verb="mattered most through",
)
MAP_METHODS = {method.name: method for method in (ATTENTION, RELEVANCE)}


def offered_methods(with_result: bool = True) -> list[tuple[str, str]]:
    """What can be chosen for an answer with results, or for one without: (title, name) of each method."""
    return [(method.title, method.name) for method in MAP_METHODS.values() if with_result or not method.needs_result]
