"""What is settled on Gitea is read once, and nothing that changes is missed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.model import MergeRequestState
from tests.unit.oci_stand_in import Asked, Said, StandIn
from tests.unit.test_gitea import MERGED, REPOSITORY, forge, pull

PAGE = 3
EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Shelf:
    """Merge requests that change, an hour between changes, listed in small pages."""

    def __init__(self, merged: int) -> None:
        self._hours = 0
        self.pulls: dict[int, dict[str, Any]] = {}
        for number in range(1, merged + 1):
            self.put(number, "merged")

    def put(self, number: int, state: str) -> None:
        self._hours += 1
        now = (EPOCH + timedelta(hours=self._hours)).isoformat()
        merged, closed = state == "merged", state != "open"
        self.pulls[number] = pull(
            number,
            state="closed" if closed else "open",
            merged=merged,
            merge_commit_sha=MERGED if merged else None,
            closed_at=now if closed else None,
            updated_at=now,
        )

    def __call__(self, asked: Asked) -> Said:
        if asked.path == "/api/v1/user":
            return Said(200, {"login": "fairlead"})
        if asked.path != f"{REPOSITORY}/pulls":
            return Said(200, [])
        wanted = asked.query["state"]
        found = [p for p in self.pulls.values() if wanted in {"all", p["state"]}]
        by_change = asked.query["sort"] == "recentupdate"
        key = "updated_at" if by_change else "number"
        found.sort(key=lambda p: str(p[key]) if by_change else p["number"], reverse=by_change)
        last = int(asked.query["page"]) * PAGE
        link = '<http://127.0.0.1/>; rel="next"' if last < len(found) else ""
        headers = {"Link": link, "X-Total-Count": str(len(found))}
        return Said(200, found[last - PAGE : last], headers)


def lists(stand_in: StandIn) -> int:
    return sum(asked.path == f"{REPOSITORY}/pulls" for asked in stand_in.asked)


def test_what_is_settled_is_not_read_again() -> None:
    with StandIn(Shelf(merged=30)) as stand_in:
        bot = forge(stand_in)
        first = bot.merge_requests()
        whole = lists(stand_in)
        assert (len(first), whole) == (30, 10)
        assert bot.merge_requests() == first
        assert lists(stand_in) == whole + 2


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        ("", "open", MergeRequestState.OPEN),
        ("", "merged", MergeRequestState.MERGED),
        ("", "closed", MergeRequestState.CLOSED),
        ("open", "merged", MergeRequestState.MERGED),
        ("open", "closed", MergeRequestState.CLOSED),
        ("closed", "open", MergeRequestState.OPEN),
        ("closed", "merged", MergeRequestState.MERGED),
    ],
)
def test_what_changed_is_told(before: str, after: str, state: MergeRequestState) -> None:
    shelf = Shelf(merged=20)
    if before:
        shelf.put(4, before)
        shelf.put(21, "merged")
    with StandIn(shelf) as stand_in:
        bot = forge(stand_in)
        bot.merge_requests()
        number = 4 if before else 30
        shelf.put(number, after)
        for _ in range(2):
            told = {r.number: r.state for r in bot.merge_requests()}
            assert told.pop(number) is state
            assert told == dict.fromkeys(shelf.pulls.keys() - {number}, MergeRequestState.MERGED)


def test_many_changes_are_all_told() -> None:
    shelf = Shelf(merged=20)
    with StandIn(shelf) as stand_in:
        bot = forge(stand_in)
        bot.merge_requests()
        for number in range(21, 40):
            shelf.put(number, "closed")
        told = {r.number for r in bot.merge_requests() if r.state is MergeRequestState.CLOSED}
        assert told == set(range(21, 40))


def test_what_was_open_and_is_nowhere_has_everything_read_again() -> None:
    shelf = Shelf(merged=20)
    shelf.put(4, "open")
    with StandIn(shelf) as stand_in:
        bot = forge(stand_in)
        bot.merge_requests()
        del shelf.pulls[4]
        assert {r.number for r in bot.merge_requests()} == shelf.pulls.keys()
