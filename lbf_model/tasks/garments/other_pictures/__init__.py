"""Pictures that show no garment, drawn from a random stream: what a garment detector must learn to leave alone.

About half lie on the same grounds that garments lie on, with the same kind of shadow, light and grain, so that neither the
ground nor the style of drawing tells them from a garment.
"""

import numpy as np
from PIL import Image

from lbf_model.tasks.garments.other_pictures import (
    animals,
    books_and_devices,
    boxes_and_bottles,
    cloth,
    furniture_and_vehicles,
    household,
    instruments,
    kitchen_and_garden,
    pages,
    scenes,
    small_creatures,
    surfaces,
    tools_and_cutlery,
    toys,
)
from lbf_model.tasks.garments.other_pictures.canvas import fill_frame, lay_on_ground

_THINGS = {
    "fruit": kitchen_and_garden.draw_fruit,
    "flowers": kitchen_and_garden.draw_flowers,
    "plate_of_food": kitchen_and_garden.draw_plate_of_food,
    "leaves": kitchen_and_garden.draw_leaves,
    "furniture": furniture_and_vehicles.draw_furniture,
    "car": furniture_and_vehicles.draw_car,
    "bicycle": furniture_and_vehicles.draw_bicycle,
    "tools": tools_and_cutlery.draw_tools,
    "cutlery": tools_and_cutlery.draw_cutlery,
    "books": books_and_devices.draw_books,
    "devices": books_and_devices.draw_devices,
    "boxes": boxes_and_bottles.draw_boxes,
    "bottles": boxes_and_bottles.draw_bottles,
    "blobs": surfaces.draw_blobs,
    "face": animals.draw_face,
    "cat": animals.draw_cat,
    "dog": animals.draw_dog,
    "bird": animals.draw_bird,
    "fish": animals.draw_fish,
    "toys": toys.draw_toys,
    "masks_and_busts": toys.draw_masks_and_busts,
    "insects": small_creatures.draw_insects,
    "sea_life": small_creatures.draw_sea_life,
    "umbrellas": household.draw_umbrellas,
    "lamps_and_clocks": household.draw_lamps_and_clocks,
    "pots_and_teapots": household.draw_pots_and_teapots,
    "cushions": cloth.draw_cushions,
    "mushrooms_and_vegetables": kitchen_and_garden.draw_mushrooms_and_vegetables,
    "musical_instruments": instruments.draw_musical_instruments,
}
_SCENES = {
    "landscape": scenes.draw_landscape,
    "sea": scenes.draw_sea,
    "street": scenes.draw_street,
    "text_page": pages.draw_text_page,
    "chart": pages.draw_chart,
    "map": pages.draw_map,
    "tree": scenes.draw_tree,
    "building": scenes.draw_building,
    "handwriting": pages.draw_handwriting,
    "night_sky": scenes.draw_night_sky,
}
_SURFACES = {"texture": surfaces.draw_texture, "bare_ground": surfaces.draw_bare_ground}
# Kinds that only measuring uses; training never sees them.
HELD_OUT = ("face", "cat", "tree", "building", "fish", "handwriting", "night_sky")
# Kinds that training uses.
TAUGHT = tuple(kind for kind in (*_THINGS, *_SCENES, *_SURFACES) if kind not in HELD_OUT)


def draw_other(rng: np.random.Generator, kind: str, size: tuple[int, int]) -> Image.Image:
    """Draw a picture without a garment; the same stream gives the same picture.

    Args:
        rng: the only source of randomness.
        kind: one of TAUGHT or HELD_OUT.
        size: (width, height) in pixels.

    Returns:
        RGB of exactly that size.

    Raises:
        ValueError: no such kind.
    """
    if kind in _THINGS:
        return lay_on_ground(rng, _THINGS[kind], size)
    if kind in _SCENES:
        return fill_frame(rng, _SCENES[kind], size)
    if kind in _SURFACES:
        return _SURFACES[kind](rng, size)
    raise ValueError(f"no kind of other picture is called {kind!r}; the kinds are {', '.join((*TAUGHT, *HELD_OUT))}")
