"""A real Gitea's settings: each weakness is planted, found, cured and found no more."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.diagnosis import diagnose
from bot.findings import Severity
from gitops.config import FleetConfig
from gitops.errors import Denied
from tests.conftest import ROOT
from tests.contract.forge_worlds import BOT, GiteaWorld
from tests.contract.settings_fleets import fleet
from tests.contract.settings_world import (
    ADMIN,
    DIRECT,
    GUARDED,
    STRICT,
    apply,
    codes,
    rule,
    seen_by_admin,
    seen_by_bot,
)
from tests.real.gitea import Gitea

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with Gitea(tmp_path_factory.mktemp("gitea")) as server:
        server.person(ADMIN)
        yield server


@pytest.fixture
def world(server: Gitea, tmp_path: Path) -> GiteaWorld:
    world = GiteaWorld(server, tmp_path)
    world.administer("PUT", f"/collaborators/{ADMIN}", {"permission": "admin"})
    return world


# --- from nothing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "held"),
    [(STRICT, "strict"), (GUARDED, "strict"), (DIRECT, "direct")],
    ids=["strict", "guarded", "direct"],
)
def test_what_is_applied_is_sound_and_is_applied_once(
    world: GiteaWorld, server: Gitea, wanted: FleetConfig, held: str
) -> None:
    settings = seen_by_admin(world, server)
    before = diagnose(wanted, settings.read())
    assert codes(before, Severity.REFUSED) == {"target-unprotected"}
    assert before.held == "direct"
    assert len(apply(settings, wanted)) == 3
    after = diagnose(wanted, settings.read())
    assert after.sound, after.findings
    assert (after.delivery, after.held) == (held, held)
    assert apply(settings, wanted) == []
    assert diagnose(wanted, seen_by_bot(world, server).read()).held == held


def test_the_forge_then_refuses_what_it_should(world: GiteaWorld, server: Gitea) -> None:
    before = world.head("main")
    apply(seen_by_admin(world, server), STRICT)
    for person, branch in ((BOT, "main"), ("ana", "main"), ("ana", "fairlead/state")):
        with pytest.raises(Denied, match=branch):
            world.push(branch, {"evil.yaml": "x: 1\n"}, by=person)
    assert world.head("main") == before
    world.push("fairlead/state", {"version": "1\n"})
    world.push("promote/stage/payments/v1.0", {"x.yaml": "x: 1\n"})
    world.delete("promote/stage/payments/v1.0")
    with pytest.raises(AssertionError, match="protected"):
        world.call("POST", "/tags", "ana", {"tag_name": "v1.0", "target": "main"})
    world.call("POST", "/tags", "ana", {"tag_name": "other", "target": "main"})


def test_direct_delivery_lets_the_bot_alone_push(world: GiteaWorld, server: Gitea) -> None:
    apply(seen_by_admin(world, server), DIRECT)
    pushed = world.push("main", {"dev.yaml": "tag: v1\n"})
    assert world.head("main") == pushed
    with pytest.raises(Denied, match="main"):
        world.push("main", {"evil.yaml": "x: 1\n"}, by="ana")


_ON: Mapping[str, object] = {"on": True}
SETTINGS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "push": ("enable_push", {"disabled": False}),
    "merge": ("merge_whitelist_usernames", {"a whitelist with the bot": [BOT]}),
    "required approvals": (
        "required_approvals",
        {"the smallest number that any environment asks for": 0},
    ),
    "dismiss stale approvals": ("dismiss_stale_approvals", _ON),
    "block merge on rejected reviews": ("block_on_rejected_reviews", _ON),
    "administrators follow the rule": ("block_admin_merge_override", _ON),
}
"""What docs/gitea.md says of each setting, in Gitea's words."""


def test_the_manual_says_what_is_set(world: GiteaWorld, server: Gitea) -> None:
    page = (ROOT / "docs" / "gitea.md").read_text()
    rows = re.findall(r"\n   \| ([a-z ]+) \| ([a-z ]+) \| ", page.partition("**The rules**")[2])
    assert [name for name, _ in rows[1:]] == list(SETTINGS)
    apply(seen_by_admin(world, server), STRICT)
    made = world.call("GET", "/branch_protections/main", ADMIN)
    for name, value in rows[1:]:
        field, meant = SETTINGS[name]
        assert made[field] == meant[value], name


# --- each weakness --------------------------------------------------------------------------------

ALL_PUSH = {"enable_push": True, "enable_push_whitelist": False}
EVE_PUSHES = {
    "enable_push": True,
    "enable_push_whitelist": True,
    "push_whitelist_usernames": ["eve"],
}
BOT_PUSHES = EVE_PUSHES | {"push_whitelist_usernames": [BOT]}
FORCED = EVE_PUSHES | {"enable_force_push": True, "enable_force_push_allowlist": False}


