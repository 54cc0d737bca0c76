"""The branches of promotions: what is committed on them, and several of them in one push.

A push takes a forge longer than all that is in it, so a hundred branches go in one where the forge
tells everybody of each all the same. It moves all of them or none: where it moves none, each is
pushed by itself, so that one that cannot be pushed stops no other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.compose import draft
from bot.describe import PREFIX, ROLLBACK_PREFIX
from bot.mirror import Mirror
from bot.observation import Observation
from bot.plan import Open, Promotion
from bot.ports import Draft, Ports, RefUpdate
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

Say = Callable[[str, Promotion, Mapping[str, object]], None]
"""Takes an event of the audit log, the promotion, and what else there is to say."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A promotion whose branch is there: the commit of its head."""

    head: str
    made: Draft


def drafted(
    ports: Ports, mirror: Mirror, promotions: tuple[Promotion, ...], base: str, state: str | None
) -> Draft:
    """The commit of promotions on `base`, not written yet.

    Raises:
        Conflict: the base is gone.
        InvalidInput: a version cannot be written there.
    """
    commit = ports.repository.commit(base)
    if commit is None:
        raise Conflict(f"the base {base[:12]} is gone")
    return draft(commit, mirror.fleet(base), promotions, state)


def push_branches(
    ports: Ports, mirror: Mirror, actions: Sequence[Open], observation: Observation, say: Say
) -> Iterator[tuple[Open, Pushed | FairleadError]]:
    """Push the branch of each, or say why not; in their order but for those that are refused."""
    ready: list[tuple[Open, Draft]] = []
    for action in actions:
        try:
            found = drafted(ports, mirror, (action.promotion,), action.base, action.state)
        except (Conflict, InvalidInput) as error:
            yield action, error
        else:
            ready.append((action, found))
    to_write = [made for action, made in ready if not action.ready]
    try:
        shas = iter(ports.repository.write(to_write) if to_write else ())
    except Unavailable as error:
        yield from ((action, error) for action, _ in ready)
        return
    branches = [_Branch(a, made, None if a.ready else next(shas)) for a, made in ready]
    size = ports.forge.pushed_at_once
    for start in range(0, len(branches), size):
        yield from _push(ports, branches[start : start + size], observation, say)


@dataclass(frozen=True, slots=True)
class _Branch:
    """What is to be pushed; `sha` is None where it is there already."""

    action: Open
    made: Draft
    sha: str | None

    @property
    def pushed(self) -> Pushed:
        return Pushed(self.sha or self.action.expected or "", self.made)

    @property
    def update(self) -> RefUpdate:
        return RefUpdate(
            f"refs/heads/{self.action.promotion.branch}", self.action.expected, self.sha
        )


def _push(
    ports: Ports, branches: Sequence[_Branch], observation: Observation, say: Say
) -> Iterator[tuple[Open, Pushed | FairleadError]]:
    ports.repository.fetch()
    others = [_other(ports, each.action.promotion, observation) for each in branches]
    yield from ((b.action, o) for b, o in zip(branches, others, strict=True) if o is not None)
    alone = [b for b, other in zip(branches, others, strict=True) if other is None]
    error = _moved(ports, [each for each in alone if each.sha is not None], say)
    if error is None:
        yield from ((each.action, each.pushed) for each in alone)
    elif len(alone) == 1 or isinstance(error, Unavailable):
        # Where nobody answered, nobody knows what came of it: the next tick looks.
        yield from ((each.action, error) for each in alone)
    else:
        for each in alone:
            yield from _push(ports, [each], observation, say)


def _moved(ports: Ports, branches: Sequence[_Branch], say: Say) -> FairleadError | None:
    """Push these together; why they were not."""
    for each in branches:
        promotion = each.action.promotion
        say("push", promotion, {"branch": promotion.branch, "head": each.sha})
    try:
        if branches:
            ports.repository.push([each.update for each in branches])
    except (Conflict, Denied, Unavailable) as error:
        return error
    return None


def _other(ports: Ports, promotion: Promotion, observation: Observation) -> Conflict | None:
    """Another instance may have seen a newer tag and pushed that one's branch meanwhile."""
    target = promotion.target
    names = {promotion.branch, *(b.name for b in observation.branches)}
    there: set[str] = set()
    for prefix in (PREFIX, ROLLBACK_PREFIX):
        place = f"refs/heads/{prefix}{target.environment}/{target.app}/"
        there |= set(ports.repository.refs(place))
    if there - {f"refs/heads/{name}" for name in names}:
        return Conflict(f"another promotion of {target} was opened meanwhile")
    return None
