"""What GitHub's rule sets and branch protections want of a branch, in our words. Pure.

Each that names a branch must be content: the strictest wins. A rule set names those whom it does
not bind, its bypass list, by kind and number; `always`, or in pull requests alone.

Source: GitHub, "Available rules for rulesets", "About protected branches"; REST, "Rules".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.canonical import Fields
from bot.forge_settings import NOBODY, BranchRule, RequiredStatus, Who

ADMINISTRATORS = "RepositoryRole 5"
"""Source: GitHub REST, "Create a repository ruleset", actor_id of a RepositoryRole."""

_EVERYBODY = Who(writers=True)
_SHUT = frozenset({"pull_request", "required_status_checks", "update"})
"""Rules under which nobody pushes."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one rule set or protection wants; see `BranchRule`.

    `binds` says that its approvals are asked of the bot too.
    """

    name: str
    push: Who = _EVERYBODY
    merge: Who = _EVERYBODY
    bypass: Who = NOBODY
    forced: bool = True
    approvals: int = 0
    binds: bool = True
    dismisses: bool = False
    statuses: tuple[RequiredStatus, ...] = ()


def joined(demands: Iterable[Demand], name: str, bot: str) -> BranchRule | None:
    """All of them together; None where there is none.

    The bot on a bypass list is told by what it may push and merge.
    """
    every = tuple(demands)
    if not every:
        return None
    push, merge, bypass = _EVERYBODY, _EVERYBODY, NOBODY
    for one in every:
        push, merge = _both(push, one.push), _both(merge, one.merge)
        bypass = _either(bypass, one.bypass.without(bot))
    statuses = dict.fromkeys(status for one in every for status in one.statuses)
    names = [one.name for one in every]
    return BranchRule(
        name=name if name in names else names[0],
        push=push,
        force_push=push if all(one.forced for one in every) else NOBODY,
        merge=merge,
        bypass=bypass,
        approvals=max(one.approvals if one.binds else 0 for one in every),
        stale_dismissed=any(one.dismisses for one in every),
        statuses=tuple(statuses),
    )


def of_rule_set(name: str, told: Fields, bot: Mapping[str, str]) -> Demand:
    """One rule set.

    Args:
        name: of the branch or pattern that it is made for, else its own.
        told: as GitHub tells it to an administrator.
        bot: the bot's login by its entry in a bypass list.

    Raises:
        InvalidInput: the answer has another shape.
    """
    rules = {one.text("type"): one for one in told.each("rules")}
    always, ever = _bypassing(told, bot)
    review = rules["pull_request"].inner("parameters") if "pull_request" in rules else None
    statuses: tuple[RequiredStatus, ...] = ()
    if "required_status_checks" in rules:
        wanted = rules["required_status_checks"].inner("parameters")
        statuses = tuple(map(_status, wanted.each("required_status_checks")))
    mine = set(bot.values())
    return Demand(
        name,
        push=always if _SHUT & rules.keys() else _EVERYBODY,
        merge=ever if "update" in rules else _EVERYBODY,
        bypass=ever if review is not None or statuses else NOBODY,
        forced="non_fast_forward" not in rules,
        approvals=0 if review is None else review.number("required_approving_review_count"),
        binds=not (mine & set(ever.people)) or bool(mine & set(always.people)),
        dismisses=review is not None and review.flag("dismiss_stale_reviews_on_push"),
        statuses=statuses,
    )


def of_protection(name: str, told: Fields) -> Demand:
    """A branch's protection.

    Raises:
        InvalidInput: the answer has another shape.
    """
    review = told.inner("required_pull_request_reviews") if _has(told, _REVIEWS) else None
    checks = told.inner("required_status_checks") if _has(told, "required_status_checks") else None
    pushers = _named(told.inner("restrictions")) if _has(told, "restrictions") else _EVERYBODY
    allowed = NOBODY
    if review is not None and _has(review, "bypass_pull_request_allowances"):
        allowed = _named(review.inner("bypass_pull_request_allowances"))
    free = not told.inner("enforce_admins").flag("enabled")
    return Demand(
        name,
        push=_both(pushers, allowed if review is not None else _EVERYBODY),
        merge=pushers,
        bypass=_either(allowed, Who(groups=(ADMINISTRATORS,)) if free else NOBODY),
        forced=told.inner("allow_force_pushes").flag("enabled"),
        approvals=0 if review is None else review.number("required_approving_review_count"),
        dismisses=review is not None and review.flag("dismiss_stale_reviews"),
        statuses=() if checks is None else tuple(map(_check, checks.each("checks"))),
    )


_REVIEWS = "required_pull_request_reviews"


def _has(told: Fields, key: str) -> bool:
    return told.content.get(key) is not None


def _bypassing(told: Fields, bot: Mapping[str, str]) -> tuple[Who, Who]:
    """Whom it never binds, and whom it does not bind when they merge."""
    always, ever = NOBODY, NOBODY
    for actor in told.each("bypass_actors") if _has(told, "bypass_actors") else ():
        entry = f"{actor.text('actor_type')} {actor.content.get('actor_id') or 1}"
        one = Who(people=(bot[entry],)) if entry in bot else Who(groups=(entry,))
        ever = _either(ever, one)
        if actor.text("bypass_mode") == "always":
            always = _either(always, one)
    return always, ever


def _named(told: Fields) -> Who:
    """People, apps as the accounts that they act as, and teams."""
    people = [one.text("login") for one in told.each("users")]
    people += [f"{one.text('slug')}[bot]" for one in told.each("apps")]
    teams = [one.text("slug") for one in told.each("teams")]
    return Who(tuple(sorted(people)), tuple(sorted(teams)))


def _status(told: Fields) -> RequiredStatus:
    source = told.content.get("integration_id")
    return RequiredStatus(told.text("context"), None if source is None else str(source))


def _check(told: Fields) -> RequiredStatus:
    source = told.content.get("app_id")
    return RequiredStatus(told.text("context"), None if source in {None, -1} else str(source))


def _both(one: Who, other: Who) -> Who:
    """Those who are among both."""
    if one.writers or other.writers:
        return other if one.writers else one
    people = set(one.people) & set(other.people)
    return Who(tuple(sorted(people)), tuple(sorted(set(one.groups) & set(other.groups))))


def _either(one: Who, other: Who) -> Who:
    people, groups = {*one.people, *other.people}, {*one.groups, *other.groups}
    return replace(one, people=tuple(sorted(people)), groups=tuple(sorted(groups)))
