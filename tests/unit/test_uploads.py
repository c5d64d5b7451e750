"""Hostile uploads: every file is kept, or named with the reason; nothing is unpacked, nothing raises."""

import io
import random
import struct
import time
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from lbf_model.interface import uploads
from lbf_model.interface.uploads import MAX_PICTURES, entry_name, picture_name, receive_uploads, shown_name


def picture(seed=0, form="PNG", size=(30, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), np.uint8)).save(buffer, form)
    return buffer.getvalue()


@pytest.fixture
def receive(tmp_path):
    """Receive named contents; gives the report and the folder of kept pictures."""

    def received(contents: dict[str, bytes]):
        source, folder = tmp_path / "source", tmp_path / f"kept{time.perf_counter_ns()}"
        source.mkdir(exist_ok=True)
        folder.mkdir()
        for name, content in contents.items():
            (source / name).write_bytes(content)
        steps = receive_uploads([source / name for name in contents], folder)
        seen = []
        while True:
            try:
                seen.append(next(steps))
            except StopIteration as end:
                report = end.value
                break
        assert seen == [(i, len(seen)) for i in range(1, len(seen) + 1)]
        assert sorted(p.name for p in folder.iterdir()) == [picture_name(i) for i in range(len(report.kept))]
        return report, folder

    return received


