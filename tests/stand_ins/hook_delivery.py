"""Webhooks on their way: sent one after the other in the background, as a forge does."""

import http.client
import json
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.stand_ins.chaos import Chaos

_TIME = 10.0


@dataclass(frozen=True)
class Delivery:
    """One message, and how it was answered: None, nobody was there."""

    url: str
    headers: Mapping[str, str]
    body: Any
    status: int | None = None


class Deliverer:
    """Sends to http addresses; remembers what it sent. `stop` waits until all is sent."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self._waiting: queue.Queue[Delivery | None] = queue.Queue()
        self.sent: list[Delivery] = []
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def send(self, url: str, headers: Mapping[str, str], body: Any) -> None:
        """Put a message on its way; twice where chaos says so."""
        for _ in range(2 if self._chaos.doubled_hooks else 1):
            self._waiting.put(Delivery(url, headers, body))

    def settle(self) -> None:
        """Wait until nothing is on its way."""
        self._waiting.join()

    def stop(self) -> None:
        """Send what is left, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (message := self._waiting.get()) is not None:
            status = _post(message)
            self.sent.append(Delivery(message.url, message.headers, message.body, status))
            self._waiting.task_done()
        self._waiting.task_done()


def _post(message: Delivery) -> int | None:
    parts = urlsplit(message.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_TIME)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        sent = {"Content-Type": "application/json", **message.headers}
        connection.request("POST", path, json.dumps(message.body), sent)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()
