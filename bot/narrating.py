"""Makes merge requests say what was decided to be said of them."""

from collections.abc import Callable, Mapping

from bot.describe import title
from bot.forge import MergeRequestText
from bot.gates.lists import OPENING
from bot.mirror import Mirror
from bot.observation import Observation
from bot.plan import (
    CancelAutomaticMerge,
    Describe,
    Label,
    Plan,
    PostStatus,
    Presenting,
)
from bot.ports import Draft, Ports
from bot.presenting import foretold
from bot.telling import Shown, Teller
from bot.verdicts import table
from gitops.errors import Conflict
from gitops.rendering.model import Builder
from gitops.tree import changes

Say = Callable[[str, Mapping[str, object]], None]
"""Takes the event and the facts of one line of the audit log, before the effect."""


class Narrator:
    """Writes titles, bodies, labels and statuses, and asks for reviews."""

    def __init__(self, ports: Ports, mirror: Mirror, builder: Builder | None, say: Say) -> None:
        self._ports = ports
        self._say = say
        self._teller = Teller(ports, mirror, builder)

    def present(self, action: Presenting, observation: Observation) -> None:
        """Carry out one of these actions.

        Raises:
            Conflict: what is told of is gone.
        """
        forge = self._ports.forge
        match action:
            case Describe():
                self._describe(action, observation)
            case Label(number, add, remove):
                facts = {"number": number, "labels": list(add), "removed": list(remove)}
                self._say("label", facts)
                forge.label(number, add, remove)
            case PostStatus(number, branch, head, status):
                facts = {"number": number, "head": head, "state": status.state.value}
                self._say("status", facts)
                forge.post_status(head, branch, status)
            case CancelAutomaticMerge(number):
                self._say("cancel automatic merge", {"number": number})
                forge.cancel_automatic_merge(number)

    def _describe(self, action: Describe, observation: Observation) -> None:
        """First ask: cut off in between, they are asked again, which is better than never."""
        number, promotion = action.number, action.promotion
        request = next(m for m in observation.merge_requests if m.number == number)
        body = None
        if promotion is None:
            body = self._teller.again(request, action.table, action.asked)
        elif (made := self._made(action.head, action.base)) is not None:
            shown = Shown(promotion, made, action.head, action.asked)
            body = self._teller.body(shown, action.table, observation)
        if body is None:
            raise Conflict(f"what !{number} is made of is gone")
        self._say("describe", {"number": number, "asked": list(action.ask)})
        if action.ask:
            self._ports.forge.request_reviews(number, action.ask)
        self._ports.forge.describe(number, MergeRequestText(action.title, body))

    def _made(self, head: str, base: str | None) -> Draft | None:
        """The commit of a head as a draft of what it changes; None where it is not there."""
        commit = self._ports.repository.commit(head)
        if commit is None or base is None or self._ports.repository.commit(base) is None:
            return None
        old, new = (self._ports.repository.tree(sha) for sha in (base, head))
        changed = {p: after.data for p, (_, after) in changes(old, new).items() if after}
        return Draft((base,), commit.message, commit.facts.author, commit.facts.date, changed)

    def text(self, shown: Shown, plan: Plan, observation: Observation) -> MergeRequestText:
        """Title and body of one that is opened or made anew, with the gates as they will be."""
        promotion = shown.promotion
        decision = next((d for d in plan.decisions if d.target == promotion.target), None)
        opening = tuple(v for v in decision.verdicts if v.gate in OPENING) if decision else ()
        verdicts = foretold(promotion, opening, observation, self._ports.clock())
        gates = table(verdicts, decision.clusters if decision else ())
        return MergeRequestText(title(promotion), self._teller.body(shown, gates, observation))
