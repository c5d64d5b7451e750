"""Files of few pixels that would keep a decoder busy, or fill the memory, are refused at once; honest ones pass."""

import io
import struct
import zlib

import pytest
from PIL import Image

from lbf_model.vision.picture_limits import BoundedBytes, ExcessError, check_jpeg, exif_fits
from lbf_model.vision.pictures import MAX_BYTES, PictureError, load_picture

START = 8  # of a PNG's chunks; a JPEG's segments start at 2


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def encoded(form: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 30, 30)).save(buffer, form, **options)
    return buffer.getvalue()


def tags(count: int, size: int, order: str = "<") -> bytes:
    """A TIFF directory of tags that all have the same `size` bytes."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    lines = b"".join(struct.pack(f"{order}2H2L", 1000 + i, 7, size, 0) for i in range(count))
    return mark + struct.pack(f"{order}LH", 8, count) + lines + bytes(4)


def png(extra: bytes) -> bytes:
    """A PNG with more chunks after its header."""
    whole = encoded("PNG")
    header = START + 25
    return whole[:header] + extra + whole[header:]


def jpeg(extra: bytes, **options) -> bytes:
    """A JPEG with more segments at its start."""
    whole = encoded("JPEG", **options)
    return whole[:2] + extra + whole[2:]


def segment(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def gif_with_comment() -> bytes:
    """Joined byte by byte, this comment would take hours."""
    whole = encoded("GIF")
    start = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    return whole[:start] + b"\x21\xfe" + b"\1a" * (9 * 2**20) + b"\0" + whole[start:]


def of_many_scans() -> bytes:
    whole = encoded("JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * 1000 + whole[-2:]


HOSTILE = {
    "GIF, a comment in tiny blocks": gif_with_comment,
    "PNG, empty chunks": lambda: png(chunk(b"abCd", b"") * 10**6),
    "PNG, empty pixel chunks": lambda: png(chunk(b"IDAT", b"") * 10**6),
    "TIFF, tags of the same bytes": lambda: tags(5000, 10 * 2**20) + bytes(10 * 2**20),
    "JPEG, empty segments": lambda: jpeg(segment(0xFE, b"") * 10**6),
    "JPEG, an EXIF block in parts": lambda: jpeg(segment(0xE1, b"Exif\0\0a") * 10**6),
    "JPEG, EXIF tags of the same bytes": lambda: jpeg(segment(0xE1, b"Exif\0\0" + tags(5000, 60_000))),
    "JPEG, MPF tags of the same bytes": lambda: jpeg(segment(0xE2, b"MPF\0" + tags(5000, 60_000))),
    "JPEG, hidden behind an end": lambda: jpeg(b"\xff\xd9" + segment(0xE1, b"Exif\0\0" + tags(5000, 60_000))),
    "JPEG, many scans": of_many_scans,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_what_would_keep_a_decoder_busy_is_refused(make):
    data = make()
    assert len(data) <= MAX_BYTES
    with pytest.raises(PictureError, match=r"parts|header is broken"):
        load_picture(data)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("exif", [tags(5000, 2**20), b"Exif\0\0" * 10**6], ids=["tags", "prefixes"])
def test_exif_that_takes_too_much_is_passed_over(exif, order):
    exif = tags(5000, 2**20, order) if exif[:2] == b"II" else exif
    profile = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 9\n" + exif[:200_000].hex().encode())
    for whole in (png(chunk(b"eXIf", exif)), png(chunk(b"zTXt", profile))):
        assert load_picture(whole).size == (40, 20)


def test_honest_files_pass():
    turned = Image.Exif()
    turned[0x0112] = 6
    for form in ("JPEG", "PNG", "WEBP", "TIFF"):
        assert load_picture(encoded(form, exif=turned)).size == (20, 40)
    profile = segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000))
    video = bytes(range(256)) * 100 + b"\xff\xda" * 10**4  # phones append one
    for whole in (jpeg(profile * 200), encoded("JPEG", progressive=True) + video, png(chunk(b"tEXt", b"note\0said") * 500)):
        assert load_picture(whole).size == (40, 20)
    twice = segment(0xE1, b"Exif\0\0" + tags(3, 2) + encoded("JPEG") * 20) * 2  # with thumbnails
    assert load_picture(jpeg(twice)).size == (40, 20)


def test_reads_are_counted():
    source = BoundedBytes(b"abc")
    assert source.read(2) == b"ab" and source.read() == b"c"
    with pytest.raises(ExcessError):
        for _ in range(10**6):
            source.read(0)
    source.allow_pixels()
    assert source.read(0) == b""
    large = BoundedBytes(bytes(2**20))
    with pytest.raises(ExcessError):
        for _ in range(6):
            large.seek(0)
            large.read()


def test_only_jpeg_is_walked_and_broken_exif_is_left_to_its_reader():
    check_jpeg(b"\x89PNG" + b"\xff\xda" * 1000)
    check_jpeg(b"\xff\xd8\xff")
    for broken in (b"", b"II", b"MM\0*\0\0\0\xff", tags(5, 1)[:30]):
        assert exif_fits(broken) and exif_fits(b"Exif\0\0" + broken)
