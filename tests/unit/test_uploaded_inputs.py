"""Files enter in one place, and only those that were uploaded."""

import asyncio

import gradio as gr
import pytest

from lbf_model.interface.uploaded_inputs import NOT_UPLOADED, GuardedBlocks, UnopenedFiles, UnopenedImage

META = {"meta": {"_type": "gradio.FileData"}}


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """The upload folder, with one file in it; beside it another visitor's picture and a link that leads there."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "picture.png").write_bytes(b"not looked into")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "000.jpg").write_bytes(b"of another visitor")
    (folder / "link.jpg").symlink_to(tmp_path / "private" / "000.jpg")
    (folder / "linked").symlink_to(tmp_path / "private")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.fixture
def blocks(uploads):
    with GuardedBlocks() as made:
        inputs = [UnopenedImage(), UnopenedFiles(file_count="multiple"), gr.JSON()]
        made.load(lambda *values: None, inputs)
    return made


def handed_over(blocks, *values) -> list:
    """What the handler of the page's event gets."""
    (event,) = blocks.fns.values()
    return asyncio.run(blocks.preprocess_data(event, list(values), None))


@pytest.mark.parametrize("more", [{}, META], ids=["without meta", "with meta"])
def test_uploads_are_handed_over_unopened(blocks, uploads, more):
    path = str(uploads / "picture.png")
    listed = [{"path": path, **META}]  # Gradio itself takes no list without `meta`
    assert handed_over(blocks, {"path": path, **more}, listed, {"note": 1}) == [path, [path], {"note": 1}]
    assert handed_over(blocks, None, None, None) == [None, [], None]


@pytest.mark.parametrize("more", [{}, META], ids=["without meta", "with meta"])
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "{uploads}/missing.png", "{uploads}", "{uploads}/../private/000.jpg", "{uploads}/link.jpg",
        "{uploads}/linked/000.jpg", "{uploads}/../private/missing.jpg", "file://{uploads}/picture.png", "http://127.0.0.1/a.png",
        "https://example.org/a.png", "a\0b.png", "x" * 5000, "", "app.py", "/no/such/file",
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_the_same_words(blocks, uploads, path, more):
    file = {"path": path.replace("{uploads}", str(uploads)), **more}
    for values in ([file, None, None], [None, [file], None], [None, None, {"a": [{"b": file}]}]):
        with pytest.raises(gr.Error) as refusal:
            handed_over(blocks, *values)
        assert refusal.value.message == NOT_UPLOADED


def test_a_refused_file_cannot_hide_in_one_that_is_taken(blocks, uploads):
    hidden = {"path": str(uploads / "picture.png"), "more": {"path": "/etc/passwd", **META}}
    with pytest.raises(gr.Error, match="not uploaded"):
        handed_over(blocks, None, None, hidden)


def test_addresses_are_downloaded_where_that_is_allowed(blocks, uploads):
    asked = []

    async def download(url):
        asked.append(url)
        return str(uploads / "picture.png")

    blocks.download = download
    assert handed_over(blocks, {"path": "https://example.org/a.png", **META}, None, None)[0] == str(uploads / "picture.png")
    assert asked == ["https://example.org/a.png"]
    with pytest.raises(gr.Error, match="not uploaded"):
        handed_over(blocks, {"path": "file:///etc/passwd"}, None, None)


def test_what_a_visitor_is_told_leaves_no_trace_in_the_log_and_a_fault_does(uploads):
    def tell(_):
        raise gr.Error("There is no <form> & no gallery here.")

    def fail(_):
        raise RuntimeError("shapes differ")

    with GuardedBlocks() as made:
        picture = UnopenedImage()
        made.load(tell, picture)
        made.load(fail, picture)
    told, failing = made.fns.values()
    for event, value in ((told, None), (failing, {"path": "/etc/passwd"})):
        with pytest.raises(gr.Error) as refusal:
            asyncio.run(made.process_api(event, [value]))
        assert not refusal.value.print_exception and "<" not in refusal.value.message
        assert value is not None or refusal.value.message == "There is no &lt;form&gt; &amp; no gallery here."
    with pytest.raises(RuntimeError, match="shapes differ"):
        asyncio.run(made.process_api(failing, [None]))
