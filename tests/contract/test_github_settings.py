"""GitHub's settings on both plans: each weakness is planted, found, cured and found no more."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.github import Server
from bot.adapters.github_settings import Account, GitHubSettings
from bot.diagnosis import diagnose
from bot.findings import Severity
from bot.forge_settings import Ability
from gitops.config import FleetConfig
from gitops.errors import Denied, InvalidInput
from tests.contract.forge_worlds import BOT
from tests.contract.github_world import LIMITS, GitHubWorld
from tests.contract.settings_world import ADMIN, DIRECT, GUARDED, STRICT, apply, codes, seen
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.model import Tier

R, W, N = Severity.REFUSED, Severity.WEAK, Severity.NOTE


def served(directory: Path, tier: Tier) -> Iterator[GitHub]:
    with GitHub(directory, tier=tier) as server:
        server.person(ADMIN, access=ROLES["admin"])
        yield server


@pytest.fixture(scope="module")
def team_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    yield from served(tmp_path_factory.mktemp("team"), Tier.PREMIUM)


@pytest.fixture(scope="module")
def free_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    yield from served(tmp_path_factory.mktemp("free"), Tier.FREE)


@pytest.fixture
def world(team_server: GitHub, tmp_path: Path) -> GitHubWorld:
    return GitHubWorld(team_server, tmp_path)


@pytest.fixture
def free(free_server: GitHub, tmp_path: Path) -> GitHubWorld:
    return GitHubWorld(free_server, tmp_path)


def seen_by(world: GitHubWorld, person: str, bot: str | None = BOT) -> GitHubSettings:
    token = world.server.person(person)
    server = Server(private=True, limits=LIMITS)
    return GitHubSettings(world.project, Account(lambda: token), "main", bot=bot, server=server)


def with_token(world: GitHubWorld, person: str, *scopes: str) -> GitHubSettings:
    """As somebody's fine-grained token sees it, who is the bot as well."""
    token, server = world.server.token(person, *scopes), Server(private=True, limits=LIMITS)
    return GitHubSettings(world.project, Account(lambda: token), "main", server=server)


def rule_set(world: GitHubWorld, name: str, **changed: object) -> None:
    """Plant something in one of our rule sets."""
    there = {one["name"]: one["id"] for one in world.administer("GET", "/rulesets")}
    world.administer("PUT", f"/rulesets/{there[name]}", changed)


def review(**changed: object) -> list[dict[str, object]]:
    """The rules of our rule set for main with this review."""
    usual: Mapping[str, object] = {
        "required_approving_review_count": 0,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }
    kinds: list[dict[str, object]] = [{"type": "deletion"}, {"type": "non_fast_forward"}]
    return [*kinds, {"type": "pull_request", "parameters": {**usual, **changed}}]


# --- from nothing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "held"),
    [(STRICT, "strict"), (GUARDED, "strict"), (DIRECT, "direct")],
    ids=["strict", "guarded", "direct"],
)
def test_what_is_applied_is_sound_and_is_applied_once(
    world: GitHubWorld, wanted: FleetConfig, held: str
) -> None:
    settings = seen_by(world, ADMIN)
    before = diagnose(wanted, settings.read())
    assert codes(before, R) == {"target-unprotected"}
    assert len(apply(settings, wanted)) == 4 + len(wanted.environments)
    after = diagnose(wanted, seen(settings, wanted))
    assert after.sound, after.findings
    assert (after.delivery, after.held) == (held, held)
    assert apply(settings, wanted) == []
    assert diagnose(wanted, seen_by(world, BOT, None).read()).refusals == ()


def test_the_forge_then_refuses_what_it_should(world: GitHubWorld) -> None:
    apply(seen_by(world, ADMIN), STRICT)
    before = world.head("main")
    own = "promote/stage/payments/v1.0"
    for person, branch in ((BOT, "main"), ("ana", "main"), ("ana", "fairlead/state"), ("ana", own)):
        with pytest.raises(Denied):
            world.push(branch, {"evil.yaml": "x: 1\n"}, by=person)
    assert world.head("main") == before
    world.push("fairlead/state", {"version": "1\n"})
    world.push(own, {"x.yaml": "x: 1\n"})
    world.delete(own)
    world.push("feature", {"x.yaml": "x: 1\n"}, by="ana")


def test_direct_delivery_lets_the_bot_alone_push(world: GitHubWorld) -> None:
    apply(seen_by(world, ADMIN), DIRECT)
    pushed = world.push("main", {"dev.yaml": "tag: v1\n"})
    assert world.head("main") == pushed
    with pytest.raises(Denied):
        world.push("main", {"evil.yaml": "x: 1\n"}, by="ana")


