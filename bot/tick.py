"""observe, decide, act, record: one tick; and the loop that waits until woken or due."""

import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.act import Actor, Outcome
from bot.action_names import name_of
from bot.decide import decide
from bot.observation import Observation
from bot.observe import Observer
from bot.plan import Plan
from bot.ports import Ports
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

MAX_ROUNDS = 12
"""Ticks that follow each other at once while each finds something to do; then the interval rules.

A promotion takes at most one step a tick, so a release that nobody has to approve needs several.
"""


@dataclass(frozen=True, slots=True)
class Ticked:
    """One tick: what was seen, what was decided, what became of it."""

    observation: Observation
    plan: Plan
    outcomes: tuple[Outcome, ...] = ()

    @property
    def errors(self) -> tuple[FairleadError, ...]:
        """What went wrong outside, without the conflicts that the next tick settles."""
        found = (o.error for o in self.outcomes)
        return tuple(e for e in found if e is not None and not isinstance(e, Conflict))

    @property
    def wrote(self) -> bool:
        """Whether anything was written."""
        done = any(o.error is None for o in self.outcomes)
        return done or self.plan.record is not None or self.plan.halt is not None

    @property
    def moved(self) -> bool:
        """Whether something was written that the next tick may go on from.

        What a merge request says, its status and its labels are for people: no gate reads them.
        """
        told = {name_of(action) for action in self.plan.presenting}
        done = any(o.error is None and o.action not in told for o in self.outcomes)
        return done or self.plan.record is not None or self.plan.halt is not None


class Loop:
    """Ticks over one fleet."""

    def __init__(self, ports: Ports, observer: Observer, actor: Actor) -> None:
        self._ports = ports
        self._observer = observer
        self._actor = actor

    def plan(self) -> Ticked:
        """Observe and decide; write nothing anywhere."""
        observation = self._observer.observe()
        return Ticked(observation, decide(observation, self._ports.clock()))

    def tick(self) -> Ticked:
        """One tick.

        Raises:
            InvalidInput: there is no state branch and never was one.
            Conflict: the state branch moved between reading and writing it.
            Unavailable, Denied: the fleet repository, the forge or the state branch.
        """
        began = self._ports.clock()
        planned = self.plan()
        observation, plan = planned.observation, planned.plan
        if not observation.started:
            raise InvalidInput(
                "this fleet has no state branch yet", "run `fairlead state init` once, yourself"
            )
        if plan.quiet:
            return planned
        self._actor.remember(plan)
        return Ticked(observation, plan, self._actor.act(plan, observation, began))

    def once(self, said: Callable[[Ticked], None]) -> Ticked:
        """Ticks until there is nothing left to do now, telling each; the last one.

        A conflict is settled by the next tick; a tick in which everything failed ends it.
        """
        last: Ticked | None = None
        for _ in range(MAX_ROUNDS):
            try:
                last = self.tick()
            except Conflict:
                continue
            said(last)
            if not last.moved or last.plan.halt is not None:
                return last
        if last is None:
            raise Unavailable(
                "the fleet repository kept moving while it was read", service="fleet repository"
            )
        return last

    def forever(
        self,
        interval: float,
        woken: threading.Event,
        stopped: threading.Event,
        said: Callable[[Ticked], None],
        failed: Callable[[FairleadError], None],
    ) -> None:
        """Tick every `interval` seconds, or when woken, until stopped.

        A service that does not answer is told and asked again at the next tick; bad input is told
        too, since a person may be mending it.
        """
        while not stopped.is_set():
            try:
                self.once(said)
            except (Unavailable, Denied, InvalidInput) as error:
                failed(error)
            # What a failed call had read is held by its own traceback, and Python looks for that
            # after so many objects, however large they are: days of failures would fill the memory.
            gc.collect()
            woken.wait(interval)
            woken.clear()
