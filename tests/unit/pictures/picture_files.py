"""Pictures encoded in every format that is read."""

import io

import numpy as np
import pillow_heif
from PIL import Image

ORIENTATION = 0x0112


def encoded(picture, form, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def encoded_heic(picture, **options) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, **options)
    return buffer.getvalue()


def noise(mode="RGB", size=(40, 30)):
    rows = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    return Image.fromarray(rows, "RGBA").convert(mode)


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


FILES = {
    "jpeg": encoded(noise(), "JPEG"),
    "jpeg-cmyk": encoded(noise("CMYK"), "JPEG"),
    "mpo": encoded(noise(), "MPO", save_all=True, append_images=[noise()]),  # what many phones call JPEG
    "png": encoded(noise(), "PNG"),
    "png-alpha": encoded(noise("RGBA"), "PNG"),
    "png-palette": encoded(noise("P"), "PNG"),
    "webp": encoded(noise(), "WEBP"),
    "gif": encoded(noise("P"), "GIF"),
    "bmp": encoded(noise(), "BMP"),
    "tiff": encoded(noise(), "TIFF"),
    "tiff-lzw": encoded(noise(), "TIFF", compression="tiff_lzw"),
    "avif": encoded(noise(), "AVIF"),
    "heic": encoded_heic(noise()),
}
