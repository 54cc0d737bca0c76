"""Gitea's branch rules in our words, and ours in Gitea's. Pure.

Source: Gitea 1.26, modules/structs/repo_branch.go, models/git/protected_branch.go.
"""

import re
from collections.abc import Iterable

from bot.canonical import Fields
from bot.forge_settings import NOBODY, BranchRule, RequiredStatus, Who

DEPLOY_KEYS = "deploy keys"
ADMINISTRATORS = "administrators of the repository"

_GLOB = re.compile(r"\*\*|\*|\?|\[[^\]]+\]|\{[^}]*\}|[\s\S]")


def rules_of(found: Iterable[Fields]) -> tuple[BranchRule, ...]:
    """The rules in the same order.

    Raises:
        InvalidInput: the answer has another shape.
    """
    return tuple(_rule(each) for each in found)


def rule_for(branch: str, rules: Iterable[BranchRule]) -> BranchRule | None:
    """The first whose name or pattern fits a branch; None where none does."""
    return next((rule for rule in rules if _fits(rule.name, branch)), None)


def content(rule: BranchRule) -> dict[str, object]:
    """What is sent to make a rule be so; approvers and checks stay as they are."""
    sent: dict[str, object] = {
        "enable_push": not rule.push.nobody,
        "enable_force_push": not rule.force_push.nobody,
        "block_admin_merge_override": rule.bypass.nobody,
        "required_approvals": rule.approvals,
        "block_on_rejected_reviews": rule.rejections_block,
    }
    if rule.stale_dismissed:
        sent["dismiss_stale_approvals"] = True
    for who, flag, names, keys in (
        (rule.push, "enable_push_whitelist", "push_whitelist", True),
        (rule.force_push, "enable_force_push_allowlist", "force_push_allowlist", True),
        (rule.merge, "enable_merge_whitelist", "merge_whitelist", False),
    ):
        sent[flag] = not who.writers
        sent[f"{names}_usernames"] = list(who.people)
        sent[f"{names}_teams"] = [group for group in who.groups if group != DEPLOY_KEYS]
        if keys:
            sent[f"{names}_deploy_keys"] = DEPLOY_KEYS in who.groups
    return sent


def _rule(told: Fields) -> BranchRule:
    push = NOBODY
    if told.flag("enable_push"):
        push = _who(told, "enable_push_whitelist", "push_whitelist")
    force = NOBODY
    if told.flag("enable_push") and told.flag("enable_force_push"):
        force = _who(told, "enable_force_push_allowlist", "force_push_allowlist")
        force = push if force.writers else force
    checked = told.flag("enable_status_check")
    free = not told.flag("block_admin_merge_override")
    approvers = _who(told, "enable_approvals_whitelist", "approvals_whitelist", "username")
    return BranchRule(
        name=told.text("rule_name"),
        push=push,
        force_push=force,
        merge=_who(told, "enable_merge_whitelist", "merge_whitelist"),
        bypass=Who(groups=(ADMINISTRATORS,)) if free else NOBODY,
        approvals=told.number("required_approvals"),
        approvers=approvers,
        stale_dismissed=told.flag("dismiss_stale_approvals") or told.flag("ignore_stale_approvals"),
        rejections_block=told.flag("block_on_rejected_reviews"),
        statuses=tuple(
            RequiredStatus(name) for name in _names(told, "status_check_contexts") if checked
        ),
    )


def _who(told: Fields, flag: str, names: str, users: str = "usernames") -> Who:
    if not told.flag(flag):
        return Who(writers=True)
    keys = f"{names}_deploy_keys"
    groups = set(_names(told, f"{names}_teams"))
    if told.content.get(keys) is True:
        groups.add(DEPLOY_KEYS)
    return Who(tuple(sorted(_names(told, f"{names}_{users}"))), tuple(sorted(groups)))


def _names(told: Fields, key: str) -> tuple[str, ...]:
    """An empty list is null where Gitea never filled one."""
    return () if told.content.get(key) is None else told.texts(key)


def _fits(name: str, branch: str) -> bool:
    """A name without special characters is compared without regard to case."""
    if not re.search(r"[*?\[\]{}\\]", name):
        return name.casefold() == branch.casefold()
    return re.fullmatch("".join(map(_expression, _GLOB.findall(name))), branch) is not None


def _expression(part: str) -> str:
    match part:
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if part.startswith("[") and len(part) > 1:
            return "[" + part[1:-1].replace("!", "^", 1).replace("\\", "\\\\") + "]"
        case _ if part.startswith("{") and len(part) > 1:
            return "(?:" + "|".join(map(re.escape, part[1:-1].split(","))) + ")"
        case _:
            return re.escape(part)
