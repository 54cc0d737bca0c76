"""Every exception that is raised, handled or not, and the credentials that none may show.

What a person is told of a failure is searched elsewhere. But a cause that nobody prints today is
printed by the next debugger, log or report of a crash: so each exception is looked at when it is
raised, the libraries' own among them, and in every thread.
"""

import base64
import os
import sys
import threading
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import quote

from tests.canaries import SHORTEST, planted

WITNESS = "WITNESS_EXCEPTIONS"
"""The variable with which a command of an end-to-end story is watched; it takes a third more."""

_MARGIN = 2
"""Characters at each end of a base64 text that its neighbours may change."""


def credentials(environment: Mapping[str, str]) -> Iterator[str]:
    """Those of the environment, and those in the files that the settings name."""
    yield from (value for _, value in planted(environment))
    settings = Path(environment.get("FAIRLEAD_SETTINGS", ""))
    if not settings.is_file():
        return
    for origin in tomllib.loads(settings.read_text()).get("origins", []):
        file = Path(origin.get("password_file", ""))
        text = file.read_text().strip() if file.is_file() else ""
        if len(text) >= SHORTEST:
            yield text


def guises(secret: str) -> frozenset[str]:
    """A secret as it is, as it stands in a URL, and in base64 behind whatever user name."""
    data = secret.encode()
    found = {secret, quote(secret, safe="")}
    for before in range(3):
        text = base64.b64encode(b"-" * before + data).decode().rstrip("=")
        found.add(text[before + _MARGIN : -_MARGIN])
    return frozenset(found)


class Witness:
    """Looks at what is raised while it watches; `shown` says where a credential was seen.

    Source: Python library reference, `sys.settrace`: a frame's own function hears `exception`.
    """

    def __init__(
        self, secrets: Collection[str], seen: Callable[[str], None] = lambda _: None
    ) -> None:
        """`seen` hears of each at once."""
        self.shown: list[str] = []
        self.looked_at = 0
        self._guises = frozenset[str]().union(*map(guises, secrets))
        self._seen = seen
        self._last: object = None

    def __enter__(self) -> Self:
        threading.settrace(self._called)
        sys.settrace(self._called)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        frame.f_trace_lines = False
        return self._inside

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:
        # It is heard of again in each frame that it passes; and a result is none.
        if event != "exception" or issubclass(argument[0], StopIteration | StopAsyncIteration):
            return self._inside
        if argument[1] is not self._last:
            self._last = argument[1]
            self._look_at(argument[1], f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return self._inside

    def _look_at(self, raised: object, place: str) -> None:
        self.looked_at += 1
        text = f"{raised!r} {raised} {getattr(raised, 'hint', '')}"
        text += " ".join(getattr(raised, "__notes__", ()))
        if any(guise in text for guise in self._guises):
            told = f"a {type(raised).__name__} shows a credential, at {place}"
            self.shown.append(told)
            self._seen(told)


def end(told: str) -> None:
    """Of a whole process: nothing that handles exceptions can keep it from ending."""
    sys.stderr.write(f"{told}\n")
    sys.stderr.flush()
    os._exit(70)
