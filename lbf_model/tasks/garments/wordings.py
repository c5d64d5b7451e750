"""How the values of a garment's attributes are worded."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lbf_model.tasks.garments.attributes import COLORS


class Wording(NamedTuple):
    """How a value is worded: as an adjective or noun, and as something a garment has."""

    words: tuple[str, ...]
    things: tuple[str, ...] = ()


WORDINGS = {
    "pattern": {
        "solid": Wording(
            ("solid", "plain", "unpatterned", "patternless", "single colored", "one colored"),
            ("no pattern", "no print", "a plain fabric", "a solid color", "a single color", "no pattern at all"),
        ),
        "striped": Wording(
            ("striped", "stripy", "stripey", "stripe patterned", "striped"),
            ("stripes", "stripes", "a striped pattern", "a stripe pattern", "bold stripes", "thin stripes", "a striped print"),
        ),
        "checked": Wording(
            ("checked", "plaid", "checkered", "chequered", "tartan", "check"),
            ("checks", "a plaid pattern", "a check pattern", "a checked pattern", "a tartan pattern", "plaid", "squares"),
        ),
        "dotted": Wording(
            ("dotted", "polka dot", "polka dotted", "dotty"),
            ("dots", "polka dots", "a polka dot pattern", "small dots", "big dots", "a dotted pattern", "a polka dot print"),
        ),
        "floral": Wording(
            ("floral", "flowery", "flowered", "flower print", "floral print"),
            ("flowers", "a floral pattern", "a floral print", "a flower print", "little flowers", "big flowers", "roses"),
        ),
        "paisley": Wording(
            ("paisley", "paisley print", "paisley patterned"), ("paisley", "a paisley pattern", "a paisley print")
        ),
        "geometric": Wording(
            ("geometric", "geometrical", "geometric print"),
            ("a geometric pattern", "geometric shapes", "triangles", "zigzags", "diamonds", "a geometric print", "chevrons"),
        ),
    },
    "sleeve": {
        "sleeveless": Wording(("sleeveless",), ("no sleeves", "no sleeves at all", "bare arms")),
        "short-sleeved": Wording(("short-sleeved", "short sleeve", "half sleeved"), ("short sleeves", "half sleeves")),
        "long-sleeved": Wording(
            ("long-sleeved", "long sleeve", "full sleeved"), ("long sleeves", "full sleeves", "full length sleeves")
        ),
    },
    "length": {
        "short": Wording(("short", "mini", "very short", "cropped")),
        "knee-length": Wording(("knee-length", "knee long", "midi", "mid length")),
        "long": Wording(("long", "maxi", "full length", "ankle length", "floor length", "very long")),
    },
    "neckline": {
        "round": Wording(("round neck", "crew neck", "round necked"), ("a round neck", "a round neckline", "a crew neck")),
        "v-neck": Wording(("v-neck", "v necked"), ("a v-neck", "a v neckline", "a v shaped neck")),
        "collar": Wording(("collared",), ("a collar", "a shirt collar", "a polo collar")),
        "hooded": Wording(("hooded",), ("a hood", "a big hood")),
        "boat": Wording(("boat neck", "boat necked"), ("a boat neck", "a boat neckline", "a wide boat neck")),
        "strap": Wording(("strappy", "spaghetti strap"), ("straps", "thin straps", "shoulder straps", "spaghetti straps")),
    },
    "category": {
        "blazer": Wording(("blazer", "blazer", "suit jacket", "sport coat")),
        "blouse": Wording(("blouse", "blouse", "dressy shirt")),
        "bodysuit": Wording(("bodysuit", "body", "onesie", "romper", "baby body")),
        "dress": Wording(("dress", "dress", "gown", "frock")),
        "hat": Wording(("hat", "hat", "cap", "beanie")),
        "hoodie": Wording(("hoodie", "hoodie", "hooded sweatshirt", "hoody")),
        "longsleeve": Wording(("longsleeve", "sweater", "jumper", "pullover", "long sleeve top", "long sleeved shirt")),
        "outwear": Wording(("outwear", "outerwear", "jacket", "coat", "parka")),
        "pants": Wording(("pants", "trousers", "jeans", "slacks", "leggings")),
        "polo": Wording(("polo", "polo shirt", "polo tee")),
        "shirt": Wording(("shirt", "shirt", "button up shirt")),
        "shoes": Wording(("shoes", "shoes", "sneakers", "trainers", "boots")),
        "shorts": Wording(("shorts", "shorts", "short pants")),
        "skirt": Wording(("skirt",)),
        "t-shirt": Wording(("t-shirt", "tshirt", "tee", "tee shirt", "tee")),
        "top": Wording(("top", "top", "crop top", "camisole", "strappy top")),
        "undershirt": Wording(("undershirt", "tank top", "vest top", "singlet")),
    },
}


# Parts that a sentence can keep, as it names them. The hem is listed three times, since few other sentences mention one.
PART_NOUNS = ("sleeves", "collar", "neckline", "hem", "hem", "hem", "pockets", "legs")


@cache
def color_words() -> dict[str, tuple[str, ...]]:
    """Names that training says for each of COLORS, the plain one first."""
    named = json.loads((Path(__file__).parent / "color_words.json").read_text(encoding="utf-8"))["words"]
    return {color: tuple(word for word, plain in named.items() if plain == color) for color in COLORS}


def wording_of(attribute: str, value: str) -> Wording:
    """How a value of any attribute is worded."""
    return Wording(color_words()[value]) if attribute == "color" else WORDINGS[attribute][value]
