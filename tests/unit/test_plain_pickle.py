"""What is read from a pickle comes back as it was; what a pickle names is refused and not run."""

import collections
import importlib
import os
import pickle
import random
import struct
import subprocess

import numpy as np
import pytest

from lbf_model.plain_pickle import load_plain_pickle, read_plain_pickle

PLAIN = {
    "model": collections.OrderedDict(
        a=np.arange(6, dtype=np.float32).reshape(2, 3),
        b=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        c=np.array(7),
        d=np.array([True, False]),
        e=np.arange(3, dtype=">i4"),
        f=np.zeros((0, 4), np.float16),
    ),
    "more": [(1, 2.5), "text", None, True, b"bytes"],
}


class Calls:
    def __init__(self, function, *arguments):
        self.answer = function, arguments

    def __reduce__(self):
        return self.answer


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype.newbyteorder("=") and np.array_equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_arrays_and_plain_containers_come_back(tmp_path, protocol):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(PLAIN, protocol))
    assert same(load_plain_pickle(path), PLAIN)


def test_numpy_1_and_python_2_are_understood(tmp_path):
    path = tmp_path / "a.pkl"
    content = pickle.dumps(np.arange(2, dtype=np.uint8), 2)
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert load_plain_pickle(path).tolist() == [0, 1]
    # Python 2 wrote the array's bytes as SHORT_BINSTRING, here of 0 and 200
    head, tail = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\n",
        b"tb.",
    )
    path.write_bytes(
        head + b"U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\x00\xc8" + tail
    )
    assert load_plain_pickle(path).tolist() == [0, 200]


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: Calls(os.mkdir, path),
        lambda path: Calls(eval, f"__import__('os').mkdir({path!r})"),
        lambda path: Calls(subprocess.call, ["mkdir", path]),
        lambda path: Calls(getattr, path, "upper"),
        lambda path: Calls(np.load, path),
        lambda path: Calls(np.frombuffer, path),
        lambda path: Calls(importlib.import_module, path),
        lambda path: Calls(print, path),
        lambda path: np.array([Calls(os.mkdir, path)], object),
        lambda path: np.zeros(2, [("a", "f4")]),
    ],
)
def test_anything_else_is_refused_and_not_run(tmp_path, harm, capsys):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"model": {"a": harm(str(tmp_path / "ran"))}}, 2))
    with pytest.raises(ValueError, match=r"a\.pkl: not a pickle of plain arrays: .* not allowed"):
        load_plain_pickle(path)
    assert not (tmp_path / "ran").exists() and capsys.readouterr().out == ""


def test_arrays_of_objects_and_of_strings_are_nested_lists():
    cells = np.array([[{"a": np.arange(2)}, None], ["text", [1, 2]]], object)
    holder = np.empty((), object)
    holder[()] = {"cells": cells, "names": np.array([["ab", "c"]]), "bytes": np.array([b"xy"]), "one": np.float64(0.5)}
    found = read_plain_pickle(pickle.dumps(holder, 4), arrays_as_lists=True)
    assert found == {
        "cells": [[{"a": [0, 1]}, None], ["text", [1, 2]]],
        "names": [["ab", "c"]],
        "bytes": ["xy"],
        "one": 0.5,
    }
    assert type(found["one"]) is float and type(found["cells"][0][0]["a"][0]) is int
    assert isinstance(read_plain_pickle(pickle.dumps(holder, 4))["cells"][0][0]["a"], np.ndarray)


def test_a_forged_dtype_reaches_no_pointer():
    """NumPy itself would take eight bytes for the address of an object here: the flags of the dtype are wiped."""
    forged = (
        b"cnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbp1\n0"  # dtype("O8"), flags 0
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        b"(I1\n(I1\ntg1\nI00\nS'AAAAAAAA'\ntb."
    )
    with pytest.raises(ValueError, match="cannot reshape"):  # eight letters, not one address
        read_plain_pickle(forged)
    scalar = b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'O8'\ntRS'AAAAAAAA'\ntR."
    with pytest.raises(pickle.UnpicklingError, match="objects cannot be read"):
        read_plain_pickle(scalar)


def test_a_memo_larger_than_the_pickle_is_refused():
    """The unpickler reserves what the highest number asks for: eight bytes of a file could take all memory."""
    with pytest.raises(ValueError, match="a memo of 1000000 entries after 2 operations"):
        read_plain_pickle(b"\x80\x02}" + pickle.LONG_BINPUT + struct.pack("<I", 10**6) + b".")


def test_stand_ins_do_not_get_out():
    for body in (b"cnumpy\nndarray\n.", b"(lp0\ncnumpy\ndtype\na.", b"c_codecs\nencode\n."):
        with pytest.raises(pickle.UnpicklingError, match="not plain data"):
            read_plain_pickle(body)
    with pytest.raises(pickle.UnpicklingError, match="without content"):
        read_plain_pickle(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR.")


def test_what_is_shared_is_copied_once():
    """Forty lists, each twice in the next: walked anew each time, they would take a trillion steps."""
    tower = [1]
    for _ in range(40):
        tower = [tower, tower]
    found = read_plain_pickle(pickle.dumps(tower))
    assert found[0] is found[1] and found[0][1] is found[1][0]


def test_damage_is_named(tmp_path):
    path = tmp_path / "a.pkl"
    whole = pickle.dumps(PLAIN, 4)
    dice = random.Random(0)
    for _ in range(300):
        broken = bytearray(whole[: dice.randrange(len(whole))])
        for _ in range(dice.randrange(3) if broken else 0):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"a\.pkl: not a pickle of plain arrays"):
            load_plain_pickle(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"a\.pkl: missing"):
        load_plain_pickle(tmp_path / "a.pkl")


def test_a_container_of_itself_is_refused(tmp_path):
    endless = []
    endless.append(endless)
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(endless))
    with pytest.raises(ValueError, match="not a pickle of plain arrays"):
        load_plain_pickle(path)
