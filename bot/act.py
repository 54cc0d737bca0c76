"""Carry out one plan: one `match` over Action, each arm idempotent and guarded by a sha.

A `Conflict` ends the arm, not the others: the next tick observes again. Before each effect one
audit line is written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from bot.action_names import name_of
from bot.describe import merge_message
from bot.gates.lists import merging, times
from bot.mirror import Mirror
from bot.model import Target
from bot.narrating import Narrator
from bot.observation import Observation
from bot.opening import Opener
from bot.plan import Action, Close, DeleteBranch, Deliver, Merge, Open, Plan, Promotion, Rebuild
from bot.ports import Draft, Ports, RefUpdate, StateChange
from bot.pushing import drafted
from bot.state import Halt
from bot.stopping import stops
from bot.telling import Shown
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from gitops.rendering.model import Builder

Audit = Callable[[Mapping[str, object]], None]
"""Takes one line of the audit log."""

FRESH = timedelta(seconds=30)
"""How old may be what people said when something is merged on it: the steps before take time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action: `error` is None when it was carried out."""

    action: str
    error: FairleadError | None = None


class Actor:
    """Writes through one set of ports."""

    def __init__(self, ports: Ports, audit: Audit, builder: Builder | None = None) -> None:
        """`builder` is kustomize, for what a merge request says; None where there is none."""
        self._ports = ports
        self._audit = audit
        self._mirror = Mirror(ports.repository)
        self._narrator = Narrator(ports, self._mirror, builder, self._say)
        # The target branch's head: as the plan saw it, then as this actor left it.
        self._target: str | None = None
        self._seen: Observation | None = None
        self._read_at: datetime | None = None

    def remember(self, plan: Plan) -> str | None:
        """Write what the plan records; the new head of the state branch.

        Raises:
            Conflict: somebody else wrote it since it was read.
        """
        change = plan.record
        if plan.halt is not None and plan.state is not None:
            change = StateChange(seen={}, halt=plan.halt)
        if change is None:
            return plan.state
        self._say("record", {"state": plan.state})
        return self._ports.ledger.write(plan.state, change, self._ports.clock())

    def act(
        self, plan: Plan, observation: Observation, read_at: datetime | None = None
    ) -> tuple[Outcome, ...]:
        """Carry out the plan's actions in order; a halt after a wrong merge ends it.

        `read_at` is when the observation was begun, None: nobody knows.
        """
        outcomes: list[Outcome] = []
        self._target = plan.head
        self._seen, self._read_at = observation, read_at
        for opens, actions in groupby(plan.actions, lambda action: isinstance(action, Open)):
            if opens:
                opened = [action for action in actions if isinstance(action, Open)]
                outcomes += self._open(opened, plan, observation)
                continue
            for action in actions:
                try:
                    halted = self._carry_out(action, plan, observation)
                except (Conflict, Unavailable, Denied, InvalidInput) as error:
                    outcomes.append(Outcome(name_of(action), error))
                    continue
                outcomes.append(Outcome(name_of(action)))
                if halted:
                    return tuple(outcomes)
        return tuple(outcomes)

    def _carry_out(self, action: Action, plan: Plan, observation: Observation) -> bool:
        match action:
            case Open():
                raise AssertionError("those are opened together")
            case Rebuild():
                self._rebuild(action, plan, observation)
            case Merge():
                return self._merge(action, observation)
            case Close():
                self._close(action)
            case Deliver():
                self._deliver(action, observation)
            case DeleteBranch():
                self._delete(action.branch, action.expected)
            case _:
                self._narrator.present(action, observation)
        return False

    # --- arms ------------------------------------------------------------------------------------

    def _open(
        self, actions: Sequence[Open], plan: Plan, observation: Observation
    ) -> Iterator[Outcome]:
        def say(event: str, promotion: Promotion, facts: Mapping[str, object]) -> None:
            self._say(event, {**_facts(promotion), **facts})

        opener = Opener(self._ports, self._mirror, self._narrator, say)
        for action, error in opener.open(actions, plan, observation):
            yield Outcome(name_of(action), error)

    def _rebuild(self, action: Rebuild, plan: Plan, observation: Observation) -> None:
        promotion = action.promotion
        made = self._draft((promotion,), action.base, action.state)
        sha = self._ports.repository.write([made])[0]
        shown = Shown(promotion, made, sha, voided=action.reason)
        text = self._narrator.text(shown, plan, observation)
        self._say("rebuild", _facts(promotion) | {"number": action.number, "head": sha})
        # First the text: cut off in between, the rebuild is still to do and ends with both.
        self._ports.forge.describe(action.number, text)
        self._push(f"refs/heads/{promotion.branch}", action.expected, sha)

    def _merge(self, action: Merge, observation: Observation) -> bool:
        """Merge, then compare the result with git's own merge; True when that halted the bot."""
        promotion = action.promotion
        self._stands(action, observation)
        self._say("merge", _facts(promotion) | {"number": action.number, "head": action.head})
        message = merge_message(promotion, action.number, action.state)
        merged = self._ports.forge.merge(action.number, action.head, message)
        self._ports.repository.fetch()
        problem = self._mirror.wrong_merge(merged, action.head)
        if problem is None:
            self._target = merged
            return False
        self._halt(f"!{action.number}: {problem}", self._ports.clock())
        return True

    def _stands(self, action: Merge, observation: Observation) -> None:
        """A plan ages while it is carried out: its rule must still be the target branch's.

        Raises:
            Conflict: somebody moved the target branch, took back an approval or a check, or began a
                hold, an earlier step wrote where this one does, the time is over, or the bot was
                halted meanwhile.
        """
        self._ports.repository.fetch()
        head = self._ports.repository.head(observation.fleet.branch)
        if head is None or head != self._target:
            raise Conflict("the target branch moved since its rules were read")
        if self._ports.ledger.read().halt is not None:
            raise Conflict("halted meanwhile")
        seen = self._fresh(observation)
        self._in_time((action.promotion,), seen)
        if seen is not observation:
            self._agreed(action, seen)
        made = next((b for b in observation.branches if b.head == action.head), None)
        if head != action.target_head and made is not None and made.base is not None:
            touched, same_sites = self._mirror.drift(action.promotion, made.base, head)
            if touched or not same_sites:
                raise Conflict("an earlier step of this plan wrote where this one does")

    def _fresh(self, observation: Observation) -> Observation:
        """The same with what people have said since, where that is old."""
        now = self._ports.clock()
        if self._read_at is None or now - self._read_at > FRESH:
            told = replace(observation, merge_requests=self._ports.forge.merge_requests())
            self._seen, self._read_at = replace(told, stops=stops(told, self._mirror)), now
        return self._seen or observation

    def _agreed(self, action: Merge, seen: Observation) -> None:
        now = self._ports.clock()
        request = next((m for m in seen.merge_requests if m.number == action.number), None)
        verdicts = merging(action.promotion, request, seen, now) if request else ()
        if not verdicts or any(not v.open for v in verdicts):
            raise Conflict("somebody took back meanwhile what let it be merged")

    def _in_time(self, promotions: tuple[Promotion, ...], observation: Observation) -> None:
        now = self._ports.clock()
        verdicts = (
            v
            for p in promotions
            for v in times(p.target, observation, now, rollback=p.rollback is not None)
        )
        if any(not v.open for v in verdicts):
            raise Conflict("a window has closed meanwhile, or a freeze or hold begun")

    def _halt(self, reason: str, now: datetime) -> None:
        self._say("halt", {"reason": reason})
        sha = self._ports.ledger.read().sha
        self._ports.ledger.write(sha, StateChange(seen={}, halt=Halt(reason, now)), now)

    def _close(self, action: Close) -> None:
        facts = {"number": action.number, "branch": action.branch, "successor": action.successor}
        self._say("close", facts | _named_target(action.target))
        self._ports.forge.close(action.number, action.comment)
        if action.head is not None:
            self._delete(action.branch, action.head)

    def _deliver(self, action: Deliver, observation: Observation) -> None:
        self._in_time(action.promotions, observation)
        fit, refused = action.promotions, None
        try:
            self._draft(fit, action.base, action.state)
        except InvalidInput:
            fit, refused = self._fitting(action)
        if fit:
            made = self._draft(fit, action.base, action.state)
            sha = self._ports.repository.write([made])[0]
            for promotion in fit:
                self._say("commit", _facts(promotion) | {"commit": sha})
            self._push(f"refs/heads/{observation.fleet.branch}", action.base, sha)
            self._target = sha
        if refused is not None:
            raise refused

    def _fitting(self, action: Deliver) -> tuple[tuple[Promotion, ...], InvalidInput | None]:
        """The promotions that can be written, and why the first of the others cannot."""
        fit: tuple[Promotion, ...] = ()
        refused: InvalidInput | None = None
        for promotion in action.promotions:
            try:
                self._draft((promotion,), action.base, action.state)
            except InvalidInput as error:
                refused = refused or error
            else:
                fit += (promotion,)
        return fit, refused

    def _delete(self, branch: str, expected: str) -> None:
        self._say("delete branch", {"branch": branch, "head": expected})
        self._push(f"refs/heads/{branch}", expected, None)

    # --- pieces ----------------------------------------------------------------------------------

    def _draft(self, promotions: tuple[Promotion, ...], base: str, state: str | None) -> Draft:
        return drafted(self._ports, self._mirror, promotions, base, state)

    def _push(self, ref: str, expected: str | None, new: str | None) -> None:
        self._ports.repository.push([RefUpdate(ref, expected, new)])

    def _say(self, event: str, facts: Mapping[str, object]) -> None:
        self._audit({"event": event, "at": self._ports.clock().isoformat(), **facts})


def _facts(promotion: Promotion) -> dict[str, object]:
    release = promotion.release
    return _named_target(promotion.target) | {
        "release": release.version,
        "identity": release.identity,
        "digests": dict(release.digests),
    }


def _named_target(target: Target) -> dict[str, object]:
    return {"app": target.app, "environment": target.environment}
