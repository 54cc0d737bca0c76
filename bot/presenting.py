"""What an open merge request should say and look like, as the difference to what it does. Pure.

The forge's own words are never believed: a status counts only as this bot's, a body only with a
valid MAC, and neither decides anything.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from bot.describe import title
from bot.forge import STATUS, CommitStatus
from bot.gates.approved import eligible_approvers
from bot.gates.intact import branch_of
from bot.gates.lists import merging, times
from bot.model import Check, Gap, MergeRequest, MergeRequestState, Target
from bot.observation import Observation
from bot.plan import (
    CancelAutomaticMerge,
    Close,
    Decision,
    Describe,
    GateVerdict,
    Label,
    Pass,
    PostStatus,
    Presenting,
    Promotion,
    Rebuild,
)
from bot.verdicts import says_the_same, status, table

LABEL = "fairlead"
"""On every merge request of ours."""

MAX_REVIEWERS = 10
"""How many are asked: of more, those are chosen whom the release's identity names first."""


def present(decision: Decision, observation: Observation) -> Iterator[Presenting]:
    """What is to be written about the open merge request that a decision speaks of."""
    request = _shown(decision, observation)
    if request is None:
        return
    if request.automatic_merge:
        yield CancelAutomaticMerge(request.number)
    wanted, there = set(labels(decision.target)), set(request.labels)
    missing, wrong = wanted - there, (there & _every_label(observation)) - wanted
    if missing or wrong:
        yield Label(request.number, tuple(sorted(missing)), tuple(sorted(wrong)))
    yield from _description(decision, request, observation)
    told = status(decision.verdicts)
    if _posted(request, observation.login) != told:
        yield PostStatus(request.number, request.source_branch, request.head, told)


def labels(target: Target) -> tuple[str, ...]:
    """Sorted: the app's, the environment's, and our own."""
    return (f"app/{target.app}", f"environment/{target.environment}", LABEL)


def _every_label(observation: Observation) -> set[str]:
    """Those that some merge request of this fleet has from us; every other is people's own."""
    environments = (e.name for e in observation.fleet.environments)
    apps = {*observation.apps, *observation.broken}
    return {*(f"environment/{name}" for name in environments), *(f"app/{name}" for name in apps)}


def reviewers(promotion: Promotion, observation: Observation) -> tuple[str, ...]:
    """The logins of those who may approve, sorted; one of each person, and at most a few."""
    target, release = promotion.target, promotion.release
    allowed = eligible_approvers(target, release, observation)
    if isinstance(allowed, Gap) or not observation.policy(target).required:
        return ()
    own = {observation.login.casefold()}
    first = {who: login for login, who in sorted(allowed.logins.items(), reverse=True)}
    found = sorted(set(first.values()) - own, key=lambda login: _turn(release.identity, login))
    return tuple(sorted(found[:MAX_REVIEWERS]))


def foretold(
    promotion: Promotion, verdicts: tuple[GateVerdict, ...], observation: Observation, now: datetime
) -> tuple[GateVerdict, ...]:
    """What all gates will say of a merge request that is opened or made anew now."""
    imagined = MergeRequest(
        number=0,
        source_branch=promotion.branch,
        target_branch=observation.fleet.branch,
        head="",
        state=MergeRequestState.OPEN,
        author=observation.login,
        title="",
        body="",
        contributors=(observation.login,),
    )
    later = (
        GateVerdict(v.gate, Pass()) if v.gate == "intact" else v
        for v in merging(promotion, imagined, observation, now)
    )
    rollback = promotion.rollback is not None
    return (*verdicts, *later, *times(promotion.target, observation, now, rollback=rollback))


def _shown(decision: Decision, observation: Observation) -> MergeRequest | None:
    """The merge request, where it stays open and there is something to say of it."""
    if isinstance(decision.step, Close | Rebuild) or not decision.verdicts:
        return None
    return next(
        (
            m
            for m in observation.merge_requests
            if m.number == decision.merge_request and m.state is MergeRequestState.OPEN
        ),
        None,
    )


def _description(
    decision: Decision, request: MergeRequest, observation: Observation
) -> Iterator[Describe]:
    branch = branch_of(request, observation)
    promotion = decision.promotion if branch is not None and branch.authentic else None
    said = next((p for p in observation.presented if p.number == request.number), None)
    shown = table(decision.verdicts, decision.clusters)
    stale = said is not None and not says_the_same(said.table, shown)
    known = said.claims.asked if said is not None else ()
    if promotion is None:
        # Its head is another's, or what it promotes cannot be put together: the text can only stay,
        # and one that somebody changed is not sent again in our name.
        if said is not None and said.intact and stale:
            yield Describe(
                None, request.number, request.head, None, request.title, shown, known, ()
            )
        return
    wanted = reviewers(promotion, observation)
    ask = _unasked(wanted, known, request)
    whole = said is None or not said.intact or said.claims.head != request.head
    own = title(promotion)
    # A person may have put `Draft:` before it.
    kept = request.title if request.title.endswith(own) else own
    if whole or ask or kept != request.title or stale:
        base = branch.base if branch is not None else None
        yield Describe(
            promotion if whole else None,
            request.number,
            request.head,
            base,
            kept,
            shown,
            tuple(sorted({*known, *wanted})),
            ask,
        )


def _unasked(
    wanted: tuple[str, ...], known: tuple[str, ...], request: MergeRequest
) -> tuple[str, ...]:
    """Whom nobody has asked for a review yet: who refused or was refused once is left alone."""
    answered = {a.person.casefold() for a in request.approvals if a.sha == request.head}
    there = {login.casefold() for login in (*known, *request.reviewers, request.author)}
    return tuple(login for login in wanted if login not in there | answered)


def _posted(request: MergeRequest, login: str) -> CommitStatus | None:
    """Our own last word on this head; another's of the same name is not ours."""
    found: list[Check] = [
        c for c in request.checks if (c.name, c.source, c.sha) == (STATUS, login, request.head)
    ]
    return CommitStatus(found[-1].state, found[-1].description) if found else None


def _turn(identity: str, login: str) -> str:
    return hashlib.sha256(f"{identity} {login}".encode()).hexdigest()
