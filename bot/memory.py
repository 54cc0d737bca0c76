"""What the state branch should learn from an observation. Pure."""

from datetime import datetime

from bot.candidates import selectable
from bot.model import Source
from bot.observation import Observation
from bot.ports import StateChange
from bot.soaks import soak_change
from bot.state import Baseline, Origin, Seen


def record(observation: Observation, now: datetime) -> StateChange | None:
    """New tags, baselines, soaks and proofs in one change; None when there is nothing new."""
    found = [soak_change(target, observation, now) for target in observation.targets]
    ended = tuple(
        target for target, change in zip(observation.targets, found, strict=True) if change.ended
    )
    change = StateChange(
        seen=new_tags(observation, now),
        baselines=new_baselines(observation),
        soaks=tuple(c.soak for c in found if c.soak),
        ended_soaks=ended,
        failures=tuple(c.failure for c in found if c.failure),
        proofs=tuple(c.proof for c in found if c.proof),
    )
    empty = StateChange(seen={})
    return None if change == empty else change


def new_tags(observation: Observation, now: datetime) -> dict[str, tuple[Seen, ...]]:
    """Tags that a followed stream can select and that nobody has written down yet, by app."""
    found = {}
    for name, app in observation.apps.items():
        source = observation.sources.get(name)
        if not isinstance(source, Source):
            continue
        policies = [observation.policy(t) for t in observation.targets if t.app == name]
        known = observation.state.seen.get(name, {})
        new = [t for t in selectable(app, policies, source) if t.name not in known]
        if new:
            found[name] = tuple(Seen(t.name, t.object, t.commit, now) for t in new)
    return found


def new_baselines(observation: Observation) -> tuple[Baseline, ...]:
    """Releases that no promotion brought and that are not on record yet."""
    known = {(b.target, b.release.identity, b.commit) for b in observation.state.baselines}
    return tuple(
        Baseline(r.target, r.release, r.commit, r.origin)
        for r in observation.running
        if r.origin is not Origin.PROMOTION
        and (r.target, r.release.identity, r.commit) not in known
    )
