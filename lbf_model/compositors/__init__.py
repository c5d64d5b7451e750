"""Compositors: LBF and the simplest rows of the paper's tables, behind one interface.

Each is a `network.compositor.Compositor`. The simple ones have no attention and return None in its place.
"""

from lbf_model.compositors.base import Compositor
from lbf_model.compositors.concat import Concat
from lbf_model.compositors.image_only import ImageOnly
from lbf_model.compositors.lbf import LbfConfig, LbfNetwork
from lbf_model.compositors.sum import Sum
from lbf_model.compositors.text_only import TextOnly

COMPOSITORS = {"lbf": LbfNetwork, "concat": Concat, "sum": Sum, "image-only": ImageOnly, "text-only": TextOnly}


def build_compositor(name: str, config: LbfConfig) -> Compositor:
    """Assemble a compositor, randomly initialised.

    Raises:
        ValueError: no compositor has this name.
    """
    if name not in COMPOSITORS:
        raise ValueError(f"no compositor {name!r}; there are {', '.join(COMPOSITORS)}")
    return COMPOSITORS[name](config)
