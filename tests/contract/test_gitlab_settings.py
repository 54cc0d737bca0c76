"""GitLab's settings on both tiers: each weakness is planted, found, cured and found no more."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.gitlab_settings import GitLabSettings
from bot.diagnosis import diagnose
from bot.findings import Severity
from bot.forge_settings import Ability
from gitops.config import FleetConfig
from gitops.errors import Denied, InvalidInput
from tests.contract.forge_worlds import BOT
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.settings_world import ADMIN, DIRECT, GUARDED, STRICT, apply, codes, seen
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access, Tier

R, W, N = Severity.REFUSED, Severity.WEAK, Severity.NOTE


class Settings:
    """A project, seen by somebody who maintains it; on Premium the bot is a Developer."""

    def __init__(self, world: GitLabWorld) -> None:
        self.world = world
        self.server = world.server
        self.server.person(ADMIN, access=Access.MAINTAINER)
        self.premium = self.server.face.premium
        self.role(BOT, Access.DEVELOPER if self.premium else Access.MAINTAINER)
        world.administer("DELETE", "/protected_branches/main")
        self.project(only_allow_merge_if_pipeline_succeeds=True)

    def number(self, person: str) -> int:
        number: int = self.server.call("GET", f"/users?username={person}")[0]["id"]
        return number

    def role(self, person: str, access: Access) -> None:
        """What somebody is in the group, whose project it is."""
        (group,) = self.server.call("GET", "/groups?search=acme")
        told = {"access_level": access}
        self.server.call("PUT", f"/groups/{group['id']}/members/{self.number(person)}", told)

    def seen_by(self, person: str, bot: str | None = BOT) -> GitLabSettings:
        token = self.server.person(person)
        return GitLabSettings(self.world.project, token, "main", bot=bot, private=True)

    def project(self, **told: object) -> None:
        self.world.administer("PUT", "", told)

    def approvals(self, **told: object) -> None:
        self.world.administer("POST", "/approvals", told)


def served(directory: Path, tier: Tier) -> Iterator[GitLab]:
    with GitLab(directory, tier=tier) as server:
        yield server


@pytest.fixture(scope="module")
def free_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLab]:
    yield from served(tmp_path_factory.mktemp("free"), Tier.FREE)


@pytest.fixture(scope="module")
def premium_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLab]:
    yield from served(tmp_path_factory.mktemp("premium"), Tier.PREMIUM)


@pytest.fixture
def free(free_server: GitLab, tmp_path: Path) -> Settings:
    return Settings(GitLabWorld(free_server, tmp_path))


@pytest.fixture
def premium(premium_server: GitLab, tmp_path: Path) -> Settings:
    return Settings(GitLabWorld(premium_server, tmp_path))


@pytest.fixture(params=["free", "premium"])
def either(request: pytest.FixtureRequest) -> Settings:
    found: Settings = request.getfixturevalue(request.param)
    return found


# --- from nothing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [STRICT, GUARDED, DIRECT], ids=["strict", "guarded", "direct"])
def test_what_is_applied_is_sound_and_is_applied_once(
    either: Settings, wanted: FleetConfig
) -> None:
    settings = either.seen_by(ADMIN)
    before = diagnose(wanted, settings.read())
    assert "target-unprotected" in codes(before, R)
    assert apply(settings, wanted)
    after = diagnose(wanted, seen(settings, wanted))
    assert after.sound, after.findings
    assert apply(settings, wanted) == []
    held = "direct" if wanted is DIRECT or not either.premium else "strict"
    assert after.held == held
    assert diagnose(wanted, either.seen_by(BOT, None).read()).held == held


def test_the_forge_then_refuses_what_it_should(either: Settings) -> None:
    apply(either.seen_by(ADMIN), STRICT)
    world = either.world
    before = world.head("main")
    for person, branch in ((BOT, "main"), ("ana", "main"), ("ana", "fairlead/state")):
        with pytest.raises(Denied):
            world.push(branch, {"evil.yaml": "x: 1\n"}, by=person)
    assert world.head("main") == before
    world.push("fairlead/state", {"version": "1\n"})
    world.push("promote/stage/payments/v1.0", {"x.yaml": "x: 1\n"})
    world.delete("promote/stage/payments/v1.0")


# --- what a tier cannot ---------------------------------------------------------------------------


def test_free_says_by_name_what_it_cannot(free: Settings) -> None:
    settings = free.seen_by(ADMIN)
    apply(settings, STRICT)
    facts = settings.read()
    assert facts.tier == "Free"
    for ability in (Ability.PERSONS, Ability.APPROVALS, Ability.OWN_BRANCHES):
        assert "GitLab" in dict(facts.cannot)[ability]
    found = diagnose(STRICT, facts)
    by_hand = {f.code: f.who for f in found.findings}["others-merge"]
    assert by_hand == "the group Maintainers"
    assert "bot-administers" in codes(found, N)
    kept = {kept.rule: kept.forge for kept in found.kept}
    assert kept["how many approve, and who"] == "no: GitLab Free counts no approvals"
    assert kept["only the bot merges into main"] == "no: also the group Maintainers"


def test_free_wants_a_pipeline_besides(free: Settings) -> None:
    """A person says so: without a pipeline nothing at all could be merged then."""
    settings = free.seen_by(ADMIN)
    apply(settings, STRICT)
    free.project(only_allow_merge_if_pipeline_succeeds=False)
    assert codes(diagnose(STRICT, settings.read()), R, W) == {"no-pipeline"}
    assert apply(settings, STRICT) == []
    free.project(only_allow_merge_if_pipeline_succeeds=True)
    assert diagnose(STRICT, settings.read()).sound


def test_premium_counts_and_names_the_bot(premium: Settings) -> None:
    settings = premium.seen_by(ADMIN)
    apply(settings, GUARDED)
    facts = settings.read()
    assert facts.tier == "Premium"
    assert facts.target.rule is not None
    assert facts.target.rule.approvals == 1
    assert BOT in facts.target.rule.merge.people
    premium.role(BOT, Access.MAINTAINER)
    assert codes(diagnose(GUARDED, settings.read()), R) == {"bot-administers"}


# --- environments ---------------------------------------------------------------------------------


def environments(settings: Settings) -> dict[str, str]:
    """Their tiers, by name."""
    told = settings.world.administer("GET", "/environments")
    return {one["name"]: one["tier"] for one in told}


def test_the_fleets_environments_are_told_and_made_once(either: Settings) -> None:
    settings = either.seen_by(ADMIN)
    assert "environment-absent" in codes(diagnose(STRICT, seen(settings, STRICT)), W)
    assert "environment-absent" not in codes(diagnose(STRICT, settings.read()))
    assert apply(settings, STRICT)[-3:] == [
        "make the environment env-0 (development)",
        "make the environment env-1 (staging)",
        "make the environment env-2 (production)",
    ]
    assert environments(either) == {
        "env-0": "development",
        "env-1": "staging",
        "env-2": "production",
    }
    assert diagnose(STRICT, seen(settings, STRICT)).sound
    assert apply(settings, STRICT) == []


def test_somebodys_environments_are_never_touched(either: Settings) -> None:
    """Of the fleet's names or not, stopped or not."""
    world = either.world
    mine = world.administer("POST", "/environments", {"name": "env-2", "tier": "testing"})
    world.administer("POST", f"/environments/{mine['id']}/stop")
    world.administer("POST", "/environments", {"name": "review/env-1"})
    done = apply(either.seen_by(ADMIN), STRICT)
    assert [one for one in done if "environment" in one] == [
        "make the environment env-0 (development)",
        "make the environment env-1 (staging)",
    ]
    assert environments(either) == {
        "env-2": "testing",
        "review/env-1": "development",
        "env-0": "development",
        "env-1": "staging",
    }
    assert world.administer("GET", f"/environments/{mine['id']}")["state"] == "stopped"


