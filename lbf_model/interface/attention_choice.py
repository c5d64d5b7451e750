"""A layer or a head as people choose it, on the page and through the API: "mean", or a number from 1.

On the page, the layer may also be "auto": the one that says more about the query.
"""

from lbf_model.interface.answers import QueryError
from lbf_model.types import Explanation, SearchResult

AUTO = "auto"
MEAN = "mean"
FIRST = "1"
SAYS_MORE, FITS, ACTS, BOTH = (
    "whichever says more",
    "what each word fits",
    "what the sentence acts on",
    "the mean of all layers",
)


def choices(count: int) -> list[str]:
    """The choices for `count` layers or heads."""
    return [MEAN, *map(str, range(1, count + 1))]


def named_layers(explanation: Explanation) -> list[tuple[str, str]]:
    """The layers to choose from, each as (name, choice); if layers were taught what to show, their names say it."""
    count = len(explanation.word_to_region)
    auto = (SAYS_MORE, AUTO)
    if not explanation.grounded or count == 1:
        return [auto, *((BOTH if choice == MEAN else f"layer {choice}", choice) for choice in choices(count))]
    between = [(f"layer {choice}", choice) for choice in map(str, range(2, count))]
    return [auto, (FITS, FIRST), *between, (ACTS, str(count)), (BOTH, MEAN)]


def index_of(choice: str) -> int | None:
    """The index of a chosen layer or head: None for "mean"; numbers count from 1 for people and from 0 inside.

    Raises:
        QueryError: it is neither.
    """
    if choice == MEAN:
        return None
    if not str(choice).isdecimal() or int(choice) < 1:
        raise QueryError(f"{choice!r} is neither {MEAN!r} nor a number from 1")
    return int(choice) - 1


def layer_and_head(result: SearchResult, layer: str, head: str) -> tuple[int | None, int | None]:
    """The indices of a chosen layer and head of the model that gave a result; None is the mean.

    Raises:
        QueryError: the model has no such layer or head.
    """
    chosen = index_of(layer), index_of(head)
    for name, index, count in zip(("layer", "head"), chosen, result.explanation.word_to_region.shape[:2], strict=True):
        if index is not None and index >= count:
            raise QueryError(f"There is no {name} {index + 1}: choose {MEAN!r}, or 1 to {count}.")
    return chosen
