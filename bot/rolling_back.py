"""`rollback`: opens the merge request that brings an older release back and holds it there.

The bot judges and merges it as any other: approved, green, intact, in a window and in no freeze.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.asking import Desk, Done
from bot.body import Reading, text
from bot.compose import draft
from bot.describe import ROLLBACK_PREFIX, branch_name, title
from bot.forge import MergeRequestText
from bot.model import MergeRequest, MergeRequestState, Release, Target
from bot.observation import Branch, Observation
from bot.plan import Promotion
from bot.ports import Draft
from bot.proposing import changes_nothing
from bot.rank import rank_of
from bot.returning import proofs_here
from bot.stop import Rollback
from bot.stop_change import Scope, known
from gitops.config import stop_of
from gitops.diff import unified_diff
from gitops.errors import Conflict, InvalidInput
from gitops.fleet import Pinned

COUNTS = "The bot merges it when every gate is open; until then nothing newer goes there."

SHOWN = 8
"""Releases that are named to one who asks for another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for; `until` None holds until somebody ends it."""

    target: Target
    version: str
    reason: str
    until: datetime | None


def rollback(desk: Desk, asked: Asked, *, dry: bool) -> Done:
    """Open it, or find the one that is open.

    Raises:
        InvalidInput: no such app, environment or release; it is newer than what is there; another
            rollback is open; or the bot is halted.
        Conflict, Denied, Unavailable: the repository, the forge or the state branch.
    """
    observation = _look(desk, asked.target)
    release = _release(asked, observation)
    target = asked.target
    wanted = _wanted(desk, asked)
    told = f"{target}: back to {release.version}, and held there {_ends(asked.until)}"
    done = Done(f"Roll {target} back to {release.version}", told, changed=False, counts=COUNTS)
    found = _open_already(asked, wanted, observation)
    if found is not None:
        return replace(done, merge_request=found.number, branch=found.source_branch)
    _refuse(target, release, observation)
    left = _left_over(release, wanted, observation)
    if left is not None and left.rollback is not None:
        promotion = Promotion(target, release, left.name, rollback=left.rollback)
    else:
        prefix = branch_name(target, release.version, wanted).removesuffix("0")
        wanted = replace(wanted, number=desk.free_number(prefix, observation))
        promotion = Promotion(target, release, f"{prefix}{wanted.number}", rollback=wanted)
    made, diff = _drafted(desk, promotion, observation)
    done = replace(done, changed=True, diff=diff, branch=promotion.branch)
    if dry:
        return done
    desk.say("rollback", {"branch": promotion.branch, "release": release.version})
    if left is None:
        desk.push(promotion.branch, None, desk.ports.repository.write([made])[0])
    text = _text(promotion, diff, observation)
    opened = desk.ports.forge.open(promotion.branch, observation.fleet.branch, text)
    return replace(done, merge_request=opened.number)


def _look(desk: Desk, target: Target) -> Observation:
    """What is looked at, with the target's pin, its rollbacks and the state branch."""
    state = desk.ports.ledger.read()
    observation, config = desk.look(state)
    known(config, Scope(target.environment, target.app))
    if target.app in observation.broken:
        raise InvalidInput(observation.broken[target.app])
    if state.sha is None:
        raise InvalidInput("this fleet has no state branch yet", "run `fairlead state init` once")
    if state.halt is not None:
        raise InvalidInput(f"the bot is halted: {state.halt.reason}", "see `fairlead halt`")
    place = f"refs/heads/{ROLLBACK_PREFIX}{target.environment}/{target.app}/"
    refs = desk.ports.repository.refs(place)
    branches = tuple(
        desk.mirror.branch(name.removeprefix("refs/heads/"), sha, observation.head, state.sha)
        for name, sha in sorted(refs.items())
    )
    return replace(observation, pins=desk.mirror.pins(observation.head), branches=branches)


def _release(asked: Asked, observation: Observation) -> Release:
    """The release of that name that was proven there; of several the last one."""
    proofs = proofs_here(asked.target, observation)
    found = next((p.release for p in proofs if p.release.version == asked.version), None)
    if found is not None:
        return found
    names = list(dict.fromkeys(p.release.version for p in proofs))
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    told = f"{asked.version} has no proof record in {asked.target.environment}"
    raise InvalidInput(told, f"there are: {shown}" if names else "there is none of any release")


