"""All the panels of a garment, by category."""

import numpy as np

from lbf_model.tasks.garments.catalogue.accessories import hat_panels, shoe_panels
from lbf_model.tasks.garments.catalogue.bottoms import leg_panels, skirt_panels
from lbf_model.tasks.garments.catalogue.garment import Garment
from lbf_model.tasks.garments.catalogue.outlines import Panel
from lbf_model.tasks.garments.catalogue.tops import top_panels


def build_panels(g: Garment) -> list[Panel]:
    """The garment's panels from the lowest to the uppermost."""
    makers = {"hat": hat_panels, "shoes": shoe_panels, "pants": leg_panels, "shorts": leg_panels, "skirt": skirt_panels}
    panels = makers.get(g.category, top_panels)(g)
    # Nothing sewn is quite symmetric: one smooth bend for all panels, so that seams stay where they belong.
    a, b, c = g.rng("bend").uniform(-1, 1, (3, 4))
    for panel in panels:
        for thing in (panel, *panel.lines):
            p = thing.outline if thing is panel else thing.points
            x, y = p[:, 0].copy(), p[:, 1].copy()
            dx = 0.016 * np.sin(2.3 * y + 3 * a[0]) * a[1] + 0.009 * np.sin(6 * y + 5 * x + 3 * a[2]) * a[3]
            dy = 0.016 * np.sin(2.5 * x + 3 * b[0]) * b[1] + 0.009 * np.sin(7 * x + 3 * y + 3 * b[2]) * b[3]
            bent = np.stack([x + dx + 0.02 * c[0] * y, y + dy], 1)
            if thing is panel:
                panel.outline = bent
            else:
                thing.points = bent
    return panels
