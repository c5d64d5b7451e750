"""Typos: which known word was meant."""

from collections.abc import Iterable

SHORTEST, LONG = 4, 7
# A wrong letter is rarer than a swapped, missed or doubled one, so it counts slightly more: it loses a tie between two words,
# and cannot be one of two slips ("pleated" is not please).
_WRONG = 1.01


def meant_word(typed: str, known: Iterable[str]) -> str | None:
    """The one known word nearest to a typed one: one slip away, or two in words of seven letters or more.

    Args:
        typed: a word that is in no dictionary; the caller makes sure of that.
        known: words it may be meant as. Only those with a similar beginning are considered.

    Returns:
        The word, or None if no known word is near enough, several are equally near, or `typed` has fewer than four letters.
    """
    if len(typed) < SHORTEST:
        return None
    most = 2 if len(typed) >= LONG else _WRONG
    alike = (w for w in known if w[0] == typed[0] or w[:2] == typed[1::-1])
    close = {w: slips(typed, w) for w in alike if abs(len(w) - len(typed)) <= most}
    fewest = min(close.values(), default=LONG)
    nearest = [w for w, count in close.items() if count == fewest]
    return nearest[0] if fewest <= most and len(nearest) == 1 else None


def slips(typed: str, meant: str) -> float:
    """How many letters were swapped with their neighbour, missed or typed twice; a wrong or extra letter counts 1.01.

    Apart from the hundredths, this is the optimal string alignment distance.
    """
    before, last = [], list(range(len(meant) + 1))
    for i, x in enumerate(typed):
        extra = 1 if i and x == typed[i - 1] else _WRONG
        row = [last[0] + extra]
        for j, y in enumerate(meant):
            row.append(min(last[j + 1] + extra, row[j] + 1, last[j] + _WRONG * (x != y)))
            if i and j and x == meant[j - 1] and typed[i - 1] == y:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before, last = last, row
    return last[-1]
