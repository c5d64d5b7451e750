"""Pictures at http addresses, if `--allow-urls` lets the server fetch them."""

import asyncio
import ipaddress
import socket

import gradio as gr
import httpx
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from safehttpx import AsyncSecureTransport

from lbf_model.vision.pictures import MAX_BYTES

MAX_SECONDS = 10  # for everything, including name lookups and redirects
_MAX_REDIRECTIONS = 3
NOT_FETCHED = (
    f"This address could not be fetched. It must be public, answer within {MAX_SECONDS} seconds and hold at most "
    f"{MAX_BYTES // 2**20} MiB. Or upload the picture instead."
)


async def download_picture(url: str) -> str:
    """Fetch a file into the upload folder.

    Args:
        url: http or https. Neither it nor what it redirects to may lead into the server's own network.

    Returns:
        Where the file is. Its content is not checked yet.

    Raises:
        gr.Error: it could not be fetched within the limits. The message is always the same, so it reveals nothing about the
            server's network.
    """
    try:
        async with asyncio.timeout(MAX_SECONDS):
            for _ in range(1 + _MAX_REDIRECTIONS):
                content, url = await _get(httpx.URL(url))
                if content is not None:
                    return save_bytes_to_cache(content, "picture", get_upload_folder())
    except (OSError, ValueError, TimeoutError, httpx.HTTPError, httpx.InvalidURL):
        pass
    raise gr.Error(NOT_FETCHED, title="Please upload the picture")


async def _get(url: httpx.URL) -> tuple[bytes | None, str]:
    """The content at an address; or None, and the address to which it redirects.

    Raises:
        ValueError: an address that is not public, or more than MAX_BYTES.
        OSError, httpx.HTTPError: it cannot be reached, or answers with an error.
    """
    # Connect to the very address that was checked: a second lookup of the name may return another one.
    transport = AsyncSecureTransport(await _public_address(url))
    plain = {"Accept-Encoding": "identity"}  # a compressed answer could grow past any limit
    async with httpx.AsyncClient(transport=transport, headers=plain) as client, client.stream("GET", url) as response:
        if response.has_redirect_location:
            return None, str(url.join(response.headers["Location"]))
        response.raise_for_status()
        content = bytearray()
        async for part in response.aiter_raw():
            content += part
            if len(content) > MAX_BYTES:
                raise ValueError("too large")
        return bytes(content), ""


async def _public_address(url: httpx.URL) -> str:
    if url.scheme not in ("http", "https"):
        raise ValueError("another protocol")
    found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(socket_address[0]) for *_, socket_address in found]
    for address in addresses:
        if not (getattr(address, "ipv4_mapped", None) or address).is_global:
            raise ValueError("not public")
    return str(addresses[0])
