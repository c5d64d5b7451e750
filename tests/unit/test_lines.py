"""Lines of a data set's text files: a broken one is named, and the others are read."""

from lbf_model.tasks.captioned.lines import read_lines


def test_every_way_to_write_a_text_file_reads_the_same_and_a_bad_line_is_named(tmp_path):
    file, passed_over = tmp_path / "numbers.txt", []
    file.write_bytes(b"\xef\xbb\xbf1\r\n\r\n 2\nthree\nna\xefve\n  \n4")
    assert list(read_lines(file, int, passed_over)) == [1, 2, 4]
    refused, encoded = passed_over
    assert refused == "numbers.txt, line 4: invalid literal for int() with base 10: 'three'"
    assert encoded.startswith("numbers.txt, line 5: not UTF-8 text (")


def test_a_line_separator_within_a_line_does_not_end_it(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text("is\u2028red\nis\x85blue", encoding="utf-8")
    assert list(read_lines(file, str, [])) == ["is\u2028red", "is\x85blue"]
