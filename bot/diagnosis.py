"""What a forge's settings hold, what they leave open and to whom, and who has to hold the rest."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.absent import absent
from bot.findings import APPLY, WRITERS, Finding, Severity
from bot.forge import STATUS
from bot.forge_needs import BY_PEOPLE, PROMOTIONS, STATE_BRANCHES, TAGS, Needs, is_the_bots
from bot.forge_settings import Ability, BranchRule, ForgeFacts, Who
from bot.keepers import Kept, kept
from gitops.config import FleetConfig

_THIEF = "whoever has the bot's token"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that can be said of a forge's settings.

    `delivery` is what fleet.yaml wants, `held` what the settings really hold: `strict`, `direct`,
    or None where it cannot be told.
    """

    facts: ForgeFacts
    delivery: str
    held: str | None
    findings: tuple[Finding, ...]
    kept: tuple[Kept, ...]

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """Why the bot does not merge into a guarded environment."""
        return tuple(f for f in self.findings if f.severity is Severity.REFUSED)

    @property
    def sound(self) -> bool:
        """Nothing but notes."""
        return all(f.severity is Severity.NOTE for f in self.findings)


def diagnose(fleet: FleetConfig, facts: ForgeFacts) -> Diagnosis:
    """Judge what a forge is set to by what the fleet needs."""
    needs = Needs.of(fleet)
    found = [
        *_target(needs, facts),
        *_bot(needs, facts),
        *_counting(needs, facts),
        *_branches(facts),
        *_people(facts),
        *absent(needs, facts),
        *_unseen(facts),
    ]
    order = list(Severity)
    found.sort(key=lambda finding: order.index(finding.severity))
    return Diagnosis(facts, needs.delivery, _held(facts), tuple(found), tuple(kept(facts)))


def _held(facts: ForgeFacts) -> str | None:
    if facts.bot.pushes or facts.bot.administers or facts.target.protected is False:
        return "direct"
    known = facts.bot.pushes is False and facts.bot.administers is False
    return "strict" if known else None


def _refused(needs: Needs) -> Severity:
    """Where no environment is guarded, the bot has nothing to refuse."""
    return Severity.REFUSED if needs.guarded else Severity.WEAK


def _target(needs: Needs, facts: ForgeFacts) -> Iterator[Finding]:
    refused, branch, rule = _refused(needs), needs.branch, facts.target.rule
    if facts.target.protected is False:
        what, cure = f"{branch} is not protected: it can be pushed to without any approval", APPLY
        if not facts.can(Ability.BRANCHES):
            # Nobody can mend it there, and Fairlead's own count is all that such a fleet has.
            what += f"; {dict(facts.cannot)[Ability.BRANCHES]}"
            refused, cure = Severity.WEAK, "another plan, or a fleet whose writers you all trust"
        yield Finding("target-unprotected", refused, what, WRITERS, cure)
    if rule is None:
        return
    pushers = facts.others(rule.push)
    if not pushers.nobody:
        what = f"others than the bot may push to {branch}, without any approval"
        yield Finding("others-push", refused, what, str(pushers), APPLY)
    if not rule.force_push.nobody:
        what = f"{branch} may be force-pushed: what was approved and merged can be thrown away"
        yield Finding("force-push", refused, what, str(rule.force_push), APPLY)
    if not facts.others(rule.bypass).nobody:
        what = f"the rule of {branch} does not hold for everybody"
        yield Finding("bypass", refused, what, str(rule.bypass), APPLY)
    yield from _merging(facts, rule)


def _merging(facts: ForgeFacts, rule: BranchRule) -> Iterator[Finding]:
    others = rule.merge.without(facts.bot.login)
    if others.nobody:
        return
    what = "others than the bot may merge by hand, before Fairlead's gates are open"
    if others.writers and facts.can(Ability.PERSONS):
        yield Finding("others-merge", Severity.WEAK, what, str(others), APPLY)
    else:
        cure = "let as few people as possible do so; Fairlead sees such a merge, and cannot stop it"
        yield Finding("others-merge", Severity.NOTE, what, str(others), cure)