# --- each weakness --------------------------------------------------------------------------------

EVERYBODY = {"actor_type": "RepositoryRole", "actor_id": 4, "bypass_mode": "always"}


@pytest.mark.parametrize(
    ("name", "planted", "code", "severity"),
    [
        ("Fairlead: main", {"bypass_actors": [EVERYBODY]}, "bypass", R),
        ("Fairlead: main", {"enforcement": "disabled"}, "stale-approvals", R),
        (
            "Fairlead: main",
            {"rules": review(dismiss_stale_reviews_on_push=False)},
            "stale-approvals",
            R,
        ),
        (
            "Fairlead: main",
            {"rules": review(required_approving_review_count=3)},
            "many-approvals",
            W,
        ),
        ("Fairlead: merges into main", {"enforcement": "disabled"}, "others-merge", W),
        ("Fairlead: merges into main", {"bypass_actors": []}, "bot-cannot-merge", W),
        ("Fairlead: fairlead/**", {"enforcement": "disabled"}, "state-unprotected", W),
        ("Fairlead: promote/**", {"enforcement": "disabled"}, "promotions-unprotected", W),
        ("Fairlead: tags v*", {"enforcement": "disabled"}, "tags-unprotected", W),
    ],
    ids=str,
)
def test_a_weakness_is_found_and_cured(
    world: GitHubWorld, name: str, planted: Mapping[str, object], code: str, severity: Severity
) -> None:
    settings = seen_by(world, ADMIN)
    apply(settings, STRICT)
    assert code not in codes(diagnose(STRICT, settings.read()))
    rule_set(world, name, **planted)
    assert code in codes(diagnose(STRICT, settings.read()), severity)
    assert len(apply(settings, STRICT)) == 1
    assert diagnose(STRICT, settings.read()).sound
    assert apply(settings, STRICT) == []


def test_a_protection_that_somebody_made_counts_too(world: GitHubWorld) -> None:
    """The strictest wins: what it does not bind is a person's to change."""
    settings = seen_by(world, ADMIN)
    apply(settings, STRICT)
    world.protect(approvals=0, enforce_admins=False)
    assert "bypass" in codes(diagnose(STRICT, settings.read()), R)
    with pytest.raises(Denied, match="another rule differs"):
        apply(settings, STRICT)
    world.protect(approvals=0)
    assert diagnose(STRICT, settings.read()).sound
    checks = {"strict": False, "contexts": [], "checks": [{"context": "render", "app_id": -1}]}
    world.protect(approvals=0, required_status_checks=checks)
    assert "unpinned-status" in codes(diagnose(STRICT, settings.read()), R)
    checks["checks"] = [{"context": "render", "app_id": 15368}]
    world.protect(approvals=0, required_status_checks=checks)
    assert diagnose(STRICT, settings.read()).sound


def test_an_administrating_bot_is_refused(world: GitHubWorld) -> None:
    settings = seen_by(world, ADMIN)
    apply(settings, STRICT)
    world.administer("PUT", f"/collaborators/{BOT}", {"permission": "admin"})
    for view in (settings, seen_by(world, BOT, None)):
        assert codes(diagnose(STRICT, view.read()), R) == {"bot-administers"}
    world.administer("PUT", f"/collaborators/{BOT}", {"permission": "push"})
    assert diagnose(STRICT, settings.read()).sound


def test_owners_whom_nobody_knows_are_told(world: GitHubWorld) -> None:
    world.server.team("qa-of-owners", "ana")
    asked = ["@ana", "@acme/qa-of-owners", "@nobody-of-that-name", "@acme/no-such-team"]
    unknown = seen_by(world, ADMIN).read(asked).unknown_owners
    assert unknown == ("@acme/no-such-team", "@nobody-of-that-name")


def test_only_who_administers_changes_anything(world: GitHubWorld) -> None:
    found = seen_by(world, ADMIN)
    with pytest.raises(Denied):
        apply(seen_by(world, "ana"), STRICT)
    assert not found.read().target.protected
    with pytest.raises(InvalidInput, match="no-such-account"):
        seen_by(world, ADMIN, "no-such-account").read()
    apply(found, STRICT)


# --- environments ---------------------------------------------------------------------------------

ENVIRONMENTS = [f"make the environment env-{n}, to which main alone deploys" for n in range(3)]
MADE = {"protected_branches": False, "custom_branch_policies": True}


def deploying(world: GitHubWorld, name: str) -> list[str] | None:
    """The branches that may, None: all."""
    if world.administer("GET", f"/environments/{name}")["deployment_branch_policy"] is None:
        return None
    told = world.administer("GET", f"/environments/{name}/deployment-branch-policies")
    return [one["name"] for one in told["branch_policies"]]


