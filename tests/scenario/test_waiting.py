"""A bot that waits for its next tick keeps nothing of the last one that nobody needs."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest

from bot.tick import Ticked
from gitops.errors import FairleadError
from tests.scenario.telling import Story


class Large:
    """What a call had read, and its own traceback holds."""

    def __init__(self) -> None:
        self.held = self


@pytest.fixture
def _no_looking() -> Iterator[None]:
    """Python looks for garbage only when it is told to."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_looking")
def test_what_a_tick_has_left_is_gone_before_the_bot_waits(tmp_path: Path) -> None:
    left: list[ref[Large]] = []
    stopped = threading.Event()
    there: list[bool] = []

    class Waiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout == 60
            there.extend(each() is not None for each in left)
            stopped.set()
            return True

    def said(_ticked: Ticked) -> None:
        left.append(ref(Large()))
        assert left[-1]() is not None

    def failed(error: FairleadError) -> None:
        raise error

    with Story.new(tmp_path) as story:
        story.begin(story.files(), dev="merge-request")
        story.world.loop().forever(60, Waiting(), stopped, said, failed)
    assert there == [False] * len(left) != []