# --- each weakness --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "code", "severity"),
    [
        ({"push_access_level": 30, "merge_access_level": 40}, "others-push", R),
        ({"push_access_level": 30, "allow_force_push": 1}, "force-push", R),
        ({"push_access_level": 0, "merge_access_level": 0}, "bot-cannot-merge", W),
    ],
    ids=["push", "force", "merge"],
)
def test_a_weak_rule_is_found_and_cured(
    either: Settings, rule: Mapping[str, int], code: str, severity: Severity
) -> None:
    settings = either.seen_by(ADMIN)
    apply(settings, STRICT)
    assert code not in codes(diagnose(STRICT, settings.read()), severity)
    either.world.protect("main", **rule)
    assert code in codes(diagnose(STRICT, settings.read()), severity)
    apply(settings, STRICT)
    assert diagnose(STRICT, settings.read()).sound
    assert apply(settings, STRICT) == []


@pytest.mark.parametrize(
    ("planted", "code", "severity"),
    [
        ({"reset_approvals_on_push": False}, "stale-approvals", R),
        ({"disable_overriding_approvers_per_merge_request": False}, "overridable", R),
        ({"merge_requests_author_approval": True}, "author-approves", N),
        ({"merge_requests_disable_committers_approval": False}, "contributors-approve", N),
    ],
    ids=str,
)
def test_a_weak_way_to_count_is_found_and_cured(
    premium: Settings, planted: Mapping[str, object], code: str, severity: Severity
) -> None:
    settings = premium.seen_by(ADMIN)
    apply(settings, GUARDED)
    assert code not in codes(diagnose(GUARDED, settings.read()))
    premium.approvals(**planted)
    assert code in codes(diagnose(GUARDED, settings.read()), severity)
    assert len(apply(settings, GUARDED)) == 1
    assert code not in codes(diagnose(GUARDED, settings.read()))


