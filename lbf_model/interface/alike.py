"""Results that look the same: one picture saved twice, in another size or with other losses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from lbf_model.types import Match
from lbf_model.vision.pictures import load_picture

_SIDE = 16  # pixels that two pictures are compared at
# Of 255, the largest difference of any of these pixels. Copies saved at JPEG quality 60 or at half the size stay below 30;
# different pictures of the shipped galleries, even scenes with one object more, lie above 40. (Means do not tell them apart.)
_ALIKE = 32


def collapse_alike(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Let each match stand for the later ones that look like it.

    Embeddings cannot tell: two red trousers may lie nearer than two copies of one picture.

    Args:
        matches: best first; their files are read.

    Returns:
        Matches with their ranks as they were; `duplicates` names what they stand for.

    Raises:
        PictureError: a file is gone or broken.
    """
    kept: list[tuple[Match, np.ndarray]] = []
    for match in matches:
        small = load_picture(match.path).resize((_SIDE, _SIDE), Image.Resampling.BOX)
        pixels = np.asarray(small, np.float32)
        for place, (better, other) in enumerate(kept):
            if np.abs(pixels - other).max() < _ALIKE:
                same = (*better.duplicates, match.id, *match.duplicates)
                kept[place] = replace(better, duplicates=same), other
                break
        else:
            kept.append((match, pixels))
    return tuple(match for match, _ in kept)
