"""`Secret`: a text that travels only where somebody asks for it by name."""

import hmac
import re
from typing import NoReturn

# To the last @ there is: a password that nobody escaped may hold one, or a slash.
_USERINFO = re.compile(r"(?<=://)[^\s'\"]*@")
_QUERY = re.compile(r"(://[^\s?]*\?)[^\s'\"]+")


class Secret:
    """A credential. Printing, formatting and logging it show `***`; pickling it is refused."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one call that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")


def without_credentials(text: str) -> str:
    """A text whose URLs name no user, password or query."""
    return _QUERY.sub(r"\1***", _USERINFO.sub("", text))
