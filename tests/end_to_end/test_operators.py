"""Operators' verbs as child processes, on the embedded forge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import story
from tests.end_to_end.operators import Operator, comes_again, disappointed, goes_back
from tests.end_to_end.small_world import SmallWorld
from tests.end_to_end.verdicts import clean
from tests.end_to_end.world import RealWorld
from tests.real import docker_registry, git_http

pytestmark = [pytest.mark.real]

HOLD = ("hold", "payments", "prod", "--reason", "INC-7", "--until", "2h")
FREEZE = ("freeze", "--reason", "the fair", "--until", "2h")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    with SmallWorld(tmp_path_factory.mktemp("world")) as world:
        world.fairlead("state", "init")
        yield world


def test_a_hold_is_written_shown_and_ended(world: SmallWorld) -> None:
    fairlead = world.fairlead
    dry = fairlead(*HOLD, "--as", "ana", "--dry-run", code=1)
    assert "+++ b/.fairlead/holds/prod/payments.yaml" in dry.out
    assert '+owner: "ana"' in dry.out
    assert dry.audit == []
    done = fairlead(*HOLD, "--as", "ana")
    assert done.out.startswith("payments in prod: held until ")
    assert done.events == ["hold"]
    again = fairlead(*HOLD[:-1], "3h", "--as", "ana", "--json").json()
    assert again["changed"], "another `until` is another hold"
    assert "! payments in prod: held by ana: INC-7" in fairlead("plan").out
    ended = fairlead("unhold", "payments", "prod", "--as", "bo", "--json").json()
    assert ended["changed"]
    assert fairlead("unhold", "payments", "prod", "--as", "bo").out == (
        "payments in prod: not on hold (nothing to do)\n"
    )
    fairlead("unhold", "payments", "prod", "--as", "bo", "--dry-run")
    assert "held" not in fairlead("plan").out


def test_a_freeze_keeps_a_commit_out_until_it_is_ended(world: SmallWorld) -> None:
    fairlead = world.fairlead
    fairlead(*FREEZE, "--as", "ana", "--environment", "dev")
    fairlead("run", "--once")
    assert "frozen by ana: the fair (.fairlead/freezes/dev.yaml)" in fairlead("status").out
    why = fairlead("why", "payments", "dev").out
    assert "freeze: waits: frozen by ana: the fair (.fairlead/freezes/dev.yaml) (until " in why
    assert "unreleased" in fairlead("status").out
    fairlead("unfreeze", "--environment", "dev", "--as", "ana")
    fairlead("run", "--once")
    assert world.built["payments"][:7] in fairlead("status", "--json").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*HOLD[:1], "paymens", *HOLD[2:], "--as", "ana"), "did you mean `payments`?"),
        ((*HOLD[:2], "pord", *HOLD[3:], "--as", "ana"), "did you mean `prod`?"),
        ((*HOLD[:-1], "2020-01-01", "--as", "ana"), "`2020-01-01` is over already: it is "),
        ((*HOLD[:-1], "tomorrow", "--as", "ana"), "write a day as 2026-12-20"),
        ((*HOLD[:-1], "2099-01-01T10:00", "--as", "ana"), "names no time zone"),
        ((*HOLD[:-1], "2099-02-30", "--as", "ana"), "is no date"),
        ((*HOLD[:4], "two\nlines", *HOLD[5:], "--as", "ana"), "not one line of plain text"),
        (HOLD, "say it: --as PERSON"),
        ((*HOLD, "--as", "an a"), "'an a' is no login"),
        (
            ("rollback", "payments", "dev", "--to", "v1", "--as", "ana"),
            "has no proof record in dev",
        ),
        (("rollback", "nope", "dev", "--to", "v1", "--as", "ana"), "there is no app 'nope'"),
    ],
)
def test_a_wrong_answer_is_told_with_its_cure(
    world: SmallWorld, arguments: tuple[str, ...], told: str
) -> None:
    said = world.fairlead(*arguments, code=2)
    assert told in said.err
    assert said.audit == []
    # The same verb with right answers is taken.
    world.fairlead(*HOLD, "--as", "ana", "--dry-run", code=1)


@pytest.mark.slow
def test_a_release_goes_back_and_comes_again(tmp_path: Path) -> None:
    docker_registry.get()
    git_http.get()
    with RealWorld(tmp_path) as world:
        told = story.begin(world, {})
        disappointed(told)
        ana = Operator(told, ("--as", "ana"))
        goes_back(told, ana)
        assert ana("unhold", "payments", "stage", "--json").json()["commit"]
        comes_again(told)
        clean(world)
