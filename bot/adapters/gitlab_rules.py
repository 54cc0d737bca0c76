"""GitLab's protected branches in our words, and ours in GitLab's. Pure.

Source: GitLab, "Protected branches API"; "Protected branches": where several rules fit a branch,
whatever one of them allows is allowed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.canonical import Fields
from bot.forge_settings import BranchRule, Who

NO_ONE, DEVELOPER, MAINTAINER = 0, 30, 40

ROLES = {MAINTAINER: "Maintainers", 50: "Owners", 60: "Administrators"}
"""Levels as groups of people; who may write is a Developer at least."""


def fitting(branch: str, found: Iterable[Fields]) -> tuple[Fields, ...]:
    """The protections whose name or pattern fits; `*` is any text, with slashes too.

    Raises:
        InvalidInput: the answer has another shape.
    """
    return tuple(one for one in found if _fits(one.text("name"), branch))


def rule(
    pattern: str, found: Sequence[Fields], people: Mapping[int, str], usual: BranchRule
) -> BranchRule | None:
    """What several protections of one branch allow together; None where there is none.

    Args:
        pattern: its own protection's name, which the rule takes where there is one.
        found: those that fit.
        people: the logins of those whom they name.
        usual: what the project says of every branch.

    Raises:
        InvalidInput: the answer has another shape.
    """
    if not found:
        return None
    names = [one.text("name") for one in found]
    push = _joined(_who(one, "push_access_levels", people) for one in found)
    return replace(
        usual,
        name=pattern if pattern in names else names[0],
        push=push,
        force_push=push if any(one.flag("allow_force_push") for one in found) else Who(),
        merge=_joined(_who(one, "merge_access_levels", people) for one in found),
    )


def named(found: Iterable[Fields]) -> frozenset[int]:
    """The numbers of the people whom protections name.

    Raises:
        InvalidInput: the answer has another shape.
    """
    return frozenset(
        entry.number("user_id")
        for one in found
        for key in ("push_access_levels", "merge_access_levels")
        for entry in one.each(key)
        if entry.content.get("user_id") is not None
    )


def shared(found: Iterable[Fields]) -> Mapping[str, int]:
    """The numbers of the groups that protections name, by what `rule` calls them.

    Raises:
        InvalidInput: the answer has another shape.
    """
    return {
        _group(entry): entry.number("group_id")
        for one in found
        for key in ("push_access_levels", "merge_access_levels")
        for entry in one.each(key)
        if entry.content.get("group_id") is not None
    }


def level(who: Who) -> int:
    """The least level that lets all of them: people cannot be named by levels."""
    if who.writers:
        return DEVELOPER
    roles = [number for number, name in ROLES.items() if name in who.groups]
    return min(roles, default=NO_ONE)


def allowed(
    who: Who, people: Mapping[str, int], groups: Mapping[str, int]
) -> list[dict[str, object]]:
    """People, roles and groups one by one, as only paid tiers take them."""
    entries: list[dict[str, object]] = [{"user_id": people[name]} for name in who.people]
    entries += [{"access_level": n} for n, name in ROLES.items() if name in who.groups]
    entries += [{"group_id": groups[name]} for name in who.groups if name in groups]
    if who.writers:
        entries.append({"access_level": DEVELOPER})
    return entries or [{"access_level": NO_ONE}]


def _who(one: Fields, key: str, people: Mapping[int, str]) -> Who:
    found = Who()
    for entry in one.each(key):
        if entry.content.get("user_id") is not None:
            found = found.and_also(people[entry.number("user_id")])
        elif entry.content.get("group_id") is not None:
            found = _joined([found, Who(groups=(_group(entry),))])
        elif entry.number("access_level") == DEVELOPER:
            found = replace(found, writers=True)
        elif (role := ROLES.get(entry.number("access_level"))) is not None:
            found = _joined([found, Who(groups=(role,))])
    return found


def _group(entry: Fields) -> str:
    return f"{entry.content.get('access_level_description') or ''} ({entry.number('group_id')})"


def _joined(several: Iterable[Who]) -> Who:
    each = tuple(several)
    return Who(
        tuple(sorted({person for who in each for person in who.people})),
        tuple(sorted({group for who in each for group in who.groups})),
        any(who.writers for who in each),
    )


def _fits(name: str, branch: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, name.split("*"))), branch) is not None
