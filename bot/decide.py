"""`decide(observation, now)`: what shall happen, and why everything else shall not. Pure.

Each app is decided for itself, environment by environment; nothing that is wrong with one of them
changes what happens to another. At most one step per app and environment.
"""

from dataclasses import replace
from datetime import datetime

from bot.advancing import advance, close_spare
from bot.candidates import Candidate, by_hand, candidates
from bot.describe import PREFIX, ROLLBACK_PREFIX
from bot.gates.exits import exits
from bot.gates.lists import opening, reasons, stopped
from bot.gates.stops_told import stops_told
from bot.memory import record
from bot.model import Gap, MergeRequest, MergeRequestState, Target
from bot.observation import Observation
from bot.plan import (
    Decision,
    DeleteBranch,
    Deliver,
    GateVerdict,
    Open,
    Plan,
    PromotionState,
    Refuse,
    Wait,
)
from bot.presenting import present
from bot.progress import on_clusters, running_state
from bot.proposing import propose, state_of
from bot.reports import reports
from bot.returning import go_back
from bot.state import Halt


def decide(observation: Observation, now: datetime) -> Plan:
    """The plan for this observation. The same observation and time always give the same plan."""
    said = (*reports(observation), *stops_told(observation, now))
    halt = _halt(observation, now)
    if halt is not None or observation.state.halt is not None:
        return Plan(
            observation.head,
            observation.state.sha,
            tuple(_idle(t, observation, now) for t in observation.targets),
            halt=halt,
            reports=said,
        )
    decisions = [_decide(target, observation, now) for target in observation.targets]
    batch, decisions = _batched(decisions, observation)
    presenting = tuple(p for d in decisions for p in present(d, observation))
    return Plan(
        observation.head,
        observation.state.sha,
        tuple(decisions),
        batch,
        presenting,
        _housekeeping(observation, decisions),
        record(observation, now),
        reports=said,
    )


def _halt(observation: Observation, now: datetime) -> Halt | None:
    if observation.state.halt is not None:
        return None
    if observation.state_lost is not None:
        return Halt(f"state lost or rewound: {observation.state_lost}", now)
    wrong = [w for w in observation.wrong_merges if w not in observation.state.cleared]
    return Halt(wrong[0], now) if wrong else None


def _idle(target: Target, observation: Observation, now: datetime) -> Decision:
    """What runs, while nothing may be decided."""
    running = observation.runs(target)
    return Decision(
        target,
        running_state(target, observation, now),
        running.release.version if running else None,
        running.release.version if running else None,
        exits=exits(target, observation, now),
        clusters=on_clusters(target, observation, now),
        notes=("halted",),
    )


# --- one app in one environment -------------------------------------------------------------------


def _decide(target: Target, observation: Observation, now: datetime) -> Decision:
    held = stopped(target, observation, now)
    idle = replace(_idle(target, observation, now), notes=reasons(held))
    pin = observation.pin(target)
    if pin is not None and pin.problem:
        verdict = GateVerdict("newer", Refuse(pin.problem))
        return replace(idle, state=PromotionState.BLOCKED, verdicts=(verdict,))
    merge_requests = open_merge_requests(target, observation)
    rollbacks = open_merge_requests(target, observation, ROLLBACK_PREFIX)
    if rollbacks:
        return go_back(idle, rollbacks, merge_requests, observation, now)
    unread = by_hand(target, observation)
    if unread is not None:
        return replace(idle, verdicts=(GateVerdict("newer", Wait(unread)),))
    found = candidates(target, observation)
    if isinstance(found, Gap):
        verdict = GateVerdict("newer", Wait(f"{found.service} could not be read: {found.reason}"))
        return replace(idle, verdicts=(verdict,), notes=("incomplete",))
    above = [c for c in found if _newer(c, observation, now)]
    chosen = _first_open(above, observation, now)
    if merge_requests:
        spare = close_spare(idle, merge_requests, observation)
        # What cannot be opened in its place supersedes nothing.
        newer = None if held else chosen
        return spare or advance(idle, merge_requests[0], newer, found, observation, now)
    if chosen is not None and not held:
        return propose(idle, chosen, observation, now)
    if not above:
        return idle
    next_ = chosen or above[0]
    verdicts = (*opening(next_, observation, now), *held)
    return replace(idle, state=state_of(verdicts), release=next_.name, verdicts=verdicts, notes=())


def _newer(candidate: Candidate, observation: Observation, now: datetime) -> bool:
    """Above the pin; a refused one is kept when nothing but the refusal speaks against it."""
    verdict = opening(replace(candidate, refusal=None), observation, now)[0]
    return verdict.open


def _first_open(
    above: list[Candidate], observation: Observation, now: datetime
) -> Candidate | None:
    """The newest candidate whose opening gates all pass: an unproven newer one never hides it."""
    return next((c for c in above if all(v.open for v in opening(c, observation, now))), None)


def open_merge_requests(
    target: Target, observation: Observation, kind: str = PREFIX
) -> list[MergeRequest]:
    """The open merge requests of this target, oldest first: one, unless two instances raced.

    One that somebody else opened counts where it holds what Fairlead writes; any other stops the
    promotion of its own branch's name and nothing else.
    """
    prefix = f"{kind}{target.environment}/{target.app}/"
    authentic = {b.name for b in observation.branches if b.authentic}
    found = [
        m
        for m in observation.merge_requests
        if m.state is MergeRequestState.OPEN
        and m.source_branch.startswith(prefix)
        and m.target_branch == observation.fleet.branch
        and (m.author == observation.login or m.source_branch in authentic)
    ]
    return sorted(found, key=lambda m: m.number)


# --- all together ---------------------------------------------------------------------------------


def _batched(
    decisions: list[Decision], observation: Observation
) -> tuple[Deliver | None, list[Decision]]:
    """Everything delivered by commit goes into one commit."""
    promotions = [p for d in decisions if isinstance(d.step, Deliver) for p in d.step.promotions]
    if not promotions:
        return None, decisions
    rest = [replace(d, step=None) if isinstance(d.step, Deliver) else d for d in decisions]
    return Deliver(tuple(promotions), observation.head, observation.state.sha), rest


def _housekeeping(observation: Observation, decisions: list[Decision]) -> tuple[DeleteBranch, ...]:
    """Branches whose merge request is merged, or was closed by us, and that are still ours.

    One that a step of this very plan opens a merge request for again is in use.
    """
    in_use = {d.step.promotion.branch for d in decisions if isinstance(d.step, Open)}
    latest: dict[str, MergeRequest] = {}
    for merge_request in sorted(observation.merge_requests, key=lambda m: m.number):
        if merge_request.target_branch == observation.fleet.branch:
            latest[merge_request.source_branch] = merge_request
    found = []
    for branch in observation.branches:
        last = latest.get(branch.name)
        if last is None or last.head != branch.head or not branch.authentic:
            continue
        if branch.name in in_use:
            continue
        merged = last.state is MergeRequestState.MERGED and last.number not in (
            observation.lost_merges
        )
        closed = last.state is MergeRequestState.CLOSED and last.closed_by == observation.login
        if merged or closed:
            found.append(DeleteBranch(branch.name, branch.head))
    return tuple(found)