def _wanted(desk: Desk, asked: Asked) -> Rollback:
    """The hold that comes along; its number is given later.

    Raises:
        InvalidInput: the owner or the reason cannot be written.
    """
    made = desk.ports.clock().replace(microsecond=0)
    stop_of(desk.owner, asked.reason, made, asked.until, hold=True)
    return Rollback(0, desk.owner, asked.reason, made, asked.until)


def _same(one: Rollback, other: Rollback) -> bool:
    """Whether they say the same, whenever each was made."""
    return (one.owner, one.reason, one.until) == (other.owner, other.reason, other.until)


def _open_already(asked: Asked, wanted: Rollback, observation: Observation) -> MergeRequest | None:
    """The open merge request of just this rollback.

    Raises:
        InvalidInput: another one is open.
    """
    authentic = {b.name: b for b in observation.branches if b.authentic}
    for request in observation.merge_requests:
        branch = authentic.get(request.source_branch)
        if branch is None or request.state is not MergeRequestState.OPEN:
            continue
        version = branch.release.version if branch.release else ""
        if version == asked.version and branch.rollback and _same(branch.rollback, wanted):
            return request
        raise InvalidInput(
            f"!{request.number} is open: {asked.target} back to {version}", "close that one first"
        )
    return None


def _left_over(release: Release, wanted: Rollback, observation: Observation) -> Branch | None:
    """A branch of just this rollback that never got its merge request."""
    taken = {m.source_branch for m in observation.merge_requests}
    for branch in observation.branches:
        free = branch.authentic and branch.name not in taken and branch.release == release
        if free and branch.rollback is not None and _same(branch.rollback, wanted):
            return branch
    return None


def _refuse(target: Target, release: Release, observation: Observation) -> None:
    """Raise for what is no rollback.

    Raises:
        InvalidInput: it has no pin, the pin says this already, or something older.
    """
    pin = observation.pin(target)
    if pin is None:
        raise InvalidInput(f"{target.app} has no version in {target.environment}")
    if pin.problem:
        raise InvalidInput(pin.problem)
    if changes_nothing(Promotion(target, release, ""), observation):
        told = f"{target} says {release.version} already"
        raise InvalidInput(told, f"`fairlead hold {target.app} {target.environment}` keeps it")
    content = [Pinned(a.repository, a.tag, a.digest) for a in release.artifacts]
    rank = rank_of(target, content, observation)
    present = rank_of(target, pin.content, observation)
    if (
        rank is not None
        and present is not None
        and rank.kind == present.kind
        and rank.above(present)
    ):
        shown = ", ".join(sorted({p.tag or "" for p in pin.content}))
        raise InvalidInput(
            f"{release.version} is newer than what is there ({shown})",
            "the loop promotes it: see `fairlead why`, and `fairlead unhold` ends a hold",
        )


def _drafted(desk: Desk, promotion: Promotion, observation: Observation) -> tuple[Draft, str]:
    """The commit, and what it changes."""
    base = desk.ports.repository.commit(observation.head)
    if base is None:
        raise Conflict(f"the target branch's head {observation.head[:12]} is gone")
    fleet = desk.mirror.fleet(observation.head)
    made = draft(base, fleet, [promotion], observation.state.sha)
    return made, unified_diff(fleet.tree, fleet.tree.replace(made.changed))


def _text(promotion: Promotion, diff: str, observation: Observation) -> MergeRequestText:
    """What a reviewer reads until the bot has looked."""
    pin = observation.pin(promotion.target)
    before = tuple(
        (p.repository, f"{p.tag or ''}{f'@{p.digest}' if p.digest else ''}")
        for p in (pin.content if pin else ())
    )
    return MergeRequestText(title(promotion), f"{text(promotion, Reading(before, diff))}\n")


def _ends(until: datetime | None) -> str:
    return f"until {until:%Y-%m-%d %H:%M:%S} UTC" if until else "until somebody ends it"
