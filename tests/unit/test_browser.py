"""Finding and installing the browser of tests/browser, with a PATH that holds only what a test puts there."""

import sys

import pytest

from scripts import browser

STARTS = 'echo "Chromium 1.0"'


def program(path, script):
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def writes(path):
    """What a shell runs to put a browser that starts at `path`."""
    return f"printf '#!/bin/sh\\n' > {path}; /bin/chmod 755 {path}"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder that is the whole PATH of a machine without a browser and without Playwright's download."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(browser, "MAC_APPLICATIONS", (tmp_path / "Google Chrome.app" / "Google Chrome",))
    (folder / "env").symlink_to("/usr/bin/env")
    return folder


@pytest.fixture
def downloads(machine, monkeypatch):
    """The file that `python -m playwright` writes its arguments to; it downloads nothing until a test says so."""
    asked = machine.parent / "asked"
    monkeypatch.setattr(sys, "executable", str(program(machine.parent / "python", f'echo "$@" > {asked}; exit 1')))
    return asked


@pytest.mark.parametrize("name", browser.NAMES)
def test_each_usual_name_on_the_path_is_found(machine, name):
    expected = program(machine / name, STARTS)
    assert browser.find() == expected


def test_the_variable_comes_before_the_path(machine, tmp_path, monkeypatch):
    program(machine / "chromium", STARTS)
    own = program(tmp_path / "own" / "my chrome", STARTS)
    monkeypatch.setenv(browser.VARIABLE, str(own))
    assert browser.find() == own


def test_an_empty_variable_is_none(machine, monkeypatch):
    monkeypatch.setenv(browser.VARIABLE, "")
    chrome = program(machine / "chrome", STARTS)
    assert browser.find() == chrome


def test_a_wrong_variable_is_an_error_and_installs_nothing(machine, downloads, monkeypatch, capsys):
    program(machine / "chromium", STARTS)
    monkeypatch.setenv(browser.VARIABLE, "/nowhere/chrome")
    with pytest.raises(browser.BrowserError, match=r"LBF_CHROMIUM=/nowhere/chrome: .*unset LBF_CHROMIUM"):
        browser.find()
    assert browser.main([]) == 1 and not downloads.exists()
    assert "LBF_CHROMIUM=/nowhere/chrome" in capsys.readouterr().err


def test_what_does_not_start_is_passed_over(machine):
    program(machine / "chromium", "exit 1")
    program(machine / "chromium-browser", 'echo "requires the chromium snap" >&2; exit 1')
    chrome = program(machine / "google-chrome-stable", STARTS)
    assert browser.find() == chrome


def test_the_application_of_macos_is_found(machine):
    chrome = program(browser.MAC_APPLICATIONS[0], STARTS)
    assert browser.find() == chrome


def test_the_real_folders_of_macos():
    assert browser.Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome") in browser.MAC_APPLICATIONS


def test_playwrights_own_download_is_found(machine):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        place = browser.Path(playwright.chromium.executable_path)
    assert machine.parent in place.parents
    program(place, STARTS)
    assert browser.find() == place


def test_without_any_it_says_what_to_do(machine):
    with pytest.raises(browser.BrowserError, match=r"No Chromium or Chrome was found. .*make test.* LBF_CHROMIUM"):
        browser.find()


def test_a_browser_that_is_there_is_used_and_told_in_one_line(machine, downloads, capsys):
    found = program(machine / "chromium", STARTS)
    assert browser.main([]) == 0 and not downloads.exists()
    assert capsys.readouterr().out == f"Browser for tests/browser: {found} (already installed)\n"


def test_root_installs_debians_package(machine, downloads, monkeypatch, capsys):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    program(machine / "apt-get", f'case "$*" in *"install "*chromium) {writes(machine / "chromium")};; esac')
    assert browser.main([]) == 0 and not downloads.exists()
    first, last = capsys.readouterr().out.splitlines()
    assert "installing one" in first
    assert last == f"Browser for tests/browser: {machine / 'chromium'} (installed with apt-get)"


def test_a_user_with_passwordless_sudo_installs_it_through_sudo(machine, downloads, monkeypatch):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    program(machine / "sudo", '[ "$1" = -n ] || exit 9; shift; [ "$1" = true ] && exit 0; SUDO=yes exec "$@"')
    program(machine / "apt-get", f'[ "$SUDO" = yes ] || exit 1; {writes(machine / "chromium")}')
    assert browser.install() == (machine / "chromium", "apt-get")


@pytest.mark.parametrize("sudo", [None, "exit 1"])
def test_a_user_who_may_not_install_packages_gets_playwrights_download(machine, downloads, monkeypatch, sudo):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    program(machine / "apt-get", writes(machine / "chromium"))
    if sudo:
        program(machine / "sudo", sudo)
    place = machine / "chrome"
    monkeypatch.setattr(sys, "executable", str(program(machine / "python", f"echo $@ > {downloads}; {writes(place)}")))
    assert browser.install() == (place, "Playwright")
    assert downloads.read_text().split() == ["-m", "playwright", "install", "--no-shell", "chromium"]


def test_a_package_that_holds_no_browser_is_followed_by_playwrights_download(machine, downloads, monkeypatch):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    program(machine / "apt-get", f"printf '#!/bin/sh\\nexit 1\\n' > {machine / 'chromium'}; /bin/chmod 755 {machine}/chromium")
    place = machine / "chrome"
    monkeypatch.setattr(sys, "executable", str(program(machine / "python", f"echo $@ > {downloads}; {writes(place)}")))
    assert browser.install() == (place, "Playwright")
    assert "--with-deps" in downloads.read_text()


def test_when_nothing_works_every_attempt_and_the_way_out_are_told(machine, downloads, monkeypatch, capsys):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    program(machine / "apt-get", 'echo "E: Unable to locate package chromium" >&2; exit 100')
    assert browser.main([]) == 1
    said = capsys.readouterr().err
    assert "apt-get: E: Unable to locate package chromium" in said
    assert "Playwright: ended with 1" in said and "set LBF_CHROMIUM" in said