def zipped(*entries, **options) -> bytes:
    """A zip of (name or ZipInfo, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def patched(archive: bytes, field: int, form: str, value: int) -> bytes:
    """The zip with one field of its first directory line overwritten."""
    data = bytearray(archive)
    struct.pack_into(form, data, data.index(b"PK\1\2") + field, value)
    return bytes(data)


def refusal(report, name) -> str:
    return dict(report.refused)[name]


def test_pictures_and_zips_are_kept_by_name(receive):
    report, folder = receive(
        {"one.png": picture(1), "two.jpg": picture(2, "JPEG"), "more.zip": zipped(("a/b/three.webp", picture(3, "WEBP")))}
    )
    assert report.kept == ("one.png", "two.jpg", "more.zip/a/b/three.webp")
    assert not (report.duplicates or report.unreadable or report.refused or report.hidden)
    with Image.open(folder / picture_name(0)) as kept:
        assert (kept.format, kept.size) == ("JPEG", (30, 20))


def test_what_is_kept_is_written_anew_without_metadata(receive):
    tags = Image.Exif()
    tags[0x0112], tags[0x010E] = 6, "where I live"
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20)).save(buffer, "JPEG", exif=tags)
    _, folder = receive({"a.jpg": buffer.getvalue() + b"<script>trailing</script>"})
    content = (folder / picture_name(0)).read_bytes()
    assert b"where I live" not in content and b"script" not in content
    with Image.open(folder / picture_name(0)) as kept:
        assert kept.size == (20, 40) and not kept.getexif()


def test_duplicates_are_collapsed_and_named(receive):
    report, _ = receive({"a.png": picture(1), "b.bmp": picture(1, "BMP"), "c.zip": zipped(("d.png", picture(1)))})
    assert report.kept == ("a.png",)
    assert report.duplicates == (("b.bmp", "a.png"), ("c.zip/d.png", "a.png"))


@pytest.mark.parametrize(
    "content", [b"", b"text", picture(1, "JPEG")[:300], b"PK\3\4", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_unreadable_files_are_named_with_a_reason(receive, content):
    report, _ = receive({"bad.jpg": content, "good.png": picture(2), "z.zip": zipped(("worse.png", content))})
    assert report.kept == ("good.png",)
    assert [name for name, _ in report.unreadable] == ["bad.jpg", "z.zip/worse.png"]
    assert all(reason and "the picture" not in reason for _, reason in report.unreadable)


def test_no_more_than_two_hundred_pictures(receive):
    entries = [(f"{i:03d}.png", picture(i, size=(4, 4))) for i in range(MAX_PICTURES + 1)]
    report, _ = receive({"many.zip": zipped(*entries)})
    assert len(report.kept) == MAX_PICTURES
    assert [name for name, _ in report.refused] == ["many.zip/200.png"] and "200 pictures" in report.refused[0][1]


@pytest.mark.parametrize(
    "name",
    ["../up.png", "a/../../up.png", "/etc/up.png", "//host/up.png", "C:\\up.png", "c:up.png", "..\\up.png", "\\\\host\\up.png"],
)
def test_paths_that_lead_out_are_refused(receive, name, tmp_path):
    report, _ = receive({"z.zip": zipped((name, picture(1)), ("fine.png", picture(2)))})
    assert report.kept == ("z.zip/fine.png",)
    assert len(report.refused) == 1 and "leads out" in report.refused[0][1]
    assert not list(tmp_path.rglob("up.png"))


def test_links_and_devices_are_refused(receive):
    link, device = zipfile.ZipInfo("link.png"), zipfile.ZipInfo("device.png")
    link.external_attr, device.external_attr = 0o120777 << 16, 0o020666 << 16
    report, _ = receive({"z.zip": zipped((link, b"/etc/passwd"), (device, b""))})
    assert dict(report.refused) == {"z.zip/link.png": "a link", "z.zip/device.png": "not a plain file"}


@pytest.mark.parametrize(
    "name, encoding",
    [
        ("シャツ.png", "cp932"),
        ("表示/赤.png", "cp932"),
        ("schön.png", "cp437"),
        ("Für Müller.png", "cp437"),
        ("café.png", "utf-8"),
    ],
)
def test_names_are_read_as_the_system_that_made_the_zip_wrote_them(receive, name, encoding):
    said = name.encode(encoding)
    placeholder = "x" * len(said)
    data = zipped((placeholder, picture(1))).replace(placeholder.encode(), said)
    report, _ = receive({"z.zip": data})
    assert report.kept == (f"z.zip/{name}",)


def test_a_name_that_is_told_twice_is_read_where_zipfile_reads_it(receive):
    """Field 0x7075 repeats a name as UTF-8; zipfile reads it from Python 3.12 on, where the name then fits no old encoding."""
    plain, said = b"???.jpg", "При.jpg".encode()
    entry = zipfile.ZipInfo(plain.decode())
    entry.extra = struct.pack("<HHBI", 0x7075, 5 + len(said), 1, zlib.crc32(plain)) + said
    report, _ = receive({"z.zip": zipped((entry, picture(1)), ("b.png", picture(2)))})
    assert len(report.kept) == 2


def test_a_name_in_no_old_encoding_stays():
    assert entry_name(zipfile.ZipInfo("При.jpg")) == "При.jpg"


def test_encrypted_entries_are_refused(receive):
    report, _ = receive({"z.zip": patched(zipped(("a.png", picture(1))), 8, "<H", 1)})
    assert "password" in refusal(report, "z.zip/a.png")


def test_zips_in_zips_are_refused(receive):
    report, _ = receive({"z.zip": zipped(("inner.ZIP", zipped(("a.png", picture(1)))))})
    assert "zip inside a zip" in refusal(report, "z.zip/inner.ZIP")


def test_system_files_are_counted_and_not_named(receive):
    names = ("__MACOSX/._a.png", ".DS_Store", "pics/Thumbs.db", "pics/.hidden.png", "desktop.ini")
    report, _ = receive({"z.zip": zipped(("pics/", b""), ("pics/a.png", picture(1)), *((n, b"x") for n in names))})
    assert report.kept == ("z.zip/pics/a.png",) and report.hidden == 5
    assert not report.refused and not report.unreadable


def test_a_bomb_by_ratio_is_refused(receive):
    report, _ = receive({"z.zip": zipped(("a.png", bytes(10 * 2**20)), compression=zipfile.ZIP_DEFLATED)})
    assert "zip bombs" in refusal(report, "z.zip/a.png")


def test_a_bomb_that_says_its_size_is_refused(receive, monkeypatch):
    monkeypatch.setattr(uploads, "_inflate", lambda *_: pytest.fail("inflated"))
    report, _ = receive({"z.zip": patched(zipped(("a.png", picture(1))), 24, "<I", 2**32 - 2)})
    assert "20 MiB" in refusal(report, "z.zip/a.png")


def test_a_bomb_that_lies_about_its_size_is_read_no_further_than_it_says(receive, monkeypatch):
    loads = []
    monkeypatch.setattr(uploads, "load_picture", lambda data: loads.append(len(data)))
    archive = zipped(("a.png", bytes(50 * 2**20)), compression=zipfile.ZIP_DEFLATED)
    report, _ = receive({"z.zip": patched(archive, 24, "<I", 2000)})
    assert "broken in the zip" in refusal(report, "z.zip/a.png") and not loads


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_inflate_without_limit_are_refused(receive, method):
    report, _ = receive({"z.zip": zipped(("a.png", bytes(2**20)), compression=method)})
    assert "unusual way" in refusal(report, "z.zip/a.png")


def test_an_upload_has_a_total(receive, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_TOTAL", 5000)
    report, _ = receive({"z.zip": zipped(*((f"{i}.png", picture(i)) for i in range(5)))})
    assert len(report.kept) == 2 and len(report.refused) == 3
    assert all("one upload" in reason for _, reason in report.refused)


def test_too_many_entries_refuse_the_zip(receive):
    report, _ = receive({"z.zip": zipped(*((f"{i}.txt", b"") for i in range(1001))), "a.png": picture(1)})
    assert report.kept == ("a.png",) and "1001 files" in refusal(report, "z.zip")


def test_the_files_of_all_zips_and_loose_ones_are_counted_together(receive, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_ENTRIES", 5)
    zips = {f"{n}.zip": zipped(*((f"{n}{i}.png", picture(10 * n + i)) for i in range(2)), (".hidden", b"")) for n in range(2)}
    report, _ = receive({**zips, "a.png": picture(50), "b.png": picture(51), "c.png": picture(52)})
    assert report.kept == ("0.zip/00.png", "0.zip/01.png", "a.png", "b.png") and report.hidden == 1
    assert "room for 2" in refusal(report, "1.zip") and "5 files" in refusal(report, "c.png") and len(report.refused) == 2


def test_no_more_than_twenty_zips(receive):
    report, _ = receive({f"{i:02d}.zip": zipped((f"{i}.png", picture(i))) for i in range(uploads.MAX_ZIPS + 2)})
    assert len(report.kept) == uploads.MAX_ZIPS
    assert [(name, "20 zips" in reason) for name, reason in report.refused] == [("20.zip", True), ("21.zip", True)]


@pytest.mark.parametrize("content", [picture(1, size=(300, 200))[:-2000], picture(1)], ids=["broken late", "the same one"])
def test_files_are_tried_only_so_often(receive, monkeypatch, content):
    monkeypatch.setattr(uploads, "MAX_TRIES", 4)
    report, _ = receive({"z.zip": zipped(*((f"{i}.png", content) for i in range(6)), ("last.png", picture(2)))})
    tried = [*report.kept, *(name for name, _ in report.unreadable + report.duplicates)]
    assert tried == [f"z.zip/{i}.png" for i in range(4)]
    assert [name for name, _ in report.refused] == ["z.zip/4.png", "z.zip/5.png", "z.zip/last.png"]
    assert all("4 files that are tried" in reason for _, reason in report.refused)


def test_entries_that_break_while_they_inflate_are_tries_too(receive, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_TRIES", 2)
    entries = [zipped((f"{i}.png", picture(i))) for i in range(3)]
    report, _ = receive({f"{i}.zip": patched(entry, 16, "<I", 0) for i, entry in enumerate(entries)})
    assert [("broken" in reason, "tried" in reason) for _, reason in report.refused] == [(True, False)] * 2 + [(False, True)]


def test_an_upload_takes_only_so_long(receive, monkeypatch):
    clock = iter(range(0, 10**6, 100))
    monkeypatch.setattr(uploads.time, "thread_time", lambda: next(clock))
    report, _ = receive({"z.zip": zipped(*((f"{i}.png", picture(i)) for i in range(6)))})
    assert len(report.kept) == 4 and [name for name, _ in report.refused] == ["z.zip/4.png", "z.zip/5.png"]
    assert all("300 seconds" in reason for _, reason in report.refused)


def test_a_huge_directory_is_refused_before_it_is_read(receive, monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("opened"))
    for content in (_ended(2**21), b"x" * 100 + _ended(2**21, comment=b"hello"), _ended(2**32 - 1)):
        report, _ = receive({"z.zip": content})
        assert "make several zips" in refusal(report, "z.zip")
    report, _ = receive({"z.zip": b"PK\6\7" + bytes(16) + _ended(10)})
    assert "64-bit" in refusal(report, "z.zip")


def _ended(directory_size: int, comment: bytes = b"") -> bytes:
    return b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, directory_size, 0, len(comment)) + comment


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\5\6", picture(1), zipped(("a.png", picture(1)))[:-30]])
def test_what_is_no_zip_is_refused(receive, content):
    report, _ = receive({"z.zip": content})
    assert "not a zip" in refusal(report, "z.zip")


def test_damaged_zips_raise_nothing(receive):
    whole = zipped(("a.png", picture(1)), ("b/c.png", picture(2)), compression=zipfile.ZIP_DEFLATED)
    for seed in range(150):
        rng = random.Random(seed)
        data = bytearray(whole)
        for _ in range(rng.choice((1, 4, 16))):
            data[rng.randrange(max(0, len(data) - rng.choice((60, 200, len(data)))), len(data))] = rng.randrange(256)
        report, _ = receive({"z.zip": bytes(data[: rng.randrange(len(data)) if rng.random() < 0.2 else None])})
        assert len(report.kept) <= 2


def test_an_empty_zip_and_no_upload_keep_nothing(receive):
    assert receive({"z.zip": zipped()})[0].kept == ()
    assert receive({})[0].kept == ()


@pytest.mark.parametrize(
    "name, shown",
    [
        ("plain.png", "plain.png"),
        ("a\x00b\x1b[31m\n.png", "a b [31m .png"),
        ("left\u202egnp.exe", "left gnp.exe"),
        ("x" * 200 + ".png", "x" * 29 + "…" + "x" * 25 + ".png"),
        ("\u200b", "(no name)"),
        ("ключ 🔑.png", "ключ 🔑.png"),
    ],
)
def test_names_are_fit_to_be_shown(name, shown):
    assert shown_name(name) == shown and len(shown_name(name)) <= 60


def test_a_long_comment_hides_no_64_bit_directory(receive):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", b"no picture")
        archive.comment = b"x" * 65530
    content = buffer.getvalue()
    end = content.rfind(b"PK\5\6")
    report, _ = receive({"long.zip": content[:end] + b"PK\6\7" + bytes(16) + content[end:]})
    assert "64-bit" in report.refused[0][1]


def test_an_upload_that_is_gone_is_told(tmp_path):
    with pytest.raises(StopIteration) as end:
        next(receive_uploads([tmp_path / "gone.png"], tmp_path))
    assert end.value.value.refused == (("gone.png", "no longer here; add it again"),)