@pytest.mark.parametrize(
    ("planted", "code", "severity", "who"),
    [
        (ALL_PUSH, "others-push", Severity.REFUSED, "whoever may write"),
        (EVE_PUSHES, "others-push", Severity.REFUSED, "eve"),
        (BOT_PUSHES, "bot-pushes", Severity.REFUSED, "the bot's token"),
        (FORCED, "force-push", Severity.REFUSED, "eve"),
        ({"block_admin_merge_override": False}, "bypass", Severity.REFUSED, "administrators"),
        ({"dismiss_stale_approvals": False}, "stale-approvals", Severity.REFUSED, "push"),
        ({"enable_merge_whitelist": False}, "others-merge", Severity.WEAK, "whoever may write"),
        ({"required_approvals": 3}, "many-approvals", Severity.WEAK, "the bot waits"),
        ({"merge_whitelist_usernames": ["ana"]}, "bot-cannot-merge", Severity.WEAK, "nobody"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_weakness_is_found_and_cured(
    world: GiteaWorld,
    server: Gitea,
    planted: Mapping[str, object],
    code: str,
    severity: Severity,
    who: str,
) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    assert code not in codes(diagnose(STRICT, settings.read()), severity)
    rule(world, **planted)
    (found,) = (f for f in diagnose(STRICT, settings.read()).findings if f.code == code)
    assert found.severity is severity
    assert who in found.who
    assert len(apply(settings, STRICT)) == 1
    after = diagnose(STRICT, settings.read())
    assert code not in codes(after, severity)
    assert after.sound
    assert apply(settings, STRICT) == []


def test_too_few_approvals_are_found_and_cured(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    assert "no-approvals" in codes(diagnose(STRICT, settings.read()), Severity.NOTE)
    assert "few-approvals" in codes(diagnose(GUARDED, settings.read()), Severity.WEAK)
    apply(settings, GUARDED)
    after = diagnose(GUARDED, settings.read())
    assert not codes(after) & {"no-approvals", "few-approvals"}


def test_a_check_that_anybody_posts_is_pinned_by_the_fleet(
    world: GiteaWorld, server: Gitea
) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    rule(world, enable_status_check=True, status_check_contexts=["render"])
    assert "unpinned-status" in codes(diagnose(STRICT, settings.read()), Severity.REFUSED)
    pinned = fleet(0, 1, 2, checks=["render"])
    assert diagnose(pinned, settings.read()).sound
    # Gitea's check stays as somebody has set it.
    assert apply(settings, pinned) == []


def test_an_administrating_bot_is_refused(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    world.administer("PUT", f"/collaborators/{BOT}", {"permission": "admin"})
    for seen in (settings, seen_by_bot(world, server)):
        found = diagnose(STRICT, seen.read())
        assert codes(found, Severity.REFUSED) == {"bot-administers"}
        assert found.held == "direct"
    world.administer("PUT", f"/collaborators/{BOT}", {"permission": "write"})
    assert diagnose(STRICT, settings.read()).sound


def test_unprotected_branches_and_tags_are_found(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    world.call("DELETE", "/branch_protections/fairlead%2F**", ADMIN)
    (tag,) = world.call("GET", "/tag_protections", ADMIN)
    world.call("DELETE", f"/tag_protections/{tag['id']}", ADMIN)
    weak = codes(diagnose(STRICT, settings.read()), Severity.WEAK)
    assert weak == {"state-unprotected", "tags-unprotected"}
    assert len(apply(settings, STRICT)) == 2
    assert diagnose(STRICT, settings.read()).sound


def test_a_protected_promotion_branch_is_found(world: GiteaWorld, server: Gitea) -> None:
    """Nobody could delete it; that nobody protects it is a note, since there is no cure."""
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    before = diagnose(STRICT, settings.read())
    assert "promotions-unprotected" in codes(before, Severity.NOTE)
    world.administer("POST", "/branch_protections", {"rule_name": "promote/**"})
    assert "promotions-protected" in codes(diagnose(STRICT, settings.read()), Severity.WEAK)


def test_a_rule_for_all_branches_does_not_come_before_ours(
    world: GiteaWorld, server: Gitea
) -> None:
    settings = seen_by_admin(world, server)
    everything = {"rule_name": "**", "enable_push": True, "priority": 1}
    world.administer("POST", "/branch_protections", everything)
    assert "others-push" in codes(diagnose(STRICT, settings.read()), Severity.REFUSED)
    apply(settings, STRICT)
    found = diagnose(STRICT, settings.read())
    weak = codes(found, Severity.REFUSED, Severity.WEAK)
    assert weak == {"promotions-protected", "rollbacks-protected"}
    with pytest.raises(Denied, match="main"):
        world.push("main", {"evil.yaml": "x: 1\n"}, by="ana")
    assert apply(settings, STRICT) == []