def _bot(needs: Needs, facts: ForgeFacts) -> Iterator[Finding]:
    bot, refused = facts.bot, _refused(needs)
    if bot.administers:
        what = f"{bot.login} administers the repository, so its token can lift every rule"
        cure = f"give {bot.login} the right to write and no more"
        if not facts.can(Ability.PERSONS):
            why = dict(facts.cannot)[Ability.PERSONS]
            what += f"; {why}, and the bot needs the role that merges"
            refused, cure = Severity.NOTE, "none on this tier: keep the token safe"
        yield Finding("bot-administers", refused, what, _THIEF, cure)
    refused = _refused(needs)
    if bot.pushes and facts.target.protected is not False:
        what = f"{bot.login} may push to {needs.branch}, so the forge guards nothing there from it"
        if needs.direct:
            cure = "deliver every environment by merge request, then " + APPLY
            yield Finding("bot-pushes", Severity.NOTE, what, _THIEF, cure)
        else:
            yield Finding("bot-pushes", refused, what, _THIEF, APPLY)
    if bot.pushes is False and needs.direct:
        what = f"{bot.login} may not push to {needs.branch}, where it is to deliver by commit"
        cure = f"`deliver: merge-request` in fleet.yaml, or {APPLY}"
        yield Finding("bot-cannot-push", Severity.WEAK, what, "nobody", cure)
    if bot.merges is False:
        what = f"{bot.login} may not merge into {needs.branch}"
        yield Finding("bot-cannot-merge", Severity.WEAK, what, "nobody", APPLY)


def _counting(needs: Needs, facts: ForgeFacts) -> Iterator[Finding]:
    """How the forge counts approvals and checks."""
    rule, refused = facts.target.rule, _refused(needs)
    if facts.overridable:
        what = "the approval rules can be changed in a merge request itself"
        yield Finding("overridable", refused, what, "whoever opens one", APPLY)
    if rule is None:
        return
    if not rule.stale_dismissed and facts.can(Ability.STALE):
        what = "approvals are kept when something else is pushed"
        yield Finding("stale-approvals", refused, what, "whoever may push to the branch", APPLY)
    yield from _own_approvals(facts, rule, refused)
    if facts.can(Ability.APPROVALS):
        yield from _number(needs, rule)
    for status in rule.statuses:
        if status.source is None and status.name not in {*needs.pinned, STATUS}:
            what = f"the check {status.name} counts whoever has posted it"
            cure = "name it with its `source` under `checks:` of every guarded environment"
            yield Finding("unpinned-status", refused, what, WRITERS, cure)


def _own_approvals(facts: ForgeFacts, rule: BranchRule, refused: Severity) -> Iterator[Finding]:
    """The forge's own count decides only where others merge on it; Fairlead counts for itself."""
    others = rule.merge.without(facts.bot.login)
    for told, curable, code, whose in (
        (facts.author_approves, True, "author-approves", "an author's own approval"),
        (
            facts.contributors_approve,
            facts.can(Ability.CONTRIBUTORS),
            "contributors-approve",
            "approvals of those who pushed to it",
        ),
    ):
        if told:
            what = f"the forge counts {whose}; Fairlead does not"
            severity = refused if others.writers and curable else Severity.NOTE
            cure = APPLY if curable else "let nobody but the bot merge: Fairlead counts for itself"
            yield Finding(code, severity, what, str(others), cure)


