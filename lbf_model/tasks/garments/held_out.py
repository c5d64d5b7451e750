"""Words and templates for measuring how free text is understood. Training never uses them; a test compares the two.

Words and templates were chosen before any model was measured with them. Some have been looked at since: the rule that corrects
misspellings was improved with SLIPS in view; and training got more templates ("anything in red", "i can't stand red") after
some of PARAPHRASES and NOT_PARAPHRASES were seen to be read as the opposite, so these figures are optimistic. The visitors'
wordings tell the most: someone who knew nothing about this project, its templates or its results wrote down what people would
type.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple


class HeldOutWord(NamedTuple):
    """A word that training never says.

    Attributes:
        said: the word.
        attribute: what it is a value of.
        values: all that count as right.
    """

    said: str
    attribute: str
    values: tuple[str, ...]


def _words(attribute: str, **values: str) -> tuple[HeldOutWord, ...]:
    return tuple(HeldOutWord(said, attribute, tuple(right.split())) for said, right in values.items())


WORDS = (
    *_words(
        "color",
        ebony="black", charcoal="gray black", silver="gray", ivory="white beige", cream="white beige", camel="beige brown",
        khaki="beige green brown", chocolate="brown", crimson="red", scarlet="red", maroon="red brown",
        burgundy="red brown purple", fuchsia="pink purple", blush="pink", salmon="pink orange", coral="orange pink red",
        apricot="orange", tangerine="orange", mustard="yellow brown", canary="yellow", emerald="green", pistachio="green",
        teal="blue green", turquoise="blue green", navy="blue", azure="blue", indigo="blue purple", lavender="purple",
        lilac="purple pink", kaleidoscopic="multicolor",
    ),
    *_words("pattern", unadorned="solid", pinstriped="striped", gingham="checked", spotted="dotted", speckled="dotted",
        botanical="floral", blossomy="floral", angular="geometric", pinstripes="striped", spots="dotted", blossoms="floral",
        daisies="floral", hexagons="geometric"),
)  # fmt: skip

SLIPS = (
    *_words(
        "color",
        blakc="black", blac="black", balck="black", wihte="white", whtie="white", wite="white", gery="gray", graay="gray",
        beeige="beige", biege="beige", bown="brown", borwn="brown", brwon="brown", redd="red", rde="red", pnik="pink",
        pinkk="pink", pikn="pink", oragne="orange", ornage="orange", ornge="orange", yelow="yellow", yellwo="yellow",
        yllow="yellow", gren="green", geren="green", grren="green", bleu="blue", bule="blue", bluee="blue", purpel="purple",
        puprle="purple", prple="purple", colorfull="multicolor", multicolr="multicolor",
    ),
    *_words("pattern", strped="striped", stirped="striped", stripd="striped", chekced="checked", cheked="checked",
        plad="checked", plaidd="checked", doted="dotted", dottd="dotted", floarl="floral", florl="floral", flowry="floral",
        paisly="paisley", geomteric="geometric", plian="solid", stipes="striped", strpies="striped", flwoers="floral",
        flowrs="floral", dotts="dotted"),
)  # fmt: skip

# Slots as in `sentences`.
PARAPHRASES = {
    "color": (
        "could you show me this one in {new}",
        "what about {new}?",
        "ditch the {old}, go {new}",
        "how would this look in {new}?",
        "do you also have {it} in {new}?",
        "any chance of getting {it} in {new}?",
        "my favourite shade is {new}, got anything?",
        "lose the {old} and try {new}",
        "everything stays, only {new} this time",
        "too {old} for me, i was hoping for {new}",
        "let's see {it} with a {new} hue",
        "{old} does not suit me, {new} would",
        "would {it} come in {new} as well?",
        "keep the cut but have it {new}",
        "imagine {it} being {new}",
        "a {new} version of {it}",
    ),
    "pattern": (
        "what about {thing}?",
        "how would this look with {thing}?",
        "do you also have {it} with {thing}?",
        "ditch the {old_thing}, go for {thing}",
        "too boring, {thing} would be nicer",
        "a {new} version of {it}",
        "any chance of getting {it} {new}?",
        "imagine {it} covered in {thing}",
        "let's try something {new} this time",
        "i am fed up with {old_thing}, bring on {thing}",
    ),
    "sleeve": (
        "what about {thing}?",
        "do you also have {it} {new}?",
        "how would this look {new}?",
        "my arms want {thing}",
        "a {new} version of {it}",
        "any chance of {thing} on {it}?",
    ),
    "length": (
        "what about something {new}?",
        "do you also have {it} {new}?",
        "a {new} version of {it}",
        "could the hem be {more}?",
        "let's go for a {new} cut this time",
        "how would this look if it were {more}?",
    ),
    "neckline": (
        "what about {thing}?",
        "do you also have {it} with {thing}?",
        "a {new} version of {it}",
        "how would this look with {thing}?",
        "my neck would look better with {thing}",
    ),
    "category": (
        "what about {new_one}?",
        "do you also have {new_one} like that?",
        "which {new} would match {it}?",
        "forget {it}, bring me {new_one}",
        "i already own {old_one}, now {new_one} to go along",
        "could you suggest {new_one} in this look?",
    ),
}

# A value that is not wanted, and two changes at once, of any attributes.
NOT_PARAPHRASES = (
    "please avoid {old}",
    "{old} is out of the question",
    "whatever, just never {old}",
    "i hate {old}, surprise me",
    "skip {old_thing}",
    "{it} minus {old_thing}",
    "could we do {it} free of {old_thing}?",
    "steer clear of {old}",
    "{it}, just never {old}",
)
TWO_PARAPHRASES = (
    "could you show me this one {new} as well as {new2}?",
    "what about {new} plus {thing2}?",
    "how would this look {new} and also {new2}?",
    "let's go {new}, and {new2} on top",
    "imagine {it} being {new} while {new2}",
    "any chance of {it} {new} together with {thing2}?",
)


@cache
def visitor_wordings() -> dict[str, tuple[str, ...]]:
    """Templates by someone who knew none of ours: by attribute, for what is not wanted ("not"), and two changes ("two").

    Two changes are one of colour and one of pattern. Templates that training happens to share ("anything but red") stay in.
    """
    told = json.loads((Path(__file__).parent / "visitor_wordings.json").read_text(encoding="utf-8"))
    return {kind: tuple(templates) for kind, templates in told.items()}
