"""What branch protections and rule sets of GitHub want of a branch, and of whom.

Every one that names a branch must be content: the strictest wins.

Source: GitHub, "About protected branches", "Available rules for rulesets".
"""

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.stand_ins.github_state import ROLES, GitHubForge
from tests.stand_ins.model import Group, Person, Project
from tests.stand_ins.pushing import BRANCHES, TAGS

Json = dict[str, Any]

PROTECTIONS, RULESETS = "protections", "rule sets"
"""Keys of what a project keeps here: branch to settings as they were put, number to Ruleset."""

_ROLE_NUMBERS = {2: "maintain", 4: "write", 5: "admin"}
"""Source: GitHub, "Create a repository ruleset": actor_id of a RepositoryRole."""


@dataclass(eq=False)
class Ruleset:
    """`target` is branch or tag, `enforcement` active, evaluate or disabled."""

    id: int
    name: str
    target: str
    enforcement: str
    conditions: Json
    rules: list[Json]
    bypass: list[Json]
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Demand:
    """What one protection or rule set wants. `approvals` None: no pull request.

    `checks` are contexts, each with the number of the app that must report it, None: anybody.
    `pushers` None: whoever may write; `excepts` tells whom it does not bind.
    """

    excepts: Callable[[Person], bool]
    ruleset: bool = False
    approvals: int | None = None
    dismiss_stale: bool = False
    code_owners: bool = False
    last_push: bool = False
    checks: tuple[tuple[str, int | None], ...] = ()
    strict: bool = False
    pushers: Callable[[Person], bool] | None = None
    force: bool = True
    delete: bool = True
    create: bool = True
    linear: bool = False
    locked: bool = False
    methods: tuple[str, ...] = field(default=("merge", "squash", "rebase"))


def demands(forge: GitHubForge, project: Project, ref: str) -> list[Demand]:
    """What everything that names this full ref wants."""
    found = [_of_rules(forge, project, one) for one in rulesets_of(forge, project, ref)]
    branch = ref.removeprefix(BRANCHES)
    settings = project.extra.get(PROTECTIONS, {}).get(branch)
    if ref.startswith(BRANCHES) and settings is not None and forge.may_protect(project):
        found.append(_of_protection(forge, project, settings))
    return found


def rulesets_of(forge: GitHubForge, project: Project, ref: str) -> list[Ruleset]:
    """The active ones that name this full ref."""
    kept: Iterable[Ruleset] = project.extra.get(RULESETS, {}).values()
    if not forge.may_protect(project):
        return []
    return [one for one in kept if one.enforcement == "active" and _names(one, project, ref)]


def push_verdict(
    forge: GitHubForge, project: Project, person: Person, ref: str, *, deletes: bool
) -> str:
    """What somebody may do to a ref, as `tests.stand_ins.pushing.verdict` tells it."""
    if forge.access(person, project) < ROLES["write"] or not ref.startswith((BRANCHES, TAGS)):
        return "closed"
    there = ref in project.git.refs()
    forced = True
    for one in demands(forge, project, ref):
        if one.excepts(person):
            continue
        shut = one.locked or (one.pushers is not None and not one.pushers(person))
        if deletes:
            shut = shut or not one.delete
        elif there:
            shut = shut or one.approvals is not None or bool(one.checks)
        else:
            shut = shut or not one.create
        if shut:
            return "closed"
        forced = forced and one.force
    return "free" if forced else "forward"


def allowances(forge: GitHubForge, named: Json | None) -> Callable[[Person], bool]:
    """Whether somebody is among these `users`, `teams` and `apps`, by login and slug."""
    named = named or {}

    def among(person: Person) -> bool:
        if person.login in named.get("users", ()):
            return True
        if person.login.removesuffix("[bot]") in named.get("apps", ()) and person.bot:
            return True
        return any(
            t.slug in named.get("teams", ()) and person.id in forge.of_team(t) for t in forge.teams
        )

    return among


