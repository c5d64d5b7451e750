"""Where the demo page is served: the flags for it, and a check of the address before anything is loaded."""

import argparse
import errno
import os
import socket

_LOCAL = "127.0.0.1"


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add --host and --port; their defaults come from Gradio's variables, and an empty one counts as unset."""
    host = os.environ.get("GRADIO_SERVER_NAME") or _LOCAL
    parser.add_argument("--host", default=host, help=f"address to listen on (default: GRADIO_SERVER_NAME, or {_LOCAL})")
    port = os.environ.get("GRADIO_SERVER_PORT") or "7860"
    parser.add_argument("--port", type=_port, default=port, help="(default: GRADIO_SERVER_PORT, or 7860)")


def reserve_names(port: int) -> None:
    """Put the port where Gradio looks for it, before it is imported: it reads its variables then, and fails on empty ones.

    Gradio takes the address as an argument. It uses the address in the variable only to try ports, and that must be IPv4.
    """
    os.environ["GRADIO_SERVER_PORT"], os.environ["GRADIO_SERVER_NAME"] = str(port), _LOCAL


def check_address(host: str, port: int) -> str:
    """Refuse an address that the server cannot listen on; returns it as written in a URL, with IPv6 in brackets.

    Raises:
        ValueError: the message says what to do.
    """
    name = host.removeprefix("[").removesuffix("]")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError):
        raise ValueError(f"--host {host}: no such address; use {_LOCAL}, or 0.0.0.0 for other machines, too") from None
    try:
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port that was just freed counts as in use
            tried.bind(address)
    except OSError as error:
        told = {
            errno.EADDRINUSE: f"--port {port}: in use by another program; name another port",
            errno.EACCES: f"--port {port}: reserved for the system; name one from 1024 up",
        }
        other = f"--host {host}: not an address of this machine; use {_LOCAL}, or 0.0.0.0 for other machines, too"
        raise ValueError(told.get(error.errno, other)) from None
    return f"[{name}]" if family == socket.AF_INET6 else name


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number from 1 to 65535")
    return int(text)
