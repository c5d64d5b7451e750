"""What the app prints when it starts, as the one who typed `make demo` sees it."""

import os
import socket
import time

import pytest

from tests.server import start_app

_PATIENCE = 60  # seconds from the first answer to the line, on a busy machine


@pytest.mark.skipif("LBF_APP_URL" in os.environ, reason="another process started the app and has its output")
def test_it_says_when_the_page_is_ready_and_where(app_url, app_log):
    for _ in range(_PATIENCE * 4):
        if "Ready:" in app_log.read_text():
            break
        time.sleep(0.25)
    (line,) = [line for line in app_log.read_text().splitlines() if line.startswith("Ready:")]
    assert line.removeprefix("Ready: open ").split()[0].rstrip("/") == app_url


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif("LBF_APP_URL" in os.environ or not _has_ipv6(), reason="starts an app by itself, where there is IPv6")
def test_it_starts_at_all_addresses_of_the_machine_and_leaves_no_file_when_stopped(tmp_path):
    process, _ = start_app(tmp_path / "log.txt", host="::")  # waits for an answer at [::1]
    assert list((tmp_path / "visitors").iterdir())
    process.terminate()  # as early as can be: the start may not be over yet
    assert process.wait(timeout=60) == 0
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
    assert not list((tmp_path / "visitors").iterdir())