def test_the_fleets_environments_are_told_and_made_once(world: GitHubWorld) -> None:
    settings = seen_by(world, ADMIN)
    before = diagnose(STRICT, seen(settings, STRICT))
    assert "environment-absent" in codes(before, W)
    assert "environment-absent" not in codes(diagnose(STRICT, settings.read()))
    done = apply(settings, STRICT)
    assert [one for one in done if "environment" in one] == ENVIRONMENTS
    assert [deploying(world, f"env-{n}") for n in range(3)] == [["main"]] * 3
    assert diagnose(STRICT, seen(settings, STRICT)).sound
    assert apply(settings, STRICT) == []


def test_somebodys_environments_are_never_touched(world: GitHubWorld) -> None:
    """Of the fleet's names or not, whatever their case and their branches."""
    world.administer("PUT", "/environments/Env-1", {"deployment_branch_policy": None})
    world.administer("PUT", "/environments/pages", {"deployment_branch_policy": None})
    world.administer("PUT", "/environments/env-2", {"deployment_branch_policy": MADE})
    release = {"name": "release/*", "type": "branch"}
    world.administer("POST", "/environments/env-2/deployment-branch-policies", release)
    done = apply(seen_by(world, ADMIN), STRICT)
    assert [one for one in done if "environment" in one] == ENVIRONMENTS[:1]
    kept = [deploying(world, name) for name in ("env-0", "Env-1", "pages", "env-2")]
    assert kept == [["main"], None, None, ["release/*"]]
    listed = world.administer("GET", "/environments")["environments"]
    assert [one["name"] for one in listed] == ["Env-1", "pages", "env-2", "env-0"]


def test_an_environment_that_was_begun_is_finished(world: GitHubWorld) -> None:
    """Nobody could deploy to it: the second of its two calls never came."""
    world.administer("PUT", "/environments/env-1", {"deployment_branch_policy": MADE})
    settings = seen_by(world, ADMIN)
    assert seen(settings, STRICT).absent_environments == ("env-0", "env-1", "env-2")
    apply(settings, STRICT)
    assert deploying(world, "env-1") == ["main"]
    assert apply(settings, STRICT) == []


def test_a_token_that_may_not_look_says_so(world: GitHubWorld) -> None:
    apply(seen_by(world, ADMIN), STRICT)
    least = ("contents:write", "pull_requests:write", "administration:read")
    for scopes, told in ((least, {"environments-unseen"}), ((*least, "actions:read"), set())):
        found = diagnose(STRICT, seen(with_token(world, BOT, *scopes), STRICT))
        assert {code for code in codes(found) if "environment" in code} == told
        assert found.refusals == ()


# --- a plan without rules -------------------------------------------------------------------------


def test_a_plan_without_rules_is_said_by_name(free: GitHubWorld) -> None:
    for person, bot in ((ADMIN, BOT), (BOT, None)):
        facts = seen(seen_by(free, person, bot), STRICT)
        assert facts.absent_environments == ()
        assert "plan has no rules" in dict(facts.cannot)[Ability.BRANCHES]
        found = diagnose(STRICT, facts)
        # Nobody can mend it there: Fairlead goes on, and says who could do without it.
        assert found.refusals == ()
        assert "target-unprotected" in codes(found, W)
        assert found.held == "direct"
    assert apply(seen_by(free, ADMIN), STRICT) == []


def test_people_push_rollbacks_unless_a_rule_is_in_their_way(world: GitHubWorld) -> None:
    settings = seen_by(world, ADMIN)
    apply(settings, STRICT)
    world.push("rollback/prod/payments/v0.9/1", {"x.yaml": "x: 1\n"}, by="ana")
    assert diagnose(STRICT, settings.read()).sound
    there = {one["name"]: one["id"] for one in world.administer("GET", "/rulesets")}
    told = world.administer("GET", f"/rulesets/{there['Fairlead: promote/**']}")
    like = {k: told[k] for k in ("target", "enforcement", "bypass_actors", "rules")}
    names = {"ref_name": {"include": ["refs/heads/rollback/**"], "exclude": []}}

    rule = like | {"name": "Fairlead: rollback/**", "conditions": names}
    world.administer("POST", "/rulesets", rule)

    assert "rollbacks-protected" in codes(diagnose(STRICT, settings.read()), Severity.WEAK)
    with pytest.raises(Denied):
        world.push("rollback/prod/payments/v0.9/2", {"x.yaml": "x: 1\n"}, by="ana")
