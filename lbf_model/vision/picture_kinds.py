"""What a file's bytes show before it is decoded: its kind, if no decoder here opens it, and repairs that make it readable."""

import struct

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"
_MOST_CHUNKS = 20_000  # anything after these stays, and is refused as too many parts
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_WAY_OUT = "open it and save it as JPEG or PNG"


def foreign_kind(data: bytes) -> str:
    """What a file that could not be opened is, and what the user can do; "" if its kind is unknown."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if is_heif(data):
        return f"a HEIC picture that is broken or of a rare kind; {_WAY_OUT}, or let the phone take JPEG (Most Compatible)"
    if data.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return f"a JPEG XL picture; {_WAY_OUT}"
    if data.startswith((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")):
        return f"a JPEG 2000 picture; {_WAY_OUT}"
    if data.startswith(b"8BPS"):
        return f"a Photoshop document; {_WAY_OUT}"
    if b"%PDF-" in start:
        return "a PDF document; save the page with the picture as PNG"
    if b"<svg" in start.lower():
        return "an SVG drawing; save it as PNG"
    return ""


def is_heif(data: bytes) -> bool:
    """Whether a file says that it is HEIC, the format of many phone photographs, or a relative of it."""
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS


def without_png_texts(data: bytes) -> bytes:
    """A PNG without its comments, since Pillow refuses pictures with large ones; other files are returned unchanged.

    EXIF that ImageMagick wrote as a comment stays, since it may say which side is up.
    """
    if not data.startswith(_PNG):
        return data
    kept, at = [_PNG], len(_PNG)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            break
        end = at + 12 + struct.unpack_from(">I", data, at)[0]
        body = data[at + 8 : at + 32]
        if data[at + 4 : at + 8] not in _PNG_TEXTS or body.startswith(b"Raw profile type exif\0"):
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])


def jpeg_endings(data: bytes) -> tuple[bytes, ...]:
    """A truncated JPEG file, completed in two ways; nothing for other files.

    If only the end was lost, both give the same picture, since bits after the last pixel change nothing. If pixels were lost,
    the pictures differ: one has what a decoder fills in for missing pixels, the other what it makes of arbitrary bits.
    """
    if not data.startswith(_JPEG):
        return ()
    rest = data.rstrip(b"\xff")
    return rest + _JPEG_END, rest + b"\x55" * 64 + _JPEG_END
