"""make test: find the Chromium or Chrome that tests/browser drives, or install one.

    python -m scripts.browser

It looks, in this order, at what LBF_CHROMIUM names, the usual names on PATH, the Applications folder of macOS, and Playwright's
own download. If there is none, it installs Debian's package if it may use apt-get without a password; otherwise, or if that
fails (Ubuntu has only a snap), Playwright downloads a Chromium of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "LBF_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = tuple(
    folder / f"{name}.app" / "Contents" / "MacOS" / name
    for folder in (Path("/Applications"), Path.home() / "Applications")
    for name in ("Google Chrome", "Chromium")
)
_START_SECONDS = 60  # for a browser to print its version, on a busy machine
_INSTALL_SECONDS = 1800
_HINT = f"Install Chromium or Google Chrome yourself, or set {VARIABLE} to the path of one."


class BrowserError(Exception):
    """There is no browser to use; the message says what to do."""


def find() -> Path:
    """The first browser that starts.

    Raises:
        BrowserError: there is none, or LBF_CHROMIUM names something that does not start.
    """
    if named := os.environ.get(VARIABLE):
        path = shutil.which(named)
        if path is None or not _starts(path):
            raise BrowserError(f"{VARIABLE}={named}: no browser starts from this. Correct or unset {VARIABLE}.")
        return Path(path)
    for path in _candidates():
        if _starts(path):
            return Path(path)
    raise BrowserError(f"No Chromium or Chrome was found. Run `make test`, which installs one. {_HINT}")


def install() -> tuple[Path, str]:
    """Install a browser for this machine or user.

    Returns:
        Its path, and what installed it.

    Raises:
        BrowserError: nothing worked; the message holds what each attempt printed last.
    """
    as_root = _as_root()
    # The system's package brings the libraries that a browser needs; Playwright's download leaves that to the system.
    libraries = ["--with-deps"] if as_root is not None else []
    attempts = {"Playwright": [[sys.executable, "-m", "playwright", "install", *libraries, "--no-shell", "chromium"]]}
    if as_root is not None:
        apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        attempts = {"apt-get": [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", "chromium"]]} | attempts
    failures = []
    for name, commands in attempts.items():
        problem = next(filter(None, map(_run, commands)), "")
        try:
            return find(), name
        except BrowserError:
            failures.append(f"{name}: {problem or 'it installed no browser that starts'}")
    raise BrowserError("\n  ".join(["No Chromium or Chrome was found, and none could be installed.", *failures, _HINT]))


def main(arguments: list[str] | None = None) -> int:
    """Say in one line which browser the tests use; returns 1 if there is none and none could be installed."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(arguments)
    try:
        print(f"Browser for tests/browser: {find()} (already installed)")
        return 0
    except BrowserError as error:
        if os.environ.get(VARIABLE):
            print(f"error: {error}", file=sys.stderr)
            return 1
    print("No Chromium or Chrome was found; installing one (a download of 100 to 200 MB) ...", flush=True)
    try:
        path, how = install()
    except BrowserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Browser for tests/browser: {path} (installed with {how})")
    return 0


def _candidates() -> Iterator[str | Path]:
    yield from filter(None, map(shutil.which, NAMES))
    yield from (path for path in MAC_APPLICATIONS if path.is_file())
    if downloaded := _playwright_download():
        yield downloaded


def _playwright_download() -> Path | None:
    """Where Playwright keeps its own Chromium, if it was downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def _starts(path: str | Path) -> bool:
    """False for Ubuntu's stub that only names a snap, and for a download whose libraries are missing."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=_START_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _as_root() -> list[str] | None:
    """The words to put before apt-get; None if it does not exist or would ask for a password."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def _run(command: list[str]) -> str:
    """Run a command quietly; returns what went wrong, or ""."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr.strip() or done.stdout.strip() or f"ended with {done.returncode}").splitlines()
    return said[-1] if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
