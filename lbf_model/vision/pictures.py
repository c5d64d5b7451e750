"""The one entry point for pictures: anything from a user or a folder becomes a small RGB picture or a PictureError.

A picture is hostile until it is decoded. So its bytes are counted first, then only its header is read (formats from a short
list, and no more parts than `picture_limits` allows), its sides are checked, and only then are pixels touched.
"""

import hashlib
import io
import struct
import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from lbf_model.vision.color_profiles import ProfileError, to_srgb
from lbf_model.vision.picture_kinds import foreign_kind, is_heif, jpeg_endings, without_png_texts
from lbf_model.vision.picture_limits import BoundedBytes, ExcessError, check_jpeg, exif_fits

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIC")
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 64_000_000  # of a JPEG, which is decoded at the size that is needed
_FEWER_PIXELS = {"WEBP": 24_000_000}  # 17 bytes per pixel while decoding, in several copies
_MAX_WHOLE_PIXELS = 36_000_000  # of other formats, which are decoded at full size: up to 11 bytes per pixel
MAX_SIDE = 2048
MAX_ASPECT = 50

# What Pillow's decoders raise on broken content (UnidentifiedImageError is an OSError; AVIF's raises RuntimeError).
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    MemoryError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# `warnings.catch_warnings` swaps a global list; two threads in it at once would leave each other's filters behind.
_header_lock = threading.Lock()
# A picture may take 400 MiB while it is decoded, and the page's visitors may send several at once.
_decoders = threading.BoundedSemaphore(2)
_readers = threading.BoundedSemaphore(4)  # of headers; each holds a file of up to MAX_BYTES in memory


class PictureError(ValueError):
    """A picture that can't be used. The message says what was received, what the limit is and what to do."""


class _CutOffError(PictureError):
    """A truncated file."""


def load_picture(source: Path | str | bytes | Image.Image) -> Image.Image:
    """Decode a picture of any mode into plain RGB, upright, at most MAX_SIDE on its long side.

    The EXIF orientation is applied, colours with an embedded profile are converted to sRGB, transparency is laid on white, gray
    of more than 8 bits is scaled (not clipped) to 8, and only the first frame of an animation is used. The source is unchanged.

    Args:
        source: a file, the bytes of one, or a picture that is already open.

    Returns:
        RGB, without metadata; a detector's boxes are in pixels of this picture. `picture_note` says what was ignored.

    Raises:
        PictureError: not a file; more than MAX_BYTES; none of FORMATS; broken or truncated; a side of 0 pixels; more pixels
            than its format may have (MAX_PIXELS at most); one side more than MAX_ASPECT times the other; far more parts than a
            picture needs.
    """
    if isinstance(source, Image.Image):
        _check_size("the picture", source, MAX_PIXELS)
        return _decode("the picture", source)
    with _decoders:
        name, data = _read(source)
        try:
            return _load(name, data)
        except _CutOffError as error:
            endings = [_load(name, ended) for ended in jpeg_endings(data)]
            if not endings or endings[0].tobytes() != endings[1].tobytes():
                raise error
            return endings[0]


def load_stored(path: Path, mode: str = "RGB") -> Image.Image:
    """Decode a data set's picture exactly as stored, without rotating it, scaling it or converting its colours.

    Boxes and masks of data sets are given in these pixels. Pictures from visitors go through `load_picture`.

    Args:
        path: of the file.
        mode: Pillow's name for the pixel format to return, such as "RGB" or "L".

    Raises:
        PictureError: there is no such file, or it cannot be decoded.
    """
    try:
        with Image.open(path) as file:
            return file.convert(mode)
    except _BROKEN as error:
        raise PictureError(f"{path}: cannot be decoded ({_first_line(error)})") from None


def check_header(source: Path | str | bytes) -> None:
    """Raise what `load_picture` would, as far as the header shows it; this takes little time and memory."""
    with _readers:
        name, data = _read(source)
        _open(name, _bounded(data)).close()


def is_picture(file: Path) -> bool:
    """Whether a file has the header of a picture. A gallery that somebody else made may name any file."""
    try:
        check_header(file)
    except PictureError:
        return False
    return True


def picture_note(picture: Image.Image) -> str:
    """A sentence on what `load_picture` ignored in a file that a person may miss; "" if it ignored nothing."""
    return picture.info.get("note", "")


def load_or_blank(path: Path | str) -> Image.Image:
    """A gallery's picture; a plain gray one to show instead if its file is gone or was damaged since it was indexed."""
    try:
        return load_picture(path)
    except PictureError:
        return Image.new("RGB", (96, 96), (224, 224, 224))


