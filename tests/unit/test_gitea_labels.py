"""Labels on Gitea, which lets two have the same name: each is made once, whoever needs it first."""

from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest

from gitops.errors import Unavailable
from tests.unit.oci_stand_in import Asked, Said, StandIn
from tests.unit.test_gitea import TEXT, forge, pull

LOST = Said(500, {"message": "the answer is lost"})


class Labelled:
    """A repository; it does not say so the first `lost` times that it makes a label."""

    def __init__(self, lost: int = 0) -> None:
        self.labels: list[dict[str, Any]] = []
        self.lost = lost
        self.meeting = Barrier(2)

    def __call__(self, asked: Asked) -> Said:
        if asked.path.endswith("/pulls"):
            return Said(201, pull())
        if asked.method == "GET":
            first = asked.query.get("page", "1") == "1"
            return Said(200, list(self.labels) if first else [])
        try:
            self.meeting.wait(0.3)
        except BrokenBarrierError:
            self.meeting.reset()
        made = {"id": len(self.labels) + 1, "name": "prod"}
        self.labels.append(made)
        self.lost -= 1
        return LOST if self.lost >= 0 else Said(201, made)


def test_two_that_are_opened_at_once_make_a_label_once() -> None:
    there = Labelled()
    with StandIn(there) as stand_in:
        bot = forge(stand_in)
        asks = [(f"promote/{each}", "main", TEXT, ["prod"]) for each in "ab"]
        threads = [Thread(target=bot.open, args=each) for each in asks]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(there.labels) == 1
        assert [each.path.rpartition("/")[2] for each in stand_in.asked].count("pulls") == 2


def test_a_label_whose_making_was_not_answered_is_looked_for_before_it_is_made_again() -> None:
    there = Labelled(lost=1)
    with StandIn(there) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(Unavailable):
            bot.open("promote/a", "main", TEXT, ["prod"])
        bot.open("promote/a", "main", TEXT, ["prod"])
        assert len(there.labels) == 1
        assert '"labels": [1]' in stand_in.asked[-1].body
