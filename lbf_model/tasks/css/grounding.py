"""Where the words of a CSS sentence should look; generated data know this exactly."""

from collections.abc import Sequence

import numpy as np
import torch

from lbf_model.tasks.css.grammar import Modification
from lbf_model.tasks.css.scenes import SHAPE_SYNONYMS, SceneObject
from lbf_model.training.queries import Grounding

_SHAPE_OF = {word: shape for shape, word in SHAPE_SYNONYMS.items()}
# What a word is, beyond the slots of the grammar: a position is read as two words, and the noun "object" fits everything.
WORD_KINDS = ("verb", "to", "row", "column", "size", "color", "shape", "object", "new color", "new size")


def word_kinds(modification: Modification) -> list[tuple[str, str]]:
    """The words as the vocabulary reads them, each with its kind, of WORD_KINDS: "top-left" is a row and a column."""
    found = []
    for word, what in modification.slots:
        if what == "position":
            row, column = word.split("-")
            found += [(row, "row"), (column, "column")]
        else:
            found.append((word, what))
    return found


def words_fit(modification: Modification, objects: Sequence[SceneObject | None]) -> np.ndarray:
    """(T, R) bool: regions whose object a word fits by itself, whatever the sentence does with it.

    "red" fits what is red, even as the new colour of a sentence. A word that no region fits, or that describes nothing
    ("make", "to"), fits all regions alike: its map is even, and says that nothing stands out.

    Args:
        modification: T words.
        objects: of R regions; None where a region shows no object.
    """
    said = word_kinds(modification)
    fits = np.array([[item is not None and _fits(word, kind, item) for item in objects] for word, kind in said])
    return fits | ~fits.any(1, keepdims=True)


def regions_meant(modification: Modification, objects: Sequence[SceneObject | None]) -> np.ndarray:
    """(R,) bool: regions of the objects that a sentence removes or changes; an "add" is about none of them."""
    if modification.kind == "add":
        return np.zeros(len(objects), bool)
    return np.array([item is not None and modification.matches(item) for item in objects], bool)


def batch_grounding(said: Sequence[tuple[Modification, Sequence[SceneObject | None]]]) -> Grounding:
    """Pad the grounding of B sentences, each with the objects of its reference picture's regions."""
    words = [words_fit(modification, objects) for modification, objects in said]
    longest, most = max(len(w) for w in words), max(w.shape[1] for w in words)
    fits, meant = np.zeros((len(said), longest, most), bool), np.zeros((len(said), most), bool)
    for row, (own, (modification, objects)) in enumerate(zip(words, said, strict=True)):
        fits[row, : own.shape[0], : own.shape[1]] = own
        meant[row, : own.shape[1]] = regions_meant(modification, objects)
    return Grounding(torch.from_numpy(fits), torch.from_numpy(meant))


def _fits(word: str, kind: str, item: SceneObject) -> bool:
    row, column = item.position.split("-")
    have = {"row": row, "column": column, "shape": item.shape, "object": "object"}
    have |= {name: getattr(item, name.removeprefix("new ")) for name in ("size", "new size", "color", "new color")}
    return have.get(kind) == _SHAPE_OF.get(word, word)