def _number(needs: Needs, rule: BranchRule) -> Iterator[Finding]:
    asked, least = rule.approvals, needs.approvals
    if asked < least:
        what = f"the forge wants {asked} approvals, and every environment at least {least}"
        yield Finding("few-approvals", Severity.WEAK, what, _THIEF, APPLY)
    elif asked > least:
        what = f"the forge wants {asked} approvals where fleet.yaml wants {least}"
        yield Finding("many-approvals", Severity.WEAK, what, "nobody: the bot waits", APPLY)
    elif not asked:
        what = "the forge merges without an approval, since an environment asks for none"
        cure = "keep the token safe, or let every environment ask for an approval"
        yield Finding("no-approvals", Severity.NOTE, what, _THIEF, cure)


def _branches(facts: ForgeFacts) -> Iterator[Finding]:
    for pattern in (STATE_BRANCHES, *PROMOTIONS):
        told = facts.own_branches(pattern)
        if told is None or told.protected is None:
            continue
        state = pattern == STATE_BRANCHES
        if told.protected and not state and not facts.can(Ability.OWN_BRANCHES):
            what = f"{pattern} is protected: {dict(facts.cannot)[Ability.OWN_BRANCHES]}"
            yield Finding("promotions-protected", Severity.WEAK, what, "nobody", "take it away")
        if is_the_bots(told, facts):
            continue
        what = f"{pattern} can be written by others than the bot: " + (
            "they can take records and halts away" if state else "they can squat a promotion"
        )
        code = "state-unprotected" if state else "promotions-unprotected"
        others = facts.others(told.rule.push) if told.rule else Who(writers=True)
        if state or facts.can(Ability.OWN_BRANCHES):
            yield Finding(code, Severity.WEAK, what, str(others), APPLY)
        else:
            why = dict(facts.cannot)[Ability.OWN_BRANCHES]
            yield Finding(code, Severity.NOTE, f"{what}; {why}", str(others), _SEEN)
    yield from _rollbacks(facts)
    if facts.tags is not None and TAGS not in facts.tags and facts.can(Ability.TAGS):
        what = f"tags {TAGS} are not protected"
        yield Finding("tags-unprotected", Severity.WEAK, what, WRITERS, APPLY)


def _rollbacks(facts: ForgeFacts) -> Iterator[Finding]:
    for pattern in BY_PEOPLE:
        told = facts.own_branches(pattern)
        if told is None or not told.protected or told.rule is None:
            continue
        if is_the_bots(told, facts) or not facts.can(Ability.OWN_BRANCHES):
            what = f"{pattern} is protected, and people push it when they take a release back"
            yield Finding("rollbacks-protected", Severity.WEAK, what, "nobody", "take it away")


_SEEN = "nothing: Fairlead sees a foreign commit, and stops that promotion"


def _people(facts: ForgeFacts) -> Iterator[Finding]:
    if facts.pipeline_required is False and not facts.can(Ability.APPROVALS):
        what = "a merge by hand waits for no pipeline, and this edition for no approval"
        # Not by `forge apply`: without a pipeline nothing at all could be merged then.
        cure = (
            "a pipeline for merge requests, as `fairlead new` writes it, then require its success"
        )
        yield Finding("no-pipeline", Severity.WEAK, what, "whoever may merge", cure)
    for owner in facts.unknown_owners or ():
        what = f"CODEOWNERS names {owner}, whom the forge does not know here, so nobody is asked"
        cure = "correct the name, or give that account or group access"
        yield Finding("unknown-owner", Severity.WEAK, what, "nobody", cure)


def _unseen(facts: ForgeFacts) -> Iterator[Finding]:
    hidden = []
    if facts.target.protected is not False and facts.target.rule is None:
        hidden.append("the rule of the target branch")
    if facts.tags is None and facts.can(Ability.TAGS):
        hidden.append("the protected tags")
    if facts.bot.administers is None:
        hidden.append("the bot's own rights")
    if hidden:
        what = f"{facts.reader}'s token does not see {', '.join(hidden)}"
        cure = "FAIRLEAD_FORGE_ADMIN_TOKEN: the token of somebody who administers the repository"
        yield Finding("unseen", Severity.NOTE, what, "nobody knows", cure)
