"""Waiting that ends early."""

import asyncio
from contextlib import suppress


async def pause(until: asyncio.Event, seconds: float) -> None:
    """Return after `seconds`, or as soon as `until` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0)):
            await until.wait()
