"""What kind of its category a garment is, and the cloth that goes with it."""

from lbf_model.tasks.garments.catalogue.garment import Garment


def cut_of(g: Garment) -> str:
    """What kind of its category an upper garment is."""
    if g.neckline == "hooded":
        return "hoodie" if g.category == "longsleeve" else g.pick("hooded", ("parka", "zip hoodie", "puffer"))
    if g.category == "longsleeve":
        return "polo" if g.neckline == "collar" else g.pick("knit", ("sweater", "tee", "sweatshirt"))
    if g.category == "outwear":
        kinds = {
            "collar": ("denim", "coat", "trucker"),
            "v-neck": ("blazer", "coat"),
            "round": ("bomber", "puffer", "cardigan"),
        }
        return g.pick("outwear", kinds[g.neckline])
    return g.category


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
    """Whether pants, shorts or a skirt are cut as jeans are; colour and pattern do not change a cut."""
    return g.chance("jeans", 0.3 if g.category == "skirt" else 0.6)


def hat_kind(g: Garment) -> str:
    """Which hat."""
    return g.pick("hat", ("cap", "beanie", "brimmed"))


def fold_depth(g: Garment) -> float:
    """Height of the garment's folds in units."""
    stiff = {"hat": 0.25, "shoes": 0.12, "outwear": 0.8, "dress": 1.1, "skirt": 1.0}
    return g.number("folds", 0.014, 0.034) * stiff.get(g.category, 1.0)
