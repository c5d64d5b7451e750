"""What a picture file may hold besides pixels. Decoders bound pixels; a file of few pixels may still keep one busy for hours.

Each rule stands against a file of at most 20 MiB that was tried: a comment in millions of one-byte blocks (GIF), tags by the
thousand that all point to the same megabytes (TIFF, EXIF), millions of empty chunks (PNG), thousands of scans (JPEG).
"""

import io
import re
import struct

_HEADER_READS = 12_000  # a GIF with 500 kB of XMP takes as many
_PIXEL_READS = 50_000  # 20 MiB of PNG in chunks of 4 KiB take 15,000
_MAX_SCANS = 100  # progressive files have about ten
_MAX_EXIF = 2**17  # a JPEG segment holds 64 KiB; some programs write it twice
_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}  # bytes of a tag's types
# JPEG markers that a length follows, and the end of the picture. Others stand alone, fill, or are part of the pixels.
_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")
_END, _SCAN, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2


class ExcessError(OSError):
    """A file holds far more parts than a picture needs."""


class BoundedBytes(io.BytesIO):
    """The bytes of a file, which may be read only so often and not much more than once.

    Raises:
        ExcessError: from `read`, where a reader asks for more.
    """

    def __init__(self, data: bytes):
        """Allow what reading a header takes."""
        super().__init__(data)
        self._reads, self._bytes = _HEADER_READS, 4 * len(data) + 2**20

    def allow_pixels(self) -> None:
        """Allow what reading pixels takes."""
        self._reads = _PIXEL_READS

    def read(self, size: int | None = -1) -> bytes:
        """As io.BytesIO reads."""
        found = super().read(size)
        self._reads, self._bytes = self._reads - 1, self._bytes - len(found)
        if self._reads < 0 or self._bytes < 0:
            raise ExcessError("too many parts")
        return found


def check_jpeg(data: bytes) -> None:
    """Count the scans of a JPEG and look at its EXIF, which Pillow reads together with the header; other formats pass.

    Raises:
        ExcessError: too many scans, or an EXIF block that `exif_fits` does not let through.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        return
    at, segments, scans, exif = 2, 0, 0, b""
    while found := _MARKER.search(data, at):
        kind, at = found[0][1], found.end()
        if kind == _END:
            if scans:
                break
            continue
        segments, scans = segments + 1, scans + (kind == _SCAN)
        end = at + int.from_bytes(data[at : at + 2])
        body = data[at + 2 : min(end, at + 2**16)]
        if kind == _APP1 and body.startswith(b"Exif\0\0"):
            exif += body[6:]  # Pillow joins them
        many = segments > _HEADER_READS or scans > _MAX_SCANS or len(exif) > _MAX_EXIF
        if many or (kind == _APP2 and body.startswith(b"MPF\0") and not exif_fits(body[4:])):
            raise ExcessError("too many parts")
        at = max(end, at)
    if not exif_fits(exif):
        raise ExcessError("too many tags")


def exif_fits(exif: bytes) -> bool:
    """Whether the tags of an EXIF block hold no more than the block does; Pillow keeps a copy for each, also of the same bytes.

    Broken ones fit: what reads them tells.
    """
    tags = exif.removeprefix(b"Exif\0\0")
    if len(tags) > _MAX_EXIF or tags.startswith(b"Exif\0\0"):
        return False
    order = ">" if tags.startswith(b"MM") else "<"
    try:
        (start,) = struct.unpack_from(f"{order}L", tags, 4)
        (count,) = struct.unpack_from(f"{order}H", tags, start)
    except struct.error:
        return True
    found = struct.iter_unpack(f"{order}2HL4x", tags[start + 2 : start + 2 + 12 * min(count, (len(tags) - start - 2) // 12)])
    return sum(_UNITS.get(kind, 0) * size for _, kind, size in found) <= 2 * len(tags)
