"""Pictures inside HTML, as data URIs."""

import base64
import io
from pathlib import Path

from PIL import Image

from lbf_model.vision.pictures import browser_type, load_or_blank

TINY = 96  # pixels, of a step in the trail
_THUMBNAIL = 256
_INLINE = 40_000  # bytes; a file up to this size is sent as it is


def thumbnail(path: str | Path) -> str:
    """A picture of a gallery as a data URI: small files as they are, larger ones scaled down, blank if the file has gone."""
    path = Path(path)
    if path.is_file() and path.stat().st_size <= _INLINE:
        data = path.read_bytes()
        if kind := browser_type(data):
            return f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return data_uri(load_or_blank(path), _THUMBNAIL)


def data_uri(picture: Image.Image, side: int | None = None) -> str:
    """An RGB picture as a data URI, its long side at most `side` pixels."""
    if side is not None and max(picture.size) > side:
        picture = picture.copy()
        picture.thumbnail((side, side))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=85, method=2)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
