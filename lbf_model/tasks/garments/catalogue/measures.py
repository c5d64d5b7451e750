"""How wide and how long an upper garment is."""

from dataclasses import dataclass
from typing import NamedTuple

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
        length: height of the lower edge; on a baby's bodysuit, of its crotch.
        seam: height of the seam from which a skirt or peplum hangs; None if there is none.
        pointed: whether the neckline is a V.
        hung: whether the garment hangs on straps, without shoulders of its own.
    """

    cut: str
    neck: float
    depth: float
    shoulder: float
    chest: float
    waist: float
    hem: float
    length: float
    seam: float | None
    pointed: bool
    hung: bool


class _Fit(NamedTuple):
    """What a cut adds to the sizes of a plain knit, and its length."""

    shoulder: float = 0.0
    chest: float = 0.0
    waist: float = 0.0
    hem: float = 0.0
    length: float = 1.3


_TAILORED, _BABY = _Fit(0.04, 0.03, -0.02, 0.0, 1.42), _Fit(-0.04, -0.05, 0.0, -0.02, 1.16)
_FITS = {
    "blazer": _TAILORED,
    "double-breasted": _TAILORED,
    "buttoned": _Fit(-0.02, -0.02, -0.02, 0.03, 1.3),
    "pullover": _Fit(-0.02, -0.01, 0.0, 0.06, 1.26),
    "bodysuit": _BABY,
    "romper": _BABY,
    "sleepsuit": _BABY,
    "camisole": _Fit(0.0, -0.05, -0.03, -0.01, 1.12),
    "crop": _Fit(0.0, -0.04, -0.02, -0.03, 0.8),
    "peplum": _Fit(0.0, -0.06, -0.09, 0.1, 1.08),
    "flared": _Fit(0.0, -0.06, 0.03, 0.17, 1.1),
    "undershirt": _Fit(0.0, -0.03, 0.0, -0.01, 1.36),
}
_COATS = {"short": 1.18, "knee-length": 1.85, "long": 2.35}
_DRESSES = {"short": 1.62, "knee-length": 2.05, "long": 2.65}


def measure(g: Garment) -> Measures:
    """The sizes of a garment that hangs from the shoulders."""
    n, cut = g.number, cut_of(g)
    dress, out, bare = g.category == "dress", g.category == "outwear", g.sleeve == "sleeveless"
    fit = _FITS.get(cut, _Fit())
    bulk = 0.05 if cut in ("puffer", "parka") else 0.02 if out else 0.0
    shoulder = n("shoulder", 0.40, 0.45) + fit.shoulder + bulk - (0.1 if bare else 0)
    chest = n("chest", 0.42, 0.49) + fit.chest + bulk - (0.05 if dress else 0)
    waist = n("waist", 0.30, 0.34) if dress else chest + fit.waist - n("pinch", 0.0, 0.05)
    length = (_COATS if out else _DRESSES).get(g.length, fit.length) * n("long", 0.94, 1.06)
    hem = (
        g.pick("skirt cut", (0.34, n("flare", 0.45, 0.85), n("flare", 0.45, 0.85))) * (0.75 + 0.16 * length)
        if dress
        else chest + fit.hem + n("flare", -0.02, 0.05) + 0.06 * (length - 1.2)
    )
    neck = {"boat": 0.29, "hooded": 0.19, "v-neck": 0.18, "strap": 0.2}.get(g.neckline, n("neck", 0.165, 0.2))
    depth = {"boat": 0.06, "v-neck": n("v", 0.3, 0.42), "collar": 0.1, "hooded": 0.16}.get(g.neckline, n("round", 0.12, 0.19))
    depth += 0.22 if out and g.neckline == "v-neck" else 0
    if g.category == "blazer":
        depth = n("v", 0.3, 0.42) + 0.26
    elif g.category == "undershirt":
        neck, depth = neck + 0.06, depth + n("scoop", 0.18, 0.3) * (g.neckline == "round")
    elif g.category == "bodysuit":
        neck = neck + 0.02
    elif g.category == "top" and g.neckline == "boat" and not bare:
        neck = shoulder  # it leaves the shoulders bare
    elif g.category == "top" and g.neckline == "round" and bare:
        neck, depth, shoulder = (0.15, 0.07, 0.22) if g.chance("halter", 0.5) else (neck + 0.04, depth + 0.08, shoulder)
    hung = g.neckline == "strap" or (g.category == "top" and g.neckline == "v-neck" and bare)
    if hung:
        depth = 0.27 if g.neckline == "strap" else depth + 0.02
    return Measures(
        cut, min(neck, shoulder - 0.04), depth, shoulder, chest, waist, hem, length,
        seam=0.82 if dress else 0.66 if cut == "peplum" else None,
        pointed=g.neckline == "v-neck" or g.category == "blazer",
        hung=hung,
    )  # fmt: skip
