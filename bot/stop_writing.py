"""`hold`, `unhold`, `freeze` and `unfreeze`, carried out.

A stop is committed to the target branch where the forge lets the person push there, and proposed by
merge request where it does not, or where the person would rather ask.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.asking import Desk, Done
from bot.forge import STOP_PREFIX, MergeRequestText
from bot.model import IDENTITY, MergeRequest
from bot.neutral import code
from bot.observation import Observation
from bot.ports import Draft
from bot.stop_change import Scope, StopChange, beginning_of, counts, ending_of, known
from bot.stopping import proposed
from gitops.config import Config
from gitops.diff import unified_diff
from gitops.errors import Conflict, Denied, Unavailable
from gitops.tree import changes

ATTEMPTS = 5
"""How often a commit is made anew because somebody else's came first."""

Wanted = Callable[[Config, Observation], StopChange]


@dataclass(frozen=True, slots=True)
class Way:
    """How a verb is carried out: `dry` writes nothing; `propose` makes no commit where one could.

    A verb that proposes opens a merge request even where the target branch would let a commit in.
    """

    dry: bool = False
    propose: bool = False


def stop(desk: Desk, scope: Scope, reason: str, until: datetime, way: Way) -> Done:
    """`hold` and `freeze`.

    Raises:
        InvalidInput: the fleet has no such app or environment, or the reason is no sentence.
        Denied, Unavailable: the repository or the forge.
    """
    made = desk.ports.clock().replace(microsecond=0)

    def wanted(config: Config, observation: Observation) -> StopChange:
        known(config, scope)
        tree = desk.tree(observation.head)
        return beginning_of(scope, (desk.owner, reason, made, until), tree)

    return _deliver(desk, wanted, way)


def end(desk: Desk, scope: Scope, way: Way) -> Done:
    """`unhold` and `unfreeze`; what is only proposed is closed.

    Raises:
        InvalidInput: the fleet has no such app or environment, and no such stop.
        Denied, Unavailable: the repository or the forge.
    """

    def wanted(config: Config, observation: Observation) -> StopChange:
        tree = desk.tree(observation.head)
        if scope.path not in tree:
            known(config, scope)
        return ending_of(scope, tree)

    closed = _closed(desk, scope, way)
    done = _deliver(desk, wanted, way)
    return replace(done, changed=done.changed or bool(closed), closed=closed)


def _closed(desk: Desk, scope: Scope, way: Way) -> tuple[int, ...]:
    """Close the open merge requests that would begin it, unless dry; their numbers."""
    observation, _ = desk.look()
    found = {
        s.merge_request
        for s in observation.stops
        if s.merge_request is not None and s.path == scope.path
    }
    for number in () if way.dry else sorted(found):
        desk.say("close", {"number": number, "path": scope.path})
        desk.ports.forge.close(number, f"{code(desk.owner)} has ended it.")
    return tuple(sorted(found))


def _deliver(desk: Desk, wanted: Wanted, way: Way) -> Done:
    for _ in range(ATTEMPTS):
        observation, config = desk.look()
        change = wanted(config, observation)
        done = Done(change.title, change.told, changed=False)
        if not change.changes:
            return done
        asked = replace(done, counts=counts(change, desk.owner, config))
        found = _proposed(desk, change, observation)
        if found is not None:
            return replace(asked, merge_request=found.number, branch=found.source_branch)
        tree = desk.tree(observation.head)
        done = replace(asked, changed=True, diff=unified_diff(tree, change.applied(tree)))
        if way.dry:
            return done
        try:
            return _write(desk, change, observation, done, way)
        except Conflict:
            continue
    raise Unavailable("the fleet repository kept moving", service="fleet repository")


def _proposed(desk: Desk, change: StopChange, observation: Observation) -> MergeRequest | None:
    """The open merge request that says the same."""
    for request in proposed(observation.merge_requests, observation.fleet.branch):
        if _says(desk, request.head, observation.head, change):
            return request
    return None


def _says(desk: Desk, head: str, target_head: str, change: StopChange) -> bool:
    """Whether a branch changes just this file to just this, whenever it was made."""
    base = desk.ports.repository.merge_base(head, target_head)
    if base is None:
        return False
    path = change.scope.path
    if set(changes(desk.tree(base), desk.tree(head))) != {path}:
        return False
    if change.content is None:
        return path not in desk.tree(head)
    return any(change.says(f) for f in desk.mirror.stops(head) if f.path == path)


def _write(desk: Desk, change: StopChange, observation: Observation, done: Done, way: Way) -> Done:
    data, path = change.data, change.scope.path
    made = Draft(
        (observation.head,),
        change.message(desk.owner),
        IDENTITY,
        desk.ports.clock(),
        {} if data is None else {path: data},
        (path,) if data is None else (),
    )
    (sha,) = desk.ports.repository.write([made])
    if not way.propose and _committed(desk, change, observation.head, sha):
        return replace(done, commit=sha, counts="")
    prefix = f"{STOP_PREFIX}{change.verb}/{change.scope.branch}/"
    left = [
        b
        for b, head in desk.orphans(prefix, observation)
        if _says(desk, head, observation.head, change)
    ]
    branch = left[0] if left else f"{prefix}{desk.free_number(prefix, observation)}"
    desk.say(change.verb, {"path": path, "branch": branch})
    if not left:
        desk.push(branch, None, sha)
    text = MergeRequestText(change.title, change.body(desk.owner, done.counts))
    opened = desk.ports.forge.open(branch, observation.fleet.branch, text)
    return replace(done, merge_request=opened.number, branch=branch)


def _committed(desk: Desk, change: StopChange, head: str, sha: str) -> bool:
    """Whether the target branch took it; False where this person may not push there."""
    desk.say(change.verb, {"path": change.scope.path, "commit": sha})
    try:
        desk.push(desk.branch, head, sha)
    except Denied:
        return False
    return True
