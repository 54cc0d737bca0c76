"""The body of an HTTP answer: as much of it as was asked for, and known to be whole."""

import zlib
from collections.abc import AsyncIterator, Iterator

import aiohttp

from bot.adapters.registry_credentials import origin_of
from gitops.errors import Unavailable

_PIECE = 64 << 10
"""The most bytes that are decompressed at once."""


def expect_an_end(response: aiohttp.ClientResponse) -> None:
    """Refuse a body that ends when the connection does: half of it might pass for the whole.

    Raises:
        Unavailable: the head tells neither length nor pieces.
    """
    told = {"Content-Length", "Transfer-Encoding"} & set(response.headers)
    if not told and response.headers.get("Content-Encoding", "").lower() != "gzip":
        name = origin_of(response.url) or ""
        raise Unavailable("does not say where its answer ends", service=name)


async def pieces(
    response: aiohttp.ClientResponse, largest: int, accepted: str
) -> AsyncIterator[bytes]:
    """The body as it was before it was compressed, and not a byte more than `largest`.

    Args:
        response: whose head has come.
        largest: bytes.
        accepted: the `Accept-Encoding` that was sent: `identity` or `gzip`.

    Raises:
        Unavailable: it is larger, compressed otherwise, or not whole.
    """
    name = origin_of(response.url) or ""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", accepted}:
        raise Unavailable("answered in an encoding that was not asked for", service=name)
    inflater = None if encoding == "identity" else zlib.decompressobj(wbits=31)
    size = 0
    async for chunk in response.content.iter_any():
        for piece in (chunk,) if inflater is None else _inflated(chunk, inflater, name):
            size += len(piece)
            if size > largest:
                raise Unavailable(f"answered with more than {largest} bytes", service=name)
            yield piece
    if inflater is not None and not inflater.eof:
        raise Unavailable("ended its answer before it was whole", service=name)


def _inflated(chunk: bytes, inflater: "zlib._Decompress", name: str) -> Iterator[bytes]:
    while chunk:
        try:
            piece = inflater.decompress(chunk, _PIECE)
        except zlib.error:
            raise Unavailable("sent something that is no gzip", service=name) from None
        if piece:
            yield piece
        if inflater.unused_data:
            raise Unavailable("sent something behind the end of its gzip", service=name)
        chunk = inflater.unconsumed_tail
