"""Large files are sampled at a start and read whole by a check; small ones are always read whole."""

import pytest

from lbf_model import checksums
from lbf_model.checksums import checksums_of, find_altered, read_record, write_record


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file of 3 MB that counts as large, and its record."""
    monkeypatch.setattr(checksums, "_LARGE", 1 << 20)
    (tmp_path / "large").write_bytes(bytes(range(251)) * 12_000)
    (tmp_path / "small").write_bytes(b"small")
    write_record(tmp_path / "record", checksums_of([tmp_path / "large", tmp_path / "small"]))
    return tmp_path / "large"


def altered(file, sampled):
    return list(find_altered(file.parent / "record", [file], sampled))


def test_a_start_samples_and_a_check_reads_everything(large):
    content = bytearray(large.read_bytes())
    for sampled in (False, True):
        assert altered(large, sampled) == []
    content[5000] ^= 1  # between the first two pieces
    large.write_bytes(content)
    assert altered(large, True) == [] and altered(large, False) == [large]


@pytest.mark.parametrize("place", [0, 4095, -1, -4096])
def test_both_ends_are_sampled(large, place):
    content = bytearray(large.read_bytes())
    content[place] ^= 1
    large.write_bytes(content)
    assert altered(large, True) == [large]


def test_a_file_that_was_cut_off_or_written_anew_is_found_by_samples(large):
    content = large.read_bytes()
    for other in (content[:-1], content + b"\0", content[: 2 << 20], bytes(len(content))):
        large.write_bytes(other)
        assert altered(large, True) == [large]
    large.unlink()
    assert altered(large, True) == [large]


def test_small_files_and_records_without_samples_are_read_whole(large):
    small = large.parent / "small"
    assert len(checksums_of([large, small])) == 3
    small.write_bytes(b"Small")
    assert altered(small, True) == [small]
    write_record(large.parent / "record", {"large": "0" * 64})
    assert altered(large, True) == [large]


@pytest.mark.parametrize(
    "change", [lambda d: d + b" ", lambda d: d.replace(b"\n", b"\r"), lambda d: d.replace(b"{", b'{"a": "b",')]
)
def test_a_record_of_which_any_byte_was_altered_is_refused(tmp_path, change):
    record = tmp_path / "record"
    write_record(record, {"a": "0" * 64, "b": "1" * 64})
    assert read_record(record) == {"a": "0" * 64, "b": "1" * 64}
    record.write_bytes(change(record.read_bytes()))
    with pytest.raises(ValueError, match="record: altered, it is not as it was written"):
        read_record(record)
