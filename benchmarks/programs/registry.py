"""A registry on loopback that lets every answer wait; prints its port, ends with its input.

It answers tag lists of any repository below /v2/ with the same tags, honours `last`, and stands for
the network and the registry together. Argument: the delay in milliseconds.
"""

import asyncio
import json
import re
import sys
from functools import lru_cache
from urllib.parse import unquote

TAGS = [f"v1.{number}.0" for number in range(100)]
_LAST = re.compile(rb"GET /v2/[^ ]*?[?&]last=([^& ]*)")


@lru_cache
def answer(last: bytes) -> bytes:
    """The whole answer to a request for the tags behind one."""
    behind = unquote(last.decode())
    tags = TAGS[TAGS.index(behind) + 1 :] if behind else TAGS
    body = json.dumps({"name": "app", "tags": tags}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Conversation(asyncio.Protocol):
    """One kept connection; requests are answered one after another, as no client pipelines."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole, later."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            request, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            last = _LAST.match(request)
            said = answer(last[1] if last else b"")
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, said)


async def serve(delay: float) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(delay), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) / 1000))
