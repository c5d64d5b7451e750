"""Convert colours from an embedded ICC profile to sRGB, which everything here was trained on and browsers show."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # by the names that profiles use for them
_LARGEST = 4 * 2**20  # bytes; print profiles have about 1 MiB
_ALIKE = 2  # of 255; only the many profiles that call themselves sRGB move colours so little


class ProfileError(ValueError):
    """A profile is broken, or is for another kind of picture."""


def to_srgb(pixels: Image.Image, profile: bytes, gray: bool = False) -> Image.Image:
    """Convert colours; a picture that is already sRGB stays the same to the last bit.

    Args:
        pixels: RGB, RGBA or CMYK.
        profile: the ICC profile, as embedded.
        gray: whether the picture was grayscale, and is RGB only by conversion.

    Returns:
        RGB or RGBA.

    Raises:
        ProfileError: the profile cannot be used for this kind of picture.
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


@lru_cache(maxsize=8)  # pictures in a folder mostly share one profile
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The picture mode that a profile is for, and the transform to sRGB; None if it would change nothing."""
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
