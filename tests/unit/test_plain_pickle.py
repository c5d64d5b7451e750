import collections
import os
import pickle
import random
import subprocess

import numpy as np
import pytest

from lbf_model.plain_pickle import load_plain_pickle

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
        lambda path: np.array([Calls(os.mkdir, path)], object),
        lambda path: np.zeros(2, [("a", "f4")]),
    ],
)
def test_anything_else_is_refused_and_not_run(tmp_path, harm):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"model": {"a": harm(str(tmp_path / "ran"))}}, 2))
    with pytest.raises(ValueError, match=r"a\.pkl: no pickle of plain arrays: .* not admitted"):
        load_plain_pickle(path)
    assert not (tmp_path / "ran").exists()


def test_damage_is_named(tmp_path):
    path = tmp_path / "a.pkl"
    whole = pickle.dumps(PLAIN, 4)
    dice = random.Random(0)
    for _ in range(300):
        broken = bytearray(whole[: dice.randrange(len(whole))])
        for _ in range(dice.randrange(3) if broken else 0):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"a\.pkl: no pickle of plain arrays"):
            load_plain_pickle(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"a\.pkl: missing"):
        load_plain_pickle(tmp_path / "a.pkl")


def test_a_container_of_itself_is_refused(tmp_path):
    endless = []
    endless.append(endless)
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(endless))
    with pytest.raises(ValueError, match="no pickle of plain arrays"):
        load_plain_pickle(path)
