"""The report on a visitor's uploaded pictures, without a page."""

from lbf_model.interface.uploads import UploadReport
from lbf_model.interface.views.own_pictures import upload_summary


def test_an_upload_is_reported_file_by_file():
    unreadable = tuple((f"broken {i}.jpg", "why & how") for i in range(25))
    said = str(upload_summary(1, UploadReport(("a",), (("b.bmp", "a.png"),), unreadable, (), 2)))
    assert "1 picture indexed" in said and "<b>b.bmp</b> = a.png" in said and "2 system files were ignored" in said
    assert "not readable: 25" in said and said.count("why &amp; how") == 20 and "and 5 more" in said
    assert "Refused" not in said
    said = str(upload_summary(2, UploadReport(("a", "b"), (), (), (("z.zip", "a link"),), 1)))
    assert "2 pictures indexed" in said and "Refused: 1" in said and "<b>z.zip</b>: a link" in said
    assert "1 system file was ignored" in said and "more" not in said
    assert "nothing changed" in upload_summary(0, UploadReport((), (), unreadable, (), 0))
