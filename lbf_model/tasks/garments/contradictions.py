"""Sentences that refuse what they ask for: "red but not red"."""

from collections.abc import Sequence

from lbf_model.tasks.garments.grounding import Meaning, word_meanings

_REFUSING = frozenset({"not", "no", "without", "never", "except", "don", "isn", "avoid", "neither", "nor"})
_ALL_BUT = frozenset({"anything", "everything", "any", "nothing"})  # "anything but red" refuses red
_REPLACED_AFTER = frozenset({"replace", "change", "swap", "switch", "exchange", "convert", "from", "instead", "of", "than"})
_REACH = 4  # words that a refusal reaches over: "don't make it red"


def find_contradiction(words: Sequence[str]) -> str:
    """Point out a colour, pattern or kind that a sentence both asks for and refuses.

    What a sentence replaces ("replace red with ...") is not asked for.

    Args:
        words: of the sentence, as they were read, in lower case.

    Returns:
        A sentence for the user; "" if there is no contradiction.
    """
    asked: dict[Meaning, str] = {}
    refused: dict[Meaning, str] = {}
    meanings = [m if m is not None and m.of in ("color", "pattern", "category") else None for m in word_meanings(words)]
    for place, (word, meaning) in enumerate(zip(words, meanings, strict=True)):
        if meaning is None or (place and meanings[place - 1] == meaning):  # "light cyan" is one name
            continue
        if _is_refused(words, meanings, place):
            refused[meaning] = word
        elif not (place and words[place - 1] in _REPLACED_AFTER):
            asked[meaning] = word
    both = [word for meaning, word in refused.items() if meaning in asked]
    return f"The text asks for “{both[0]}” and refuses it, so no result can fit it." if both else ""


def _is_refused(words: Sequence[str], meanings: Sequence[Meaning | None], place: int) -> bool:
    """Whether a refusal comes before a word, with nothing in between that it could refuse instead."""
    for before in range(place - 1, max(place - 1 - _REACH, -1), -1):
        word = words[before]
        if word in _REFUSING or (word == "but" and before and _ALL_BUT & set(words[max(before - 2, 0) : before])):
            return True
        if meanings[before] or word in ("but", "and", "with", "to", "into", "rather"):  # another thing begins here
            return False
    return False
