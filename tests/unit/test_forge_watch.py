"""A forge's settings are asked for rarely, and what they refuse keeps approvals from counting."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.forge_settings import BotRights, Change, ForgeFacts, Protection
from bot.forge_watch import LIFE, RARELY, WHILE_REFUSED, ForgeWatch
from bot.model import Gap, MergeRequestState
from bot.plan import Decision, Merge, Refuse, Wait
from gitops.errors import Denied, FairleadError, Unavailable
from tests.contract.settings_fleets import fleet
from tests.unit.observations import NOW, decided, proposed

FLEET = fleet(0, 1)
SOUND = ForgeFacts(
    forge="Gitea",
    project="acme/fleet",
    reader="fairlead",
    administered=False,
    bot=BotRights("fairlead", administers=False, pushes=False, merges=True),
    target=Protection("main", protected=True),
)
REQUESTS = proposed("cy", "di").merge_requests
OPEN = replace(SOUND, target=Protection("main", protected=False))


class Told:
    """A forge that tells these, one after another, the last again and again; counts."""

    def __init__(self, *answers: ForgeFacts | FairleadError) -> None:
        self._answers = list(answers)
        self.asked = 0

    def read(self, owners: Collection[str] = (), environments: Collection[str] = ()) -> ForgeFacts:
        assert not owners
        assert not environments
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, FairleadError):
            raise answer
        return answer

    def apply(self, change: Change) -> None:
        raise AssertionError(f"the bot never changes the rules that bind it: {change}")


def test_what_is_sound_is_asked_once_an_hour() -> None:
    forge = Told(SOUND)
    watch = ForgeWatch(forge)
    for minutes in range(60):
        assert watch.refusals(FLEET, REQUESTS, NOW + timedelta(minutes=minutes)) == ()
    assert forge.asked == 1
    watch.refusals(FLEET, REQUESTS, NOW + RARELY)
    assert forge.asked == 2


def test_what_is_refused_is_asked_again_sooner() -> None:
    forge = Told(OPEN, SOUND)
    watch = ForgeWatch(forge)
    told = watch.refusals(FLEET, REQUESTS, NOW)
    assert "main is not protected" in str(told)
    assert watch.refusals(FLEET, REQUESTS, NOW + WHILE_REFUSED / 2) == told
    assert watch.refusals(FLEET, REQUESTS, NOW + WHILE_REFUSED) == ()
    assert forge.asked == 2


@pytest.mark.parametrize(
    ("error", "denied"),
    [(Unavailable("no answer", service="forge"), False), (Denied("no"), True)],
    ids=["unavailable", "denied"],
)
def test_while_nobody_knows_there_is_a_gap(error: FairleadError, *, denied: bool) -> None:
    watch = ForgeWatch(Told(error, SOUND))
    gap = watch.refusals(FLEET, REQUESTS, NOW)
    assert isinstance(gap, Gap)
    assert gap.denied is denied
    assert watch.refusals(FLEET, REQUESTS, NOW) == ()


@pytest.mark.parametrize("told", [SOUND, OPEN], ids=["sound", "refused"])
def test_what_was_told_stands_while_the_forge_is_silent(told: ForgeFacts) -> None:
    forge = Told(told, Unavailable("no answer", service="forge"))
    watch = ForgeWatch(forge)
    before = watch.refusals(FLEET, REQUESTS, NOW)
    assert watch.refusals(FLEET, REQUESTS, NOW + RARELY) == before
    assert watch.refusals(FLEET, REQUESTS, NOW + RARELY) == before
    assert forge.asked == 3


REFUSED = Denied("the token does not allow it")


@pytest.mark.parametrize("silent", [Unavailable("no answer", service="forge"), REFUSED], ids=type)
def test_what_was_told_stands_for_its_life_and_no_longer(silent: FairleadError) -> None:
    """Twin: the forge is read again, and the same merge request merges."""
    forge = Told(SOUND, silent, silent, SOUND)
    watch = ForgeWatch(forge)
    approved = proposed("cy", "di")

    def step(after: timedelta) -> Decision:
        told = watch.refusals(FLEET, REQUESTS, NOW + after)
        return decided(replace(approved, forge_refusals=told))

    assert isinstance(step(timedelta()).step, Merge)
    assert isinstance(step(LIFE - timedelta(seconds=1)).step, Merge)
    held = step(LIFE)
    assert held.step is None
    (why,) = (v.verdict for v in held.verdicts if v.gate == "approved")
    assert isinstance(why, Wait)
    assert f"could not be read since {NOW:%Y-%m-%d %H:%M} UTC" in why.reason
    assert str(silent) in why.reason
    assert isinstance(step(LIFE + timedelta(minutes=1)).step, Merge)
    assert forge.asked == 4


def test_a_quiet_time_does_not_lengthen_the_life() -> None:
    """Nothing is asked while nothing is open: what is told then is old when the next one comes."""
    watch = ForgeWatch(Told(SOUND, REFUSED))
    assert watch.refusals(FLEET, REQUESTS, NOW) == ()
    assert watch.refusals(FLEET, [], NOW + LIFE) == ()
    assert isinstance(watch.refusals(FLEET, REQUESTS, NOW + 2 * LIFE), Gap)


def test_a_clock_that_was_put_back_makes_nothing_older_or_younger() -> None:
    """What was read in the future is asked for again, and stands for nothing if it is not told."""
    for answer in (SOUND, REFUSED):
        forge = Told(SOUND, answer)
        watch = ForgeWatch(forge)
        watch.refusals(FLEET, REQUESTS, NOW)
        told = watch.refusals(FLEET, REQUESTS, NOW - LIFE)
        assert isinstance(told, Gap) is (answer is REFUSED)
        assert forge.asked == 2


def test_without_settings_nothing_is_refused() -> None:
    assert ForgeWatch(None).refusals(FLEET, REQUESTS, NOW) == ()


def test_where_nothing_is_to_be_merged_nothing_is_asked() -> None:
    forge = Told(OPEN)
    watch = ForgeWatch(forge)
    closed = [replace(request, state=MergeRequestState.CLOSED) for request in REQUESTS]
    assert watch.refusals(FLEET, closed, NOW) == ()
    assert watch.refusals(FLEET, [], NOW) == ()
    assert forge.asked == 0
    assert watch.refusals(FLEET, REQUESTS, NOW) != ()


@pytest.mark.parametrize(
    ("told", "verdict", "why"),
    [
        (("main is not protected",), Refuse, "main is not protected (see `fairlead doctor`)"),
        (Gap("forge", "the forge is silent"), Wait, "the forge is silent"),
    ],
    ids=["refused", "unknown"],
)
def test_nothing_is_merged_where_approvals_mean_nothing(
    told: tuple[str, ...] | Gap, verdict: type[Refuse | Wait], why: str
) -> None:
    approved = proposed("cy", "di")
    assert isinstance(decided(approved).step, Merge)
    held = decided(replace(approved, forge_refusals=told))
    assert held.step is None
    (found,) = (v.verdict for v in held.verdicts if v.gate == "approved")
    assert isinstance(found, verdict)
    assert why in found.reason
