"""A real Gitea's settings: each weakness is planted, found, cured and found no more."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.gitea_settings import GiteaSettings
from bot.diagnosis import Diagnosis, Severity, diagnose
from bot.forge_settings import AddLabel, Label
from bot.treatment import changes, line
from gitops.config import FleetConfig
from gitops.errors import Denied, InvalidInput
from tests.contract.forge_worlds import BOT, SCOPES, GiteaWorld
from tests.contract.settings_fleets import fleet
from tests.real.gitea import Gitea

pytestmark = [pytest.mark.real, pytest.mark.slow]

ADMIN = "olga"
STRICT, DIRECT, GUARDED = fleet(0, 1, 2), fleet(None, 1), fleet(1, 2)


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


def seen_by_admin(world: GiteaWorld, server: Gitea) -> GiteaSettings:
    """As a person who administers the repository sees it."""
    return GiteaSettings(world.project, server.person(ADMIN), "main", bot=BOT, private=True)


def seen_by_bot(world: GiteaWorld, server: Gitea) -> GiteaSettings:
    token = server.person(BOT, *SCOPES)
    return GiteaSettings(world.project, token, "main", private=True)


def apply(settings: GiteaSettings, wanted: FleetConfig) -> list[str]:
    """What `forge apply` changes."""
    found = changes(wanted, settings.read())
    for change in found:
        settings.apply(change)
    return [line(change) for change in found]


def codes(diagnosis: Diagnosis, *severities: Severity) -> set[str]:
    asked = severities or tuple(Severity)
    return {f.code for f in diagnosis.findings if f.severity in asked}


def rule(world: GiteaWorld, **changed: object) -> None:
    """Plant something in the rule of main."""
    world.administer("PATCH", "/branch_protections/main", changed)


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
    assert codes(found, Severity.REFUSED, Severity.WEAK) == {"promotions-protected"}
    with pytest.raises(Denied, match="main"):
        world.push("main", {"evil.yaml": "x: 1\n"}, by="ana")
    assert apply(settings, STRICT) == []


# --- people ---------------------------------------------------------------------------------------


def test_whom_somebody_named_may_go_on_merging(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    rule(world, merge_whitelist_usernames=[BOT, "bo"])
    found = diagnose(STRICT, settings.read())
    assert [f.who for f in found.findings if f.code == "others-merge"] == ["bo"]
    assert found.sound
    assert apply(settings, STRICT) == []


def test_owners_whom_nobody_knows_are_told(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    asked = ["@ana", "@acme/people", "@nobody-of-that-name", "@acme/no-such-team"]
    facts = settings.read(asked)
    assert facts.unknown_owners == ("@acme/no-such-team", "@nobody-of-that-name")
    told = [f.what for f in diagnose(STRICT, facts).findings if f.code == "unknown-owner"]
    assert len(told) == 2


def test_the_bot_sees_what_binds_itself_and_no_more(world: GiteaWorld, server: Gitea) -> None:
    mine = seen_by_bot(world, server)
    assert codes(diagnose(STRICT, mine.read()), Severity.REFUSED) == {"target-unprotected"}
    apply(seen_by_admin(world, server), STRICT)
    found = diagnose(STRICT, mine.read())
    assert found.sound
    assert "unseen" in codes(found)
    assert not mine.read().administered


def test_a_label_is_made_once(world: GiteaWorld, server: Gitea) -> None:
    settings = seen_by_admin(world, server)
    apply(settings, STRICT)
    label = Label("fairlead", "1d76db", "Proposed by Fairlead")
    assert changes(STRICT, settings.read(), [label]) == (AddLabel(label),)
    settings.apply(AddLabel(label))
    assert changes(STRICT, settings.read(), [label]) == ()


@pytest.mark.parametrize("who", [ADMIN, BOT])
def test_only_whoever_administers_changes_anything(
    world: GiteaWorld, server: Gitea, who: str
) -> None:
    found = changes(STRICT, seen_by_admin(world, server).read())
    settings = {ADMIN: seen_by_admin, BOT: seen_by_bot}[who](world, server)

    def everything() -> None:
        for change in found:
            settings.apply(change)

    denied: Callable[[], None] = everything
    if who == ADMIN:
        denied()
    else:
        with pytest.raises(Denied, match="does not allow"):
            denied()
    there = seen_by_admin(world, server).read().target.protected
    assert there is (who == ADMIN)


def test_a_bot_without_write_access_is_told(world: GiteaWorld, server: Gitea) -> None:
    server.stranger("newcomer")
    token = server.person(ADMIN)
    settings = GiteaSettings(world.project, token, "main", bot="newcomer", private=True)
    with pytest.raises(Denied, match="left somebody"):
        apply(settings, STRICT)
    world.administer("PUT", "/collaborators/newcomer", {"permission": "write"})
    apply(settings, STRICT)
    assert diagnose(STRICT, settings.read()).sound
    nobody = GiteaSettings(world.project, token, "main", bot="no-such-account", private=True)
    with pytest.raises(InvalidInput, match="no-such-account"):
        nobody.read()
