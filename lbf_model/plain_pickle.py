"""Reading a pickle of plain data and NumPy arrays without running anything that it names.

A pickle can name any function in any module. Here its references to NumPy resolve to stand-ins that only record what NumPy
would have been given, because NumPy trusts what it unpickles: a forged dtype makes it treat any bytes as pointers. Any other
reference is refused.
"""

import io
import pickle
import pickletools
import re
from collections import OrderedDict
from pathlib import Path

import numpy as np

# What reading a damaged pickle may raise, according to pickle's manual and to our own trials.
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
_PLAIN = (str, bytes, bytearray, int, float, complex, type(None))
_OPEN = object()  # marks a container whose contents are still being copied


def load_plain_pickle(path: Path):
    """What a pickle file holds, as `read_plain_pickle` returns it.

    Raises:
        ValueError: the file is missing or damaged, or names anything else; none of it has been run.
    """
    try:
        return read_plain_pickle(Path(path).read_bytes())
    except FileNotFoundError:
        raise ValueError(f"{path}: missing") from None
    except PICKLE_DAMAGE as error:
        raise ValueError(f"{path}: not a pickle of plain arrays: {error}") from None


def read_plain_pickle(content: bytes, arrays_as_lists: bool = False):
    """What a pickle holds: dicts, lists, tuples, sets, strings, numbers, and NumPy arrays.

    Pickles from Python 2 work too; their strings become latin-1 text. An array of objects or strings becomes a list, nested as
    the array was, and a NumPy scalar becomes a Python number.

    Args:
        content: the pickle.
        arrays_as_lists: return arrays of numbers as nested lists, too.

    Raises:
        PICKLE_DAMAGE: one of these errors, if the pickle is damaged or names anything else; none of it has been run.
    """
    _check_memo(content)
    return _copied(_PlainUnpickler(io.BytesIO(content), encoding="latin1").load(), arrays_as_lists, {})


class _DType:
    """Stands in for numpy.dtype: a type of object, string or number and, from its state, a byte order."""

    def __init__(self, code, *_):
        if not re.fullmatch(r"O[48]?|[SU]\d+|b1|[iu][1248]|f[248]", code):
            raise pickle.UnpicklingError(f"arrays of type {code!r} are not allowed")
        self.value = np.dtype(code)

    def __setstate__(self, state):
        self.value = self.value.newbyteorder(state[1])

    def read(self, content) -> np.ndarray:
        """(N,) numbers or strings from their bytes, in this machine's byte order; object arrays have no bytes."""
        if self.value.kind == "O":
            raise pickle.UnpicklingError("objects cannot be read from bytes")
        content = _latin1_bytes(content) if isinstance(content, str) else content  # Python 2 wrote bytes as str
        values = np.frombuffer(content, self.value)
        return np.char.decode(values, "latin1") if self.value.kind == "S" else values.astype(self.value.newbyteorder("="))


class _Array:
    """Stands in for numpy.ndarray and its constructor; the array arrives as its state."""

    cells = None

    def __init__(self, *_):
        pass

    def __setstate__(self, state):
        _, self.shape, dtype, fortran, content = state
        self.order = "F" if fortran else "C"
        if dtype.value.kind == "O":
            self.cells = np.empty(len(content), object)
            for i, value in enumerate(content):  # one by one, or NumPy would expand lists of equal length into more dimensions
                self.cells[i] = value
        else:
            self.cells = dtype.read(content)

    def array(self) -> np.ndarray:
        if self.cells is None:
            raise pickle.UnpicklingError("an array without content")
        return np.array(self.cells.reshape(self.shape, order=self.order), order="C")


def _scalar(dtype: _DType, content):
    """Stands in for NumPy's constructor of a single number."""
    return dtype.read(content)[0].item()


def _latin1_bytes(text, *_) -> bytes:
    return text.encode("latin1")


def _empty_bytes() -> bytes:
    return b""


_ADMITTED = {
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _latin1_bytes,  # how Python 3 writes bytes in protocol 2 ...
    ("__builtin__", "bytes"): _empty_bytes,  # ... and empty bytes
}
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _ADMITTED |= {(_module, "_reconstruct"): _Array, (_module, "scalar"): _scalar}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not allowed; none of it was run")
        return _ADMITTED[module, name]


def _check_memo(content: bytes) -> None:
    """Refuse a pickle with a memo index above its count of operations: the unpickler would allocate that memory at once."""
    for count, (operation, argument, _) in enumerate(pickletools.genops(content)):
        if operation.name in ("PUT", "BINPUT", "LONG_BINPUT") and argument > count:
            raise ValueError(f"a memo of {argument} entries after {count} operations")


def _copied(value, arrays_as_lists: bool, copies: dict):
    """The value with real arrays in place of their stand-ins; `copies` holds what was already copied, by identity."""
    if isinstance(value, _PLAIN):
        return value
    if copies.get(id(value)) is _OPEN:
        raise pickle.UnpicklingError("a container that holds itself")
    if id(value) not in copies:
        copies[id(value)] = _OPEN
        copies[id(value)] = _fresh_copy(value, arrays_as_lists, copies)
    return copies[id(value)]


def _fresh_copy(value, arrays_as_lists: bool, copies: dict):
    if isinstance(value, dict):
        pairs = [[_copied(part, arrays_as_lists, copies) for part in pair] for pair in value.items()]
        return dict(pairs)
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_copied(item, arrays_as_lists, copies) for item in value)
    if not isinstance(value, _Array):
        raise pickle.UnpicklingError(f"it holds {value!r}, which is not plain data")
    array = value.array()
    if array.dtype.kind in "OU":
        return _copied_nested(array.tolist(), array.ndim, arrays_as_lists, copies)
    return array.tolist() if arrays_as_lists else array


def _copied_nested(cells, depth: int, arrays_as_lists: bool, copies: dict):
    """Copy an array that came as nested lists: fresh lists for its `depth` dimensions, then a copy of each cell.

    A cell may be a list itself.
    """
    if depth == 0:
        return _copied(cells, arrays_as_lists, copies)
    return [_copied_nested(cell, depth - 1, arrays_as_lists, copies) for cell in cells]
