"""What the app prints when it starts, as the one who typed `make demo` sees it."""

import os
import time

import pytest

_PATIENCE = 60  # seconds from the first answer to the line, on a busy machine


@pytest.mark.skipif("LBF_APP_URL" in os.environ, reason="another process started the app and has its output")
def test_it_says_when_the_page_is_ready_and_where(app_url, app_log):
    for _ in range(_PATIENCE * 4):
        if "Ready:" in app_log.read_text():
            break
        time.sleep(0.25)
    (line,) = [line for line in app_log.read_text().splitlines() if line.startswith("Ready:")]
    assert line.removeprefix("Ready: open ").split()[0].rstrip("/") == app_url
