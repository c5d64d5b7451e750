"""What the tests of the endpoints ask, and a client that speaks MCP."""

import json
from contextlib import asynccontextmanager

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from tests.server import ROOT

EXAMPLES = ROOT / "assets" / "examples"
SHOWN = json.loads((EXAMPLES / "examples.json").read_text())
EXAMPLE = SHOWN[0]
SCENE = next(example for example in SHOWN if example["gallery"] == "css")


@asynccontextmanager
async def mcp_session(app_url):
    """A session of a program that speaks MCP with the app."""
    async with (
        streamablehttp_client(f"{app_url}/gradio_api/mcp/") as (reader, writer, _),
        ClientSession(reader, writer) as session,
    ):
        await session.initialize()
        yield session
