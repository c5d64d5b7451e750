"""What kind of its category a garment is, and the cloth that goes with it."""

from lbf_model.tasks.garments.catalogue.garment import Garment

# The cuts of categories in which any cut goes with any other attribute.
_CUTS = {
    "blazer": ("blazer", "blazer", "double-breasted"),
    "blouse": ("buttoned", "pullover"),
    "bodysuit": ("bodysuit", "bodysuit", "romper", "sleepsuit"),
    "hoodie": ("hoodie", "zip hoodie"),
    "top": ("camisole", "crop", "peplum", "flared"),
}
# The surfaces that such a garment's cloth can have.
_CLOTHS = {
    "blazer": ("wool", "wool", "plain"),
    "blouse": ("plain", "smooth", "crepe"),
    "bodysuit": ("jersey", "jersey", "fine rib"),
    "polo": ("pique", "pique", "jersey"),
    "top": ("jersey", "smooth", "fine rib", "crepe"),
    "undershirt": ("jersey", "fine rib"),
}
# Where ribbed and bound edges may contrast with the garment, and how often.
_EDGED = {"bodysuit": 0.45, "polo": 0.3, "undershirt": 0.25}


def cut_of(g: Garment) -> str:
    """What kind of its category an upper garment is."""
    if g.category in _CUTS:
        return g.pick(g.category, _CUTS[g.category])
    if g.category == "longsleeve":
        return "polo" if g.neckline == "collar" else g.pick("knit", ("sweater", "tee", "sweatshirt"))
    if g.category == "outwear":
        kinds = {
            "collar": ("denim", "coat", "trucker"),
            "hooded": ("parka", "puffer"),
            "v-neck": ("coat",),
            "round": ("bomber", "puffer", "cardigan"),
        }
        return g.pick("outwear", kinds[g.neckline])
    return g.category


def sleeve_cut(g: Garment) -> str:
    """How a sleeve widens: "straight", "puffed" or "bell"."""
    return g.pick("sleeve cut", ("straight", "puffed", "bell")) if g.category in ("blouse", "top") else "straight"


def sleeve_end(g: Garment) -> str:
    """How a sleeve ends: in a "rib", in a "plain" cuff, or "open" with a seam."""
    cut, short = cut_of(g), g.sleeve == "short-sleeved"
    if g.category in ("blouse", "top"):
        return {"puffed": "plain", "bell": "open", "straight": "open" if short else "plain"}[sleeve_cut(g)]
    if g.category == "blazer" or (short and g.category not in ("bodysuit", "polo")):
        return "open"
    if g.category in ("bodysuit", "polo") or cut in ("hoodie", "sweatshirt", "sweater", "bomber", "zip hoodie"):
        return "rib"
    return g.pick("ends", ("rib", "plain")) if cut != "shirt" else "plain"


def edging_of(g: Garment) -> str:
    """The cloth of bound and ribbed edges: "trim" where they contrast with the garment, else "base"."""
    often = 0.15 * (g.pattern == "solid") if g.category == "t-shirt" else _EDGED.get(g.category, 0.0)
    return "trim" if g.chance("ringer", often) else "base"


def texture_of(g: Garment) -> str:
    """The surface of the garment's main cloth."""
    if g.category in ("pants", "shorts", "skirt") and is_denim(g):
        return "denim"
    if g.category == "shoes":
        return "plain" if g.pattern != "solid" or g.chance("canvas", 0.4) else "leather"
    if g.category == "hat":
        return {"beanie": "rib", "brimmed": "straw" if g.color in ("beige", "white", "yellow") else "plain"}.get(
            hat_kind(g), "plain"
        )
    if g.category in _CLOTHS:
        return g.pick("cloth", _CLOTHS[g.category])
    cut = cut_of(g)
    if cut in ("sweater", "cardigan"):
        return "knit"
    if cut == "denim":
        return "denim"
    return "leather" if g.category == "outwear" and cut in ("trucker", "puffer") else "plain"


def is_denim(g: Garment) -> bool:
    """Whether the cloth is denim, in a colour that denim has."""
    return has_jeans_cut(g) and g.pattern == "solid" and g.color in ("blue", "black", "gray", "white")


def has_jeans_cut(g: Garment) -> bool:
    """Whether pants, shorts or a skirt are cut like jeans; colour and pattern do not change a cut."""
    return g.chance("jeans", 0.3 if g.category == "skirt" else 0.6)


def hat_kind(g: Garment) -> str:
    """Which hat."""
    return g.pick("hat", ("cap", "beanie", "brimmed"))


def fold_depth(g: Garment) -> float:
    """Height of the garment's folds in units."""
    stiff = {"hat": 0.25, "shoes": 0.12, "outwear": 0.8, "dress": 1.1, "skirt": 1.0, "blazer": 0.6, "blouse": 1.25}
    return g.number("folds", 0.014, 0.034) * stiff.get(g.category, 1.0)
