"""What a stand-in does over and over beside a test, and how the test hears of it when it fails."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self


class Loop:
    """Calls a step again and again, from the moment it is entered until it is left.

    Args:
        step: what is done each time. What it raises ends the loop, and leaving raises it again.
        every: seconds between the end of a step and the next one.
    """

    def __init__(self, step: Callable[[], None], every: float) -> None:
        self._step = step
        self._every = every
        self._over = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._done: Future[None] | None = None

    def __enter__(self) -> Self:
        self._done = self._thread.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.shutdown()
        if self._done is not None:
            self._done.result()

    def check(self) -> None:
        """Raise what ended it, if anything did."""
        if self._done is not None and self._done.done():
            self._done.result()

    def _run(self) -> None:
        while not self._over.is_set():
            self._step()
            self._over.wait(self._every)