def _of_protection(forge: GitHubForge, project: Project, put: Json) -> Demand:
    reviews, checks = put.get("required_pull_request_reviews"), put.get("required_status_checks")
    bypass = allowances(forge, (reviews or {}).get("bypass_pull_request_allowances"))

    def excepts(person: Person) -> bool:
        admin = forge.access(person, project) >= ROLES["admin"]
        return (admin and not put.get("enforce_admins")) or bypass(person)

    wanted = [(one["context"], one.get("app_id")) for one in (checks or {}).get("checks") or ()]
    wanted += [(context, None) for context in (checks or {}).get("contexts") or ()]
    pushers = put.get("restrictions")
    return Demand(
        excepts,
        approvals=None if reviews is None else reviews.get("required_approving_review_count", 1),
        dismiss_stale=bool((reviews or {}).get("dismiss_stale_reviews")),
        code_owners=bool((reviews or {}).get("require_code_owner_reviews")),
        last_push=bool((reviews or {}).get("require_last_push_approval")),
        checks=tuple((context, app if app != -1 else None) for context, app in wanted),
        strict=bool((checks or {}).get("strict")),
        pushers=None if pushers is None else allowances(forge, pushers),
        force=bool(put.get("allow_force_pushes")),
        delete=bool(put.get("allow_deletions")),
        create=not put.get("block_creations"),
        linear=bool(put.get("required_linear_history")),
        locked=bool(put.get("lock_branch")),
    )


def _of_rules(forge: GitHubForge, project: Project, ruleset: Ruleset) -> Demand:
    rules = {one["type"]: one.get("parameters") or {} for one in ruleset.rules}
    excepts = goes_around(forge, project, ruleset)
    review, checks = rules.get("pull_request"), rules.get("required_status_checks", {})
    wanted = checks.get("required_status_checks", ())
    return Demand(
        excepts,
        ruleset=True,
        approvals=None if review is None else review.get("required_approving_review_count", 0),
        dismiss_stale=bool((review or {}).get("dismiss_stale_reviews_on_push")),
        code_owners=bool((review or {}).get("require_code_owner_review")),
        last_push=bool((review or {}).get("require_last_push_approval")),
        checks=tuple((one["context"], one.get("integration_id")) for one in wanted),
        strict=bool(checks.get("strict_required_status_checks_policy")),
        pushers=excepts if "update" in rules else None,
        force="non_fast_forward" not in rules,
        delete="deletion" not in rules,
        create="creation" not in rules,
        linear="required_linear_history" in rules,
        methods=tuple((review or {}).get("allowed_merge_methods") or Demand.methods),
    )


def goes_around(forge: GitHubForge, project: Project, ruleset: Ruleset) -> Callable[[Person], bool]:
    """Whom a rule set does not bind."""

    def excepts(person: Person) -> bool:
        return any(_acts_as(forge, project, person, actor) for actor in ruleset.bypass)

    return excepts


def _acts_as(forge: GitHubForge, project: Project, person: Person, actor: Json) -> bool:
    number = actor.get("actor_id")
    kinds = {
        "OrganizationAdmin": lambda: _owns(project, person),
        "RepositoryRole": lambda: (
            forge.access(person, project) >= ROLES[_ROLE_NUMBERS[int(number or 5)]]
        ),
        "Team": lambda: any(
            team.id == number and person.id in forge.of_team(team) for team in forge.teams
        ),
        "Integration": lambda: any(
            app.id == number and app.bot is person for app in forge.apps.values()
        ),
        "User": lambda: person.id == number,
    }
    return kinds[actor["actor_type"]]()


def _owns(project: Project, person: Person) -> bool:
    owner = project.owner
    return isinstance(owner, Group) and owner.members.get(person.id, 0) >= ROLES["admin"]


def _names(ruleset: Ruleset, project: Project, ref: str) -> bool:
    start = BRANCHES if ruleset.target == "branch" else TAGS
    named = ruleset.conditions.get("ref_name", {})
    if not ref.startswith(start):
        return False
    included = any(_fits(p, project, ref) for p in named.get("include", ()))
    return included and not any(_fits(p, project, ref) for p in named.get("exclude", ()))


def _fits(pattern: str, project: Project, ref: str) -> bool:
    if pattern == "~ALL":
        return True
    if pattern == "~DEFAULT_BRANCH":
        return ref == f"{BRANCHES}{project.default_branch}"
    return _matches(pattern.split("/"), ref.split("/"))


def _matches(pattern: list[str], ref: list[str]) -> bool:
    """`*` stays within one part, `**` does not, as File.fnmatch of Ruby with FNM_PATHNAME."""
    if not pattern:
        return not ref
    if pattern[0] == "**":
        return any(_matches(pattern[1:], ref[n:]) for n in range(len(ref) + 1))
    return bool(ref) and fnmatch.fnmatchcase(ref[0], pattern[0]) and _matches(pattern[1:], ref[1:])


def detailed_rules(forge: GitHubForge, project: Project, ref: str) -> Iterator[Json]:
    """Each active rule for a ref, with the rule set that it is from."""
    for ruleset in rulesets_of(forge, project, ref):
        for rule in ruleset.rules:
            yield {
                **rule,
                "ruleset_source_type": "Repository",
                "ruleset_source": project.full_path,
                "ruleset_id": ruleset.id,
            }
