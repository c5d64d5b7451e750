"""ICC profiles made by hand from the specification (ICC.1:2001-04), so that tests know what each colour has to become."""

import struct

import numpy as np

# Columns are the XYZ of red, green and blue, seen under D50 as profiles want them.
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
ADOBE_RGB = np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]])


def rgb_profile(primaries: np.ndarray, gamma: float) -> bytes:
    """A display whose channels mix by `primaries` (3, 3) after a power of `gamma`."""
    curve = _curve(gamma)
    tags = {f"{channel}XYZ": _xyz(column) for channel, column in zip("rgb", primaries.T, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", {**tags, "rTRC": curve, "gTRC": curve, "bTRC": curve})


def gray_profile(gamma: float) -> bytes:
    """A display without colours."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {"kTRC": _curve(gamma)})


def cmyk_profile(lightness: float, a: float, b: float) -> bytes:
    """A printer whose paper is white, and whose magenta and yellow together give one colour of CIE Lab; all else is black."""
    corners = np.zeros((2, 2, 2, 2, 3))
    corners[..., 1:] = 128
    corners[0, 0, 0, 0, 0] = 255
    corners[0, 1, 1, 0] = lightness * 2.55, a + 128, b + 128
    straight = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *(65536 * np.eye(3, dtype=int)).flatten())
    table += straight * 4 + corners.round().astype(np.uint8).tobytes() + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {"A2B0": table})


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def _xyz(values) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * v) for v in values))


def _profile(kind: bytes, colors: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    white = (0.9642, 1.0, 0.8249)
    described = b"desc" + bytes(4) + struct.pack(">I", 5) + b"made\0" + bytes(78)
    tags = {"desc": described, "wtpt": _xyz(white), "cprt": b"text" + bytes(4) + b"CC0\0", **tags}
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name.encode() + struct.pack(">2I", at + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s12x4s28x3i48x", at + len(body), bytes(4), 0x02400000, kind, colors, connection, b"acsp",
                         *(round(65536 * v) for v in white))  # fmt: skip
    return header + table + body
