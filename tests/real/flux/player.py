"""Whoever plays a controller: looks at the objects of an API server, and writes their status."""

from abc import ABC, abstractmethod
from typing import Any, Self

from tests.real.flux.api import Object
from tests.real.flux.loop import Loop
from tests.real.flux.server import ADMINISTRATOR, ApiServer

_EVERY = 1.0


class Player(ABC):
    """Plays the objects of one API server while it is entered."""

    def __init__(self, server: ApiServer) -> None:
        self._api = server.api(ADMINISTRATOR)
        self.loop = Loop(self._look, _EVERY)

    def __enter__(self) -> Self:
        self.loop.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.loop.__exit__()
        finally:
            self._api.close()

    @abstractmethod
    def _look(self) -> None:
        """Look at everything once."""

    def _tell(self, found: Object, status: dict[str, Any]) -> None:
        """Write what of an object's status is otherwise."""
        before = found.get("status", {})
        # The server leaves noughts out.
        if all(before.get(key, 0) == value for key, value in status.items()):
            return
        meta = found["metadata"]
        place = self._api.place(found["apiVersion"], found["kind"], meta["name"], meta["namespace"])
        media = "application/merge-patch+json"
        answer = self._api.ask("PATCH", f"{place}/status", {"status": status}, media=media)
        # Flux may have pruned it in between.
        if answer.status_code != 404:
            answer.raise_for_status()
