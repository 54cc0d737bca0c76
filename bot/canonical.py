"""Canonical JSON, and a strict reading of JSON that others may have written.

Equal content gives equal bytes: keys sorted, no spaces, ASCII, one line. Reading checks every type,
so that no record is built of something that merely looks like one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gitops.errors import InvalidInput

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


def encode(content: Json) -> bytes:
    """One line of canonical JSON with a newline at its end."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def instant(at: datetime) -> str:
    """A moment in UTC as RFC 3339, microseconds only where there are any.

    Raises:
        ValueError: `at` names no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read what `instant` wrote, and any other ISO 8601 moment with a zone.

    Raises:
        InvalidInput: anything else.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("not a moment in time") from error
    if at.tzinfo is None:
        raise InvalidInput("a moment without a time zone")
    if not 1 < at.year < 9999:
        # So close to the ends of time nothing can be added, and no zone be changed.
        raise InvalidInput("a moment that no clock shows")
    return at


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object; each method reads one key, and raises InvalidInput unless it is as asked."""

    content: Mapping[str, object]

    @classmethod
    def parse(cls, data: bytes) -> "Fields":
        """Read one JSON object.

        Raises:
            InvalidInput: no JSON, no object, not UTF-8, or nested too deeply to read.
        """
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InvalidInput("not JSON") from error
        return cls._of(content, "the whole")

    @classmethod
    def parse_each(cls, data: bytes) -> "tuple[Fields, ...]":
        """Read a JSON list of objects.

        Raises:
            InvalidInput: no JSON, no such list, not UTF-8, or nested too deeply to read.
        """
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InvalidInput("not JSON") from error
        if not isinstance(content, list):
            raise InvalidInput("the whole is not a list")
        return tuple(cls._of(item, "an item of the whole") for item in content)

    @classmethod
    def _of(cls, content: object, name: str) -> "Fields":
        if not isinstance(content, dict):
            raise InvalidInput(f"{name} is not an object")
        return cls(content)

    def text(self, key: str) -> str:
        """A string."""
        value = self.content.get(key)
        if not isinstance(value, str):
            raise InvalidInput(f"{key!r} is not a string")
        return value

    def optional(self, key: str) -> str | None:
        """A string, or None for null; the key must be there."""
        if key in self.content and self.content[key] is None:
            return None
        return self.text(key)

    def number(self, key: str) -> int:
        """A whole number."""
        value = self.content.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidInput(f"{key!r} is not a whole number")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.content.get(key)
        if not isinstance(value, bool):
            raise InvalidInput(f"{key!r} is neither true nor false")
        return value

    def moment(self, key: str) -> datetime:
        """A moment with a zone."""
        return moment(self.text(key))

    def time(self, key: str) -> datetime | None:
        """The same, or None where there is none: null, or no such key."""
        return None if self.content.get(key) is None else self.moment(key)

    def inner(self, key: str) -> "Fields":
        """An object."""
        return self._of(self.content.get(key), repr(key))

    def each(self, key: str) -> tuple["Fields", ...]:
        """A list of objects."""
        return tuple(self._of(item, f"an item of {key!r}") for item in self._list(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        items = self._list(key)
        if not all(isinstance(item, str) for item in items):
            raise InvalidInput(f"{key!r} is not a list of strings")
        return tuple(item for item in items if isinstance(item, str))

    def _list(self, key: str) -> list[object]:
        value = self.content.get(key)
        if not isinstance(value, list):
            raise InvalidInput(f"{key!r} is not a list")
        return value