def browser_type(data: bytes) -> str | None:
    """The media type of a file if every browser shows it just as `load_picture` reads it; otherwise None.

    A browser may show it differently if it has to be rotated, is animated, or has transparent pixels, through which the page
    would show.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.mode not in ("L", "P", "RGB") or "transparency" in picture.info or _turn(picture) is not None:
                return None
            if picture.format == "MPO":  # what some phones write: a JPEG, with further pictures behind it
                return "image/jpeg"
            return Image.MIME[picture.format] if getattr(picture, "n_frames", 1) == 1 else None
    except _BROKEN:
        return None


def picture_digest(picture: Image.Image) -> str:
    """A digest of an RGB picture's pixels, whatever file they came from.

    Args:
        picture: from `load_picture`, so that lossless copies, or copies rotated by EXIF only, have the same digest.

    Returns:
        SHA-256 of size and pixels, 64 hex digits.
    """
    return hashlib.sha256(b"%d %d " % picture.size + picture.tobytes()).hexdigest()


def _read(source) -> tuple[str, bytes]:
    """A name for messages, and the bytes."""
    if isinstance(source, bytes):
        name, size, data = "the picture", len(source), source
    elif isinstance(source, (str, Path)):
        path = Path(source)
        name = path.name or str(source)  # without the folder, since the page's visitors see the messages
        try:
            if not path.is_file():
                raise PictureError(f"{name}: {'a folder' if path.is_dir() else 'no such file'}; give a picture file")
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)  # not all of it: the file may be endless
            size = max(len(data), path.stat().st_size)
        except OSError as error:
            raise PictureError(f"{name}: can't be read ({error.strerror or error})") from None
    else:
        raise PictureError(f"got {type(source).__name__}; give a path, the bytes of a picture file, or an open picture")
    if size > MAX_BYTES:
        received, limit = f"{size / 2**20:.1f} MiB", f"{MAX_BYTES // 2**20} MiB"
        raise PictureError(f"{name}: {received}, at most {limit} are read; scale it down or save it as JPEG")
    return name, data


def _load(name: str, data: bytes) -> Image.Image:
    """The decoded picture in a file's bytes; errors as for `load_picture`."""
    file = _bounded(data)
    with _open(name, file) as picture:
        file.allow_pixels()
        if _is_raw_ycbcr(picture):  # Pillow reads four bytes per pixel, and calls them RGB
            picture.tile = [tile._replace(args=("RGB", *tile.args[1:])) for tile in picture.tile]
        if picture.format in ("JPEG", "MPO"):
            picture.draft(None, _enough(picture.size))  # decodes at a half, a quarter or an eighth where that is enough
        return _decode(name, picture)


def _bounded(data: bytes) -> BoundedBytes:
    return BoundedBytes(without_png_texts(data))


