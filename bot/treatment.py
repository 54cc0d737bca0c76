"""What a forge should be set to for a fleet, and what has to change until it is.

Whatever holds more than is needed stays: a rule is changed only where it is weak. Settings that are
as they should be give no change, so that a second time there is nothing to do.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.forge_needs import PROMOTIONS, STATE_BRANCHES, TAGS, Needs
from bot.forge_settings import (
    NOBODY,
    Ability,
    BranchRule,
    Change,
    ForgeFacts,
    MakeEnvironment,
    ProtectTags,
    SetApprovals,
    SetBranchRule,
    SetWebhook,
)
from gitops.config import FleetConfig


def changes(fleet: FleetConfig, facts: ForgeFacts) -> tuple[Change, ...]:
    """What makes the settings strong enough, in the order in which it is safe to do it.

    Args:
        fleet: what is needed.
        facts: what is there, seen by somebody who administers the repository.
    """
    needs = Needs.of(fleet)
    hook = tuple(_webhook(needs, facts))
    if not facts.can(Ability.BRANCHES):
        return hook
    return (
        *_target(needs, facts),
        *_own_branches(facts),
        *_approvals(facts),
        *_tags(facts),
        *_environments(needs, facts),
        *hook,
    )


def _target(needs: Needs, facts: ForgeFacts) -> Iterator[Change]:
    before = _its_own(facts.target.rule, needs.branch)
    wanted = _guarding(needs, facts, before or BranchRule(needs.branch))
    if wanted != before:
        yield SetBranchRule(needs.branch, wanted, before)


def _its_own(rule: BranchRule | None, pattern: str) -> BranchRule | None:
    """The rule, unless it is made for other branches too: then one of its own is wanted."""
    prefix = pattern.rstrip("*")
    return rule if rule and rule.name.casefold().startswith(prefix.casefold()) else None


def _guarding(needs: Needs, facts: ForgeFacts, rule: BranchRule) -> BranchRule:
    # Whom somebody has named may go on merging: `doctor` names them. That all who write may is a
    # setting nobody has made.
    named = replace(rule.merge, writers=False).and_also(facts.bot.login)
    return replace(
        rule,
        push=facts.mine if needs.direct else NOBODY,
        force_push=NOBODY,
        merge=named if facts.can(Ability.PERSONS) else facts.mine,
        bypass=NOBODY,
        approvals=needs.approvals if facts.can(Ability.APPROVALS) else rule.approvals,
        stale_dismissed=rule.stale_dismissed or facts.can(Ability.STALE),
        rejections_block=True,
    )


def _own_branches(facts: ForgeFacts) -> Iterator[Change]:
    mine = facts.mine
    for pattern in (STATE_BRANCHES, *PROMOTIONS):
        told = facts.own_branches(pattern)
        if told is None or (pattern != STATE_BRANCHES and not facts.can(Ability.OWN_BRANCHES)):
            continue
        before = _its_own(told.rule, pattern)
        wanted = replace(
            before or BranchRule(pattern, approvals=0, stale_dismissed=False),
            push=mine,
            # A lost state branch is replaced, and a promotion's branch rebuilt.
            force_push=mine,
            merge=mine,
            bypass=NOBODY,
        )
        if wanted != before:
            yield SetBranchRule(pattern, wanted, before)


def _approvals(facts: ForgeFacts) -> Iterator[Change]:
    wanted = SetApprovals(
        author_approves=False if facts.author_approves else None,
        contributors_approve=False
        if facts.contributors_approve and facts.can(Ability.CONTRIBUTORS)
        else None,
        overridable=False if facts.overridable else None,
    )
    if wanted != SetApprovals():
        yield wanted


def _tags(facts: ForgeFacts) -> Iterator[Change]:
    if facts.tags is not None and TAGS not in facts.tags and facts.can(Ability.TAGS):
        yield ProtectTags(TAGS)


def _environments(needs: Needs, facts: ForgeFacts) -> Iterator[Change]:
    branch = needs.branch if facts.can(Ability.DEPLOYERS) else None
    for name, tier in needs.environments:
        if name in (facts.absent_environments or ()):
            yield MakeEnvironment(name, tier, branch)


def _webhook(needs: Needs, facts: ForgeFacts) -> Iterator[Change]:
    if needs.webhook is None or facts.webhooks is None:
        return
    if not any(hook.sound for hook in facts.webhooks):
        yield SetWebhook(needs.webhook, before=bool(facts.webhooks))


# --- in words ------------------------------------------------------------------------------------


def line(change: Change) -> str:
    """A change on one line."""
    match change:
        case SetBranchRule(branches, rule, before):
            doing = f"change the rule of {branches}" if before else f"protect {branches}"
            return f"{doing}: {'; '.join(_said(rule, before))}"
        case ProtectTags(pattern):
            return f"protect the tags {pattern}"
        case SetApprovals():
            return f"set approvals: {'; '.join(_settings(change))}"
        case MakeEnvironment(name, tier, branch):
            more = f", to which {branch} alone deploys" if branch else f" ({tier})" if tier else ""
            return f"make the environment {name}{more}"
        case SetWebhook(url, before):
            return f"{'make anew' if before else 'make'} the webhook {url}"


_WORDS = {
    "push": "may push",
    "force_push": "may force-push",
    "merge": "may merge",
    "bypass": "may ignore the rule",
    "approvals": "approvals are wanted",
    "stale_dismissed": "a push voids approvals",
    "rejections_block": "who asks for changes blocks",
}


def _said(rule: BranchRule, before: BranchRule | None) -> Iterator[str]:
    """What is new in it; of a new rule everything but what nobody may."""
    for name, words in _WORDS.items():
        now = getattr(rule, name)
        if now == getattr(before, name) if before else now in (NOBODY, 0, False):
            continue
        yield f"{words}: {'yes' if now is True else 'no' if now is False else now}"


def _settings(change: SetApprovals) -> Iterator[str]:
    if change.author_approves is False:
        yield "an author's own approval does not count"
    if change.contributors_approve is False:
        yield "approvals of those who pushed do not count"
    if change.overridable is False:
        yield "no merge request changes the rules"
