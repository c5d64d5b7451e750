"""Reading a pickle that holds NumPy arrays and plain containers, without running anything it names.

The pickle's references to NumPy are answered with stand-ins that only note down what NumPy would have been given, so not even
NumPy's own unpickling sees the file. Any other reference is refused.
"""

import io
import pickle
import pickletools
import re
from collections import OrderedDict
from pathlib import Path

import numpy as np

# What an unpickler may raise over a damaged file, by the manual of pickle and by trying.
PICKLE_DAMAGE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class _DType:
    """Stands in for numpy.dtype: a number type and, from its state, a byte order."""

    def __init__(self, code, *_):
        if not re.fullmatch("[fiu][1248]|b1", code):
            raise pickle.UnpicklingError(f"arrays of type {code!r} are not admitted")
        self.value = np.dtype(code)

    def __setstate__(self, state):
        self.value = self.value.newbyteorder(state[1])


class _Array:
    """Stands in for numpy.ndarray and its constructor; the array arrives as its state."""

    value = None

    def __init__(self, *_):
        pass

    def __setstate__(self, state):
        _, shape, dtype, fortran, content = state
        content = _latin1_bytes(content) if isinstance(content, str) else content  # so Python 2 wrote bytes
        array = np.frombuffer(content, dtype.value).reshape(shape, order="F" if fortran else "C")
        self.value = np.array(array, dtype.value.newbyteorder("="), order="C")


def _latin1_bytes(text, *_) -> bytes:
    return text.encode("latin1")


def _empty_bytes() -> bytes:
    return b""


_ADMITTED = {
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _latin1_bytes,  # so Python 3 writes bytes in protocol 2 ...
    ("__builtin__", "bytes"): _empty_bytes,  # ... and none of them
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it refers to {module}.{name}, which is not admitted")
        return _ADMITTED[module, name]


def check_memo(body: bytes) -> None:
    """Refuse a pickle that numbers its memo higher than it has operations: the unpickler would reserve the memory at once."""
    for count, (operation, argument, _) in enumerate(pickletools.genops(body)):
        if operation.name in ("PUT", "BINPUT", "LONG_BINPUT") and argument > count:
            raise ValueError(f"a memo of {argument} entries after {count} operations")


def load_plain_pickle(path: Path):
    """What a pickle holds: dicts, lists, tuples, strings, numbers, and NumPy arrays of numbers.

    Raises:
        ValueError: missing, damaged, or it refers to anything else; nothing of it has been run.
    """
    try:
        content = Path(path).read_bytes()
        check_memo(content)
        return _bare(_PlainUnpickler(io.BytesIO(content), encoding="latin1").load())
    except FileNotFoundError:
        raise ValueError(f"{path}: missing") from None
    except PICKLE_DAMAGE as error:
        raise ValueError(f"{path}: no pickle of plain arrays: {error}") from None


def _bare(value):
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_bare(item) for item in value)
    return value.value if isinstance(value, _Array) else value
