"""How wide and how long an upper garment is."""

from dataclasses import dataclass

from lbf_model.tasks.garments.catalogue.cuts import cut_of
from lbf_model.tasks.garments.catalogue.garment import Garment


@dataclass(frozen=True)
class Measures:
    """Sizes of an upper garment in units: widths from the middle to one side, heights down from the shoulder.

    Attributes:
        cut: what kind of its category it is.
        neck: half width of the neckline.
        depth: how low the neckline reaches.
        shoulder: half width at the shoulders.
        chest: half width below the arms.
        waist: half width at the waist.
        hem: half width at the lower edge.
        length: height of the lower edge.
    """

    cut: str
    neck: float
    depth: float
    shoulder: float
    chest: float
    waist: float
    hem: float
    length: float


def measure(g: Garment) -> Measures:
    """The sizes of a shirt, knit, jacket or dress."""
    n, cut = g.number, cut_of(g)
    dress, out = g.category == "dress", g.category == "outwear"
    bulk = 0.05 if cut in ("puffer", "parka") else 0.02 if out else 0.0
    shoulder = n("shoulder", 0.40, 0.45) + bulk - (0.1 if g.sleeve == "sleeveless" else 0)
    chest = n("chest", 0.42, 0.49) + bulk - (0.05 if dress else 0)
    waist = n("waist", 0.30, 0.34) if dress else chest - n("pinch", 0.0, 0.05)
    lengths = {"short": 1.18, "knee-length": 1.85, "long": 2.35} if out else {"short": 1.62, "knee-length": 2.05, "long": 2.65}
    length = lengths.get(g.length, 1.3) * n("long", 0.94, 1.06)
    hem = (
        g.pick("skirt cut", (0.34, n("flare", 0.45, 0.85), n("flare", 0.45, 0.85))) * (0.75 + 0.16 * length)
        if dress
        else chest + n("flare", -0.02, 0.05) + 0.06 * (length - 1.2)
    )
    neck = {"boat": 0.29, "hooded": 0.19, "v-neck": 0.18, "strap": 0.2}.get(g.neckline, n("neck", 0.165, 0.2))
    depth = {"boat": 0.06, "v-neck": n("v", 0.3, 0.42), "collar": 0.1, "hooded": 0.16}.get(g.neckline, n("round", 0.12, 0.19))
    depth += 0.22 if out and g.neckline == "v-neck" else 0
    return Measures(cut, min(neck, shoulder - 0.04), depth, shoulder, chest, waist, hem, length)