def test_another_rule_that_allows_more_is_named(either: Settings) -> None:
    """Where several fit, GitLab allows what one of them does: only a person may change that one."""
    settings = either.seen_by(ADMIN)
    either.world.protect("m*", push_access_level=30, merge_access_level=30)
    assert "others-push" in codes(diagnose(STRICT, settings.read()), R)
    with pytest.raises(Denied, match="another rule still allows more"):
        apply(settings, STRICT)
    either.world.administer("DELETE", "/protected_branches/m*")
    apply(settings, STRICT)
    assert diagnose(STRICT, settings.read()).sound


def test_unprotected_tags_and_state_are_found_and_cured(either: Settings) -> None:
    settings = either.seen_by(ADMIN)
    apply(settings, STRICT)
    either.world.administer("DELETE", "/protected_tags/v*")
    either.world.administer("DELETE", "/protected_branches/fairlead%2F**")
    found = codes(diagnose(STRICT, settings.read()), W)
    assert found == {"state-unprotected", "tags-unprotected"}
    assert len(apply(settings, STRICT)) == 2
    assert diagnose(STRICT, settings.read()).sound


def test_owners_whom_nobody_knows_are_told(either: Settings) -> None:
    asked = ["@ana", "@acme", "@nobody-of-that-name", "@acme/no-such-group"]
    unknown = either.seen_by(ADMIN).read(asked).unknown_owners
    assert unknown == ("@acme/no-such-group", "@nobody-of-that-name")


def test_only_who_maintains_changes_anything(either: Settings) -> None:
    with pytest.raises(Denied):
        apply(either.seen_by("ana"), STRICT)
    assert either.world.administer("GET", "/protected_branches") == []
    apply(either.seen_by(ADMIN), STRICT)
    with pytest.raises(InvalidInput, match="no-such-account"):
        either.seen_by(ADMIN, "no-such-account").read()
