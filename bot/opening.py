"""Opens the merge requests of a plan: their branches in few pushes, one after the other.

What the next one says is put together while the forge opens this one: that takes kustomize about
as long as it takes the forge.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from bot.forge import MergeRequestText
from bot.mirror import Mirror
from bot.narrating import Narrator
from bot.observation import Observation
from bot.plan import Open, Plan, Promotion
from bot.ports import Ports
from bot.presenting import labels, reviewers
from bot.pushing import Pushed, push_branches
from bot.telling import Shown
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

Say = Callable[[str, Promotion, Mapping[str, object]], None]
"""Takes an event of the audit log, the promotion, and what else there is to say."""

Text = Future[MergeRequestText]


class Opener:
    """Writes through one set of ports; only one thread does, the other one reads."""

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
        with ThreadPoolExecutor(max_workers=1) as pool:

            def begun(found: Pushed, action: Open) -> Text:
                people = reviewers(action.promotion, observation)
                shown = Shown(action.promotion, found.made, found.head, people)
                return pool.submit(self._narrator.text, shown, plan, observation)

            before: tuple[Open, Text] | None = None
            for action, found in push_branches(
                self._ports, self._mirror, actions, observation, self._say
            ):
                if isinstance(found, FairleadError):
                    yield action, found
                    continue
                text = begun(found, action)
                if before is not None:
                    yield before[0], self._opened(*before, observation)
                before = (action, text)
            if before is not None:
                yield before[0], self._opened(*before, observation)

    def _opened(self, action: Open, text: Text, observation: Observation) -> FairleadError | None:
        promotion, target = action.promotion, observation.fleet.branch
        people, marks = reviewers(promotion, observation), labels(promotion.target)
        try:
            said = text.result()
            self._say("open", promotion, {"branch": promotion.branch})
            self._ports.forge.open(promotion.branch, target, said, marks, people)
        except (Conflict, Unavailable, Denied, InvalidInput) as error:
            return error
        return None
