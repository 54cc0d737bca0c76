"""Calls, answers and the table of what a face knows; an unknown call is answered 501."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from tests.stand_ins.model import Person, Token


@dataclass(frozen=True)
class Upload:
    """A file that came in a form."""

    name: str
    content: bytes


@dataclass
class Call:
    """What was asked; a face adds who asks and which parts of the path are names.

    `path` is below the face's root, still percent-encoded. `query` and `fields` hold lists where a
    name is repeated or ends in `[]` (which is taken off); `fields` are query and body in one.
    """

    method: str
    path: str
    query_text: str
    headers: Message
    body: bytes
    origin: str = ""
    token: Token | None = None
    caller: Person | None = None
    parts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.query: dict[str, Any] = _gather(parse_qsl(self.query_text, keep_blank_values=True))
        self.content: Any = self._content()
        body = self.content if isinstance(self.content, dict) else {}
        self.fields: dict[str, Any] = {**self.query, **body}

    @property
    def person(self) -> Person:
        """Who asks; where a route demands somebody, there is somebody."""
        if self.caller is None:
            raise Refused(401, {"message": "401 Unauthorized"})
        return self.caller

    def known(self) -> None:
        """Refuse whom nobody knows."""
        assert self.person is self.caller

    def number(self, name: str) -> int:
        """A part of the path that is a whole number; anything else is not found."""
        try:
            return int(self.parts[name])
        except ValueError:
            raise Refused(404, {"error": "404 Not Found"}) from None

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value, as forms, queries and JSON write it."""
        value = self.fields.get(name, default)
        return value if isinstance(value, bool) else str(value).casefold() in {"true", "1", "yes"}

    def text(self, name: str, default: str = "") -> str:
        """A text; a number is written out."""
        value = self.fields.get(name)
        return default if value is None else str(value)

    def many(self, name: str) -> list[Any]:
        """A list, also where it came as one value or with commas in a text."""
        value = self.fields.get(name)
        if value is None or value == "":
            return []
        if isinstance(value, list):
            return [one for one in value if one != ""]
        return [one.strip() for one in value.split(",")] if isinstance(value, str) else [value]

    def _content(self) -> Any:
        kind = self.headers.get("Content-Type", "")
        if not self.body:
            return None
        if kind.startswith("multipart/form-data"):
            return _parts(kind, self.body)
        if kind.startswith("application/x-www-form-urlencoded"):
            return _gather(parse_qsl(self.body.decode(), keep_blank_values=True))
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass
class Answer:
    """`content` is JSON, or bytes as they are; None: nothing."""

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Listing:
    """Items of which one page is answered, each as its shape; `total`: whether their number is."""

    items: list[Any]
    shape: Callable[[Any], Any]
    total: bool = True


class Refused(Exception):
    """The call ends with this status; the content is the face's usual error body."""

    def __init__(
        self, status: int, content: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, content)
        self.answer = Answer(status, content, dict(headers or {}))


Handle = TypeVar("Handle", bound=Callable[..., Any])


class Routes:
    """Which function answers what; `:name` in a path is one segment, `*name` the rest."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, re.Pattern[str], Callable[..., Any]]] = []

    def on(self, method: str, path: str) -> Callable[[Handle], Handle]:
        """The decorated function answers this."""

        def add(handle: Handle) -> Handle:
            expression = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path)
            expression = re.sub(r"\*(\w+)", r"(?P<\1>.+)", expression)
            self._rows.append((method, path, re.compile(f"{expression}/?"), handle))
            return handle

        return add

    def known(self) -> list[tuple[str, str]]:
        """Methods and paths, as they were written down."""
        return [(method, written) for method, written, _, _ in self._rows]

    def find(self, method: str, path: str) -> tuple[Callable[..., Any], dict[str, str], str] | None:
        """The function, the named parts of the path, and the path as it was written down."""
        for known, written, pattern, handle in self._rows:
            if known == method and (match := pattern.fullmatch(path)):
                parts = {k: unquote(v) for k, v in match.groupdict().items()}
                return handle, parts, written
        return None


def _gather(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    gathered: dict[str, Any] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            gathered.setdefault(name.removesuffix("[]"), []).append(value)
        elif match := re.fullmatch(r"(\w+)\[(\w+)\]", name):
            gathered.setdefault(match[1], {})[match[2]] = value
        else:
            gathered[name] = value
    return gathered


def _parts(kind: str, body: bytes) -> dict[str, Any]:
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        file = part.get_filename()
        found[name] = data.decode() if file is None else Upload(file, data)
    return found
