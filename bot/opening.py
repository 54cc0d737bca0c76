"""Opens the merge requests of a plan: their branches in few pushes, then as many as a forge lets.

What the next ones say is put together while the forge opens these: that takes kustomize about as
long as it takes the forge.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bot.forge import MergeRequestText
from bot.mirror import Mirror
from bot.model import MergeRequest
from bot.narrating import Narrator
from bot.observation import Observation
from bot.plan import Open, Plan, Promotion
from bot.ports import Ports
from bot.presenting import labels, reviewers
from bot.pushing import Pushed, push_branches
from bot.telling import Shown
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

_REFUSALS = (Conflict, Unavailable, Denied, InvalidInput)

P = ParamSpec("P")
T = TypeVar("T")

Say = Callable[[str, Promotion, Mapping[str, object]], None]
"""Takes an event of the audit log, the promotion, and what else there is to say."""

Text = Future[MergeRequestText]


class Opener:
    """Writes through one set of ports; its other threads read, and open what was announced.

    Only a forge that takes several at once is asked on other threads.
    """

    def __init__(self, ports: Ports, mirror: Mirror, narrator: Narrator, say: Say) -> None:
        self._ports = ports
        self._mirror = mirror
        self._narrator = narrator
        self._say = say

    def open(
        self, actions: Sequence[Open], plan: Plan, observation: Observation
    ) -> Iterator[tuple[Open, FairleadError | None]]:
        """Each, with what went wrong; what stops one stops no other.

        Those that are refused before their branch is pushed come first.
        """
        at_once = self._ports.forge.opened_at_once
        apart = ThreadPoolExecutor(at_once) if at_once > 1 else _Here()
        with ThreadPoolExecutor(1) as writers, apart as openers:

            def begun(found: Pushed, action: Open) -> Text:
                people = reviewers(action.promotion, observation)
                shown = Shown(action.promotion, found.made, found.head, people)
                return writers.submit(self._narrator.text, shown, plan, observation)

            written: deque[tuple[Open, Text]] = deque()
            sent: deque[tuple[Open, Future[MergeRequest]]] = deque()
            for action, found in push_branches(
                self._ports, self._mirror, actions, observation, self._say
            ):
                if isinstance(found, FairleadError):
                    yield action, found
                    continue
                written.append((action, begun(found, action)))
                if len(written) > at_once:
                    yield from _ended(sent, at_once - 1)
                    sent.append(self._sent(openers, *written.popleft(), observation))
            while written:
                yield from _ended(sent, at_once - 1)
                sent.append(self._sent(openers, *written.popleft(), observation))
            yield from _ended(sent, 0)

    def _sent(
        self, openers: Executor, action: Open, text: Text, observation: Observation
    ) -> tuple[Open, Future[MergeRequest]]:
        """It is announced, and the forge is asked: on another thread, if it takes several."""
        promotion, target = action.promotion, observation.fleet.branch
        people, marks = reviewers(promotion, observation), labels(promotion.target)
        try:
            said = text.result()
        except _REFUSALS as error:
            refused: Future[MergeRequest] = Future()
            refused.set_exception(error)
            return action, refused
        self._say("open", promotion, {"branch": promotion.branch})
        ask = self._ports.forge.open
        return action, openers.submit(ask, promotion.branch, target, said, marks, people)


class _Here(Executor):
    """Asks on the thread that says so, before it goes on.

    A forge that takes one after the other takes no push beside them either, and the embedded one
    writes through the very repository that the branches are pushed from.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """What came of it, which is known already."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except _REFUSALS as error:
            done.set_exception(error)
        return done


def _ended(
    sent: deque[tuple[Open, Future[MergeRequest]]], left: int
) -> Iterator[tuple[Open, FairleadError | None]]:
    """The first of them, in their order, until so many are left."""
    while len(sent) > left:
        action, opened = sent.popleft()
        try:
            opened.result()
        except _REFUSALS as error:
            yield action, error
        else:
            yield action, None
