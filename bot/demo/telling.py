"""How the demo tells: what the bot does as it does it, and what its commands say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Protocol

from bot.adapters.local import LocalForge
from bot.demo.printing import Page
from bot.demo.world import World
from bot.frame import unframe
from bot.model import MergeRequest, MergeRequestState
from bot.plan import Decision
from bot.ports import Ports
from bot.tick import Ticked

MINUTE = timedelta(minutes=1)


class Wording(Protocol):
    """The texts of `fairlead why` and `fairlead status`, as the command line makes them."""

    @property
    def find(self) -> Callable[[Ticked, str, str], Decision]:
        """The decision for an app in an environment."""

    @property
    def why_text(self) -> Callable[[Decision], str]:
        """What `why` prints of it."""

    @property
    def status_text(self) -> Callable[[Ticked], str]:
        """What `status` prints."""


@dataclass(frozen=True)
class Telling:
    """A world, the page that it is told on, and the words of the command line."""

    world: World
    page: Page
    wording: Wording

    @cached_property
    def ports(self) -> Ports:
        """The bot's own, from the moment that there is a fleet; made once, to be quick."""
        return self.world.ports()

    @property
    def forge(self) -> LocalForge:
        """The embedded forge, as of the bot's last look."""
        forge = self.ports.forge
        assert isinstance(forge, LocalForge)  # noqa: S101 - the demo's fleet has no other
        return forge

    def chapter(self, text: str) -> None:
        """A new chapter, at the present simulated time."""
        self.page.chapter(text, self.world.clock())

    def run(self, meanwhile: str = "fairlead observes, decides and acts") -> None:
        """`fairlead run --once`; says what was done.

        Raises:
            FairleadError: something was not.
        """
        self.page.working(meanwhile)
        self.world.loop(self.ports).once(self._tell_what_was_done)

    def _tell_what_was_done(self, ticked: Ticked) -> None:
        for outcome in ticked.outcomes:
            if outcome.error is not None:
                raise outcome.error
            self.page.did(outcome.action)

    def wait(self, minutes: int, step: int = 8) -> None:
        """Time passes; every `step` minutes the clusters report and the bot runs."""
        for passed in range(step, minutes + step, step):
            self.world.clock.advance((min(passed, minutes) - (passed - step)) * MINUTE)
            self.world.clusters.reconcile()
            self.run(f"{min(passed, minutes)} of {minutes} minutes have passed")

    def why(self, app: str, environment: str) -> None:
        """`fairlead why APP ENVIRONMENT`, with what it prints."""
        decision = self.wording.find(self._plan(), app, environment)
        self.page.command(f"fairlead why {app} {environment}", self.wording.why_text(decision))

    def status(self) -> None:
        """`fairlead status`, with what it prints."""
        self.page.command("fairlead status", self.wording.status_text(self._plan()))

    def _plan(self) -> Ticked:
        self.page.working("fairlead observes and decides")
        return self.world.loop(self.ports).plan()

    def open_request(self, app: str, environment: str) -> MergeRequest:
        """The open merge request of an app for an environment.

        Raises:
            RuntimeError: there is none, so the story went another way than it is told.
        """
        prefix = f"promote/{environment}/{app}/"
        for request in self.forge.list():
            of_it = request.source_branch.startswith(prefix)
            if of_it and request.state is MergeRequestState.OPEN:
                return request
        raise RuntimeError(f"the demo expected an open merge request for {app} to {environment}")

    def show(self, request: MergeRequest) -> None:
        """`fairlead forge show NUMBER`: title and body, without what is for machines."""
        found = unframe(request.body)
        body = request.body if found is None else f"{found.text}\n\n{found.table}\n"
        text = f"!{request.number} {request.state}: {request.title}\n\n{body}"
        self.page.command(f"fairlead forge show {request.number}", text)

    def approve(self, request: MergeRequest, *people: str) -> None:
        """`fairlead forge approve`, by each of these people, at the present head."""
        for person in people:
            self.forge.approve(request.number, request.head, person)
            line = f"fairlead forge approve {request.number} --head {request.head} --as {person}"
            self.page.command(line)
