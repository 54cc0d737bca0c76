"""The operator's key for the state branch, and the envelope that a record is sealed in. Pure."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from bot.canonical import Fields, Json, encode
from bot.secret import Secret
from gitops.errors import InvalidInput

SHORTEST_KEY = 32
"""Characters."""

_DOMAIN = b"fairlead state branch, one record"
_ENVELOPE = re.compile(rb'\{"mac":"([0-9a-f]{64})","record":(\{.*\})\}\n', re.DOTALL)


@dataclass(frozen=True, slots=True)
class StateKey:
    """The operator's key for the state branch of one fleet."""

    fleet: str
    secret: Secret = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret.reveal()) < SHORTEST_KEY:
            raise InvalidInput(
                f"FAIRLEAD_STATE_KEY has fewer than {SHORTEST_KEY} characters",
                "give a long random one, such as `openssl rand -hex 32` prints",
            )

    def mac(self, path: str, content: bytes) -> str:
        """64 hex digits over fleet, path and content, each preceded by its length."""
        parts = (_DOMAIN, self.fleet.encode(), path.encode("utf-8", "surrogateescape"), content)
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self.secret.reveal().encode(), message, hashlib.sha256).hex()

    def agrees(self, path: str, content: bytes, mac: bytes) -> bool:
        """Whether `mac` is the MAC, compared in constant time."""
        return hmac.compare_digest(self.mac(path, content).encode(), mac)

    def sealed(self, path: str, record: Json) -> bytes:
        """A record file: the record in canonical JSON, and its MAC."""
        content = encode(record).rstrip(b"\n")
        return b'{"mac":"%b","record":%b}\n' % (self.mac(path, content).encode(), content)

    def opened(self, path: str, data: bytes) -> Fields:
        """The record of a file that `sealed` made.

        Raises:
            InvalidInput: it is none, or its MAC is not valid.
        """
        parts = _ENVELOPE.fullmatch(data)
        if parts is None:
            raise InvalidInput("not a record as Fairlead writes it")
        if not self.agrees(path, parts[2], parts[1]):
            raise InvalidInput("its MAC is not valid")
        return Fields.parse(parts[2])
