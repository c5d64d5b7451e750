"""Colours as an embedded ICC profile means them -> sRGB, which is what everything here was trained on and browsers show."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # by the names that profiles have for them
_LARGEST = 4 * 2**20  # bytes; profiles for print have about one
_ALIKE = 2  # of 255: no profile moves a colour so little, but the many that call themselves sRGB


class ProfileError(ValueError):
    """A profile is broken, or belongs to a picture of another kind."""


def to_srgb(pixels: Image.Image, profile: bytes, gray: bool = False) -> Image.Image:
    """Convert colours; whatever is sRGB already stays as it is, to the last bit.

    Args:
        pixels: RGB, RGBA or CMYK.
        profile: ICC, as it is embedded.
        gray: whether the picture had no colours, and was only made RGB.

    Returns:
        RGB or RGBA.

    Raises:
        ProfileError: the profile cannot be used for such a picture.
    """
    mode, transform = _transform(profile)
    fitting = {"CMYK"} if pixels.mode == "CMYK" else {"RGB", "L"} if gray else {"RGB"}
    if mode not in fitting:
        raise ProfileError(f"a profile for {mode}")
    if transform is None:
        return pixels
    colors = ImageCms.applyTransform(pixels.convert(mode), transform)
    if pixels.mode == "RGBA":
        colors.putalpha(pixels.getchannel("A"))
    return colors


@lru_cache(maxsize=8)  # the pictures of a folder mostly share one
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode of pictures that a profile is for, and what makes them sRGB; None where nothing would change."""
    if len(profile) > _LARGEST:
        raise ProfileError("too large")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[source.profile.xcolor_space]
        intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", intent, flags)
    except (ImageCms.PyCMSError, OSError, KeyError, TypeError, ValueError):
        raise ProfileError("broken") from None
    if mode == "CMYK":
        return mode, transform
    steps = np.arange(0, 256, 15, np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    probe = Image.fromarray(colors).convert(mode)
    found, plain = np.asarray(ImageCms.applyTransform(probe, transform), np.int16), np.asarray(probe.convert("RGB"), np.int16)
    return mode, None if np.abs(found - plain).max() <= _ALIKE else transform
