"""Who keeps each rule: what the forge does about it as it is set, and what Fairlead does."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.forge_needs import BY_PEOPLE, PROMOTIONS, TAGS, is_the_bots
from bot.forge_settings import NOBODY, Ability, BranchRule, ForgeFacts


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule, and how far each of the two keeps it, in words."""

    rule: str
    forge: str
    fairlead: str


def kept(facts: ForgeFacts) -> Iterator[Kept]:
    """Every rule that matters, in the order of docs/security.md."""
    rule, branch = facts.target.rule, facts.target.branches
    yield Kept(f"nobody but the bot pushes to {branch}", _pushing(facts), "")
    others = rule.merge.without(facts.bot.login) if rule else NOBODY
    merging = "unseen" if rule is None else f"no: also {others}" if not others.nobody else "yes"
    yield Kept(f"only the bot merges into {branch}", _or_no(facts, merging), "")
    number = "unseen" if rule is None else f"{rule.approvals} for the whole branch"
    if not facts.can(Ability.APPROVALS):
        number = f"no: {dict(facts.cannot)[Ability.APPROVALS]}"
    by_file = "by fleet.yaml on the target branch"
    yield Kept("how many approve, and who", _or_no(facts, number), by_file)
    for what, counted in (
        ("nobody approves their own merge request", facts.author_approves),
        ("nobody approves what they pushed to", facts.contributors_approve),
    ):
        yield Kept(what, "unseen" if counted is None else "no" if counted else "yes", "yes")
    yield Kept("nobody approves a release that they made", "no", "yes")
    stale = "unseen" if rule is None else "yes" if rule.stale_dismissed else "no"
    yield Kept("an approval is of one commit", _or_no(facts, stale), "yes")
    checks = "unseen" if rule is None else _checks(rule)
    yield Kept("required checks", _or_no(facts, checks), "by name and poster")
    yield Kept("windows, freezes, soak, proof", "no", "yes")
    for told in (own for own in facts.own if own.branches not in BY_PEOPLE):
        held = "yes" if is_the_bots(told, facts) else "no"
        seen = "a foreign commit stops a promotion" if told.branches in PROMOTIONS else "signed"
        held = "unseen" if told.protected is None else held
        yield Kept(f"only the bot writes to {told.branches}", held, seen)
    tags = "unseen" if facts.tags is None else "yes" if TAGS in facts.tags else "no"
    yield Kept(f"only a few make tags {TAGS}", tags, "a tag that moved is refused")


def _or_no(facts: ForgeFacts, told: str) -> str:
    return "no" if facts.target.protected is False else told


def _pushing(facts: ForgeFacts) -> str:
    if facts.target.protected is False:
        return "no"
    rule = facts.target.rule
    if rule is None:
        return "unseen" if facts.bot.pushes is None else "in part unseen"
    others = facts.others(rule.push)
    return "yes" if others.nobody else f"no: also {others}"


def _checks(rule: BranchRule) -> str:
    if not rule.statuses:
        return "none"
    named = (f"{s.name} ({s.source or 'whoever posts it'})" for s in rule.statuses)
    return ", ".join(named)