def _open(name: str, source: BoundedBytes) -> Image.Image:
    """The picture in a file's bytes, with only its header read; errors as for `load_picture`."""
    try:
        check_jpeg(source.getvalue())
        # Pillow has its own, looser limit, which warns before it raises; ours is checked right after the header.
        with _header_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(source, formats=_decoders_for(source.getvalue()))
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: more than {MAX_PIXELS // 10**6} million pixels; scale it down") from None
    except ExcessError:
        raise PictureError(f"{name}: holds far more parts than a picture needs; open and save it again") from None
    except _BROKEN:
        told = foreign_kind(source.getvalue()) or f"not a picture, or its header is broken; give one of {', '.join(FORMATS)}"
        raise PictureError(f"{name}: {told}") from None
    default = MAX_PIXELS if picture.format in ("JPEG", "MPO") else _MAX_WHOLE_PIXELS
    _check_size(name, picture, _FEWER_PIXELS.get(picture.format, default))
    return picture


def _decoders_for(data: bytes) -> tuple[str, ...]:
    """Pillow's names for the decoders that may try a file. The HEIC plug-in is loaded only for a HEIC picture."""
    *own, _ = FORMATS
    if not is_heif(data):
        return tuple(own)
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return (*own, "HEIF")


def _check_size(name: str, picture: Image.Image, most: int) -> None:
    width, height = picture.size
    if min(width, height) < 1:
        raise PictureError(f"{name}: {width}x{height} has no pixel; give a picture of at least 1x1")
    if width * height > most:
        received, limit = f"{width * height / 1e6:.1f} million pixels", f"{most // 10**6} million"
        better = "scale it down" if most == MAX_PIXELS else "scale it down or save it as JPEG"
        raise PictureError(f"{name}: {width}x{height} is {received}, at most {limit} are read; {better}")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise PictureError(f"{name}: {width}x{height} is too thin, one side may be {MAX_ASPECT} times the other; crop it")


def _fitted(size: tuple[int, int]) -> tuple[int, int]:
    """The size scaled down to fit MAX_SIDE; small pictures keep theirs."""
    scale = min(1, MAX_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _enough(size: tuple[int, int]) -> tuple[int, int]:
    """The least size to decode a JPEG at: a bit below `_fitted`, so that half of 12 megapixels, 2016x1512, is enough."""
    return tuple(max(1, side * 15 // 16) for side in _fitted(size))


def _decode(name: str, picture: Image.Image) -> Image.Image:
    try:
        picture.load()
        pixels = _eight_bit(picture)
    except _BROKEN as error:
        kind = _CutOffError if "truncated" in str(error) else PictureError
        raise kind(f"{name}: broken or truncated ({_first_line(error)}); open and save it again") from None
    # Scaled down first, so that converting colours, laying alpha on white and rotating have fewer pixels to process.
    pixels = pixels.resize(_fitted(pixels.size), Image.Resampling.BICUBIC, reducing_gap=3.0)
    pixels, note = _in_srgb(pixels, picture)
    if pixels.mode == "RGBA":
        white = Image.new("RGB", pixels.size, (255, 255, 255))
        white.paste(pixels, mask=pixels.getchannel("A"))
        pixels = white
    turn = _turn(picture)
    upright = pixels if turn is None else pixels.transpose(turn)
    upright.info.clear()  # or a later reader of the orientation would rotate it again
    if note:
        upright.info["note"] = note
    return upright


def _in_srgb(pixels: Image.Image, picture: Image.Image) -> tuple[Image.Image, str]:
    """RGB or RGBA with the picture's colour profile applied, and a note if the profile cannot be used."""
    note, profile = "", picture.info.get("icc_profile")
    if profile:
        try:
            pixels = to_srgb(pixels, profile, gray=picture.mode[0] in "1LIF")
        except ProfileError:
            note = "its colour profile cannot be used, and was ignored"
    return pixels.convert("RGB") if pixels.mode == "CMYK" else pixels, note


def _eight_bit(picture: Image.Image) -> Image.Image:
    """RGB, RGBA if something is transparent, or CMYK; the picture itself if it already is one of these."""
    if picture.mode == "CMYK":
        return picture
    if _is_raw_ycbcr(picture):
        return Image.merge("YCbCr", picture.split()).convert("RGB")
    if picture.mode.startswith("I"):  # 16 bits, whatever the byte order, or 32
        values = np.asarray(picture).astype(np.float64).clip(0)
        return Image.fromarray(np.round(values * (255 / _full_scale(values.max()))).astype(np.uint8)).convert("RGB")
    if picture.mode == "F":
        values = np.asarray(picture)
        # The two common ranges for float pixels: 0 to 1, and 0 to 255. NaN becomes black, infinity white.
        scale = 255 if values.max(initial=0, where=np.isfinite(values)) <= 1 else 1
        values = np.nan_to_num(values * scale, posinf=255, neginf=0)
        return Image.fromarray(np.round(np.clip(values, 0, 255)).astype(np.uint8)).convert("RGB")
    transparent = "transparency" in picture.info or picture.mode in ("LA", "La", "PA", "RGBA", "RGBa")
    if picture.mode == "La":
        picture = picture.convert("LA")  # Pillow cannot convert La to RGBA directly
    mode = "RGBA" if transparent else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _full_scale(highest: float) -> int:
    """The value of white in integer gray. Cameras and microscopes use 8 to 16 bits of a wide pixel, and do not say how many."""
    return next(2**bits - 1 for bits in (8, 10, 12, 14, 16, 32, 64) if highest < 2**bits)


def _is_raw_ycbcr(picture: Image.Image) -> bool:
    """Whether it is a TIFF of plain YCbCr: not compressed, and without chroma subsampling."""
    photometric, compression, planes, subsampling = 262, 259, 284, 530
    tags = getattr(picture, "tag_v2", {})
    return (tags.get(photometric), tags.get(compression), tags.get(planes, 1), tags.get(subsampling)) == (6, 1, 1, (1, 1))


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """The turn that the EXIF orientation asks for; None if it is absent or broken, since the pixels are fine without it."""
    try:
        if not exif_fits(_exif(picture)):
            return None
        return _UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation))
    except _BROKEN:
        return None


def _exif(picture: Image.Image) -> bytes:
    """The block that Pillow would read."""
    if exif := picture.info.get("exif"):
        return exif
    # As ImageMagick writes it into a PNG: three lines, then hexadecimal digits.
    return bytes.fromhex("".join(picture.info.get("Raw profile type exif", "").split("\n")[3:]))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
