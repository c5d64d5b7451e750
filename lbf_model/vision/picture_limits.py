"""What a picture file may hold besides pixels. Decoders limit pixels; a file with few pixels can still keep one busy for hours.

Each rule stops a file of at most 20 MiB that was tried: a comment in millions of one-byte blocks (GIF), thousands of tags that
all point to the same megabytes (TIFF, EXIF), millions of empty chunks (PNG), thousands of scans (JPEG).
"""

import io
import re
import struct

_HEADER_READS = 12_000  # a GIF with 500 kB of XMP takes that many
_PIXEL_READS = 50_000  # 20 MiB of PNG in chunks of 4 KiB take 15,000
_MAX_SCANS = 100  # progressive files have about ten
_MAX_EXIF = 2**17  # a JPEG segment holds 64 KiB; some programs write it twice
_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}  # bytes, by tag type
# JPEG markers that are followed by a length, and the end of the picture. Others stand alone, are padding, or are pixel data.
_MARKER = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")
_END, _SCAN, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2


class ExcessError(OSError):
    """A file holds far more parts than a picture needs."""


class BoundedBytes(io.BytesIO):
    """The bytes of a file, with limits on how many reads there may be and how many bytes they may return in all.

    Raises:
        ExcessError: from `read`, if a reader asks for more.
    """

    def __init__(self, data: bytes):
        """Allow what reading a header takes."""
        super().__init__(data)
        self._reads, self._bytes = _HEADER_READS, 4 * len(data) + 2**20

    def allow_pixels(self) -> None:
        """Allow what reading pixels takes."""
        self._reads = _PIXEL_READS

    def read(self, size: int | None = -1) -> bytes:
        """Read as io.BytesIO does."""
        found = super().read(size)
        self._reads, self._bytes = self._reads - 1, self._bytes - len(found)
        if self._reads < 0 or self._bytes < 0:
            raise ExcessError("too many parts")
        return found


def check_jpeg(data: bytes) -> None:
    """Check a JPEG's number of parts and its EXIF, which Pillow reads together with the header; other formats pass.

    Raises:
        ExcessError: too many segments or scans, or an EXIF or MPF block that does not pass `exif_fits`.
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
    """Whether the tags of an EXIF block hold at most twice its size; Pillow keeps a copy for each tag, even of shared bytes.

    Broken blocks pass; the code that reads them copes with them.
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
