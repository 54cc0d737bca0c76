"""The same look-ups with the same library, one request after another on one kept connection."""

import asyncio
import json
import sys
import time

import aiohttp


async def tags(session: aiohttp.ClientSession, url: str) -> int:
    """How many tags a repository has: its list, and what comes behind the last of it."""
    found: list[str] = []
    asked = f"{url}?n=1000"
    while True:
        async with session.get(asked) as response:
            fresh = json.loads(await response.read())["tags"]
        if not fresh:
            return len(found)
        found += fresh
        asked = f"{url}?n=1000&last={found[-1]}"


async def poll(port: str, count: int) -> list[int]:
    """Every repository in turn."""
    async with aiohttp.ClientSession() as session:
        root = f"http://127.0.0.1:{port}/v2"
        return [
            await tags(session, f"{root}/team-{number % 40}/app-{number}/tags/list")
            for number in range(count)
        ]


began, used = time.perf_counter(), time.process_time()
found = asyncio.run(poll(sys.argv[1], int(sys.argv[2])))
seconds, cpu = time.perf_counter() - began, time.process_time() - used
print(json.dumps({"seconds": seconds, "cpu": cpu, "tags": found}))
