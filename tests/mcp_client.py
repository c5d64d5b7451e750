"""A client that speaks MCP."""

from contextlib import asynccontextmanager

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


@asynccontextmanager
async def mcp_session(app_url):
    """A session of a program that speaks MCP with the app at an address."""
    async with (
        streamablehttp_client(f"{app_url.rstrip('/')}/gradio_api/mcp/") as (reader, writer, _),
        ClientSession(reader, writer) as session,
    ):
        await session.initialize()
        yield session
