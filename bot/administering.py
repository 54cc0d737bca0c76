"""A forge's settings, seen with the bot's token or with an administrator's."""

from collections.abc import Callable
from dataclasses import dataclass

from bot import wiring
from bot.absent import UNSEEN
from bot.diagnosis import Diagnosis, diagnose
from bot.findings import Finding
from bot.forge_settings import Change, ForgeFacts, ForgeSettings
from bot.forge_wiring import forge_settings
from bot.github_wiring import github_app
from bot.owners import owners
from bot.settings import Settings
from bot.treatment import changes, line
from gitops.config import FleetConfig
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Place, Unavailable

_AGAIN = "run `fairlead forge apply` again: what is done is left alone"


@dataclass(frozen=True, slots=True)
class Examined:
    """The fleet's configuration, the port, and what it told."""

    fleet: FleetConfig
    forge: ForgeSettings
    facts: ForgeFacts

    @property
    def diagnosis(self) -> Diagnosis:
        """What that means for the fleet."""
        return diagnose(self.fleet, self.facts)

    @property
    def unseen(self) -> tuple[Finding, ...]:
        """What `forge apply` leaves as it is because the token does not see it."""
        return tuple(f for f in self.diagnosis.findings if f.code in UNSEEN)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What `forge apply` would change."""
        return changes(self.fleet, self.facts)


def examine(settings: Settings, bot: str | None = None) -> Examined | None:
    """Read the settings with the administrator's token where there is one, else with the bot's.

    Args:
        settings: the operator's.
        bot: the bot's login; None: it is asked with the bot's token.

    Returns:
        None for the embedded forge, which has no settings.

    Raises:
        InvalidInput: nobody says who the bot is, or its token and the administrator's are one
            account's.
        Unavailable, Denied: the fleet repository or the forge.
    """
    seen_as = settings.administered() if settings.administrator else settings
    mirror = wiring.repository(seen_as, github_app(seen_as, wiring.clock))
    mirror.fetch()
    fleet = wiring.fleet_config(seen_as, mirror)
    if fleet.forge.kind == "local":
        return None
    if settings.administrator is not None:
        bot = bot or _asked(settings)
    forge = forge_settings(seen_as, fleet, wiring.clock, bot)
    if forge is None:
        told = f"the settings of {fleet.forge.kind} are not looked at yet"
        raise InvalidInput(told, place=Place("fleet.yaml"))
    tree = mirror.tree(str(mirror.head(settings.branch)))
    facts = forge.read(owners(tree), [one.name for one in fleet.environments])
    if settings.administrator is not None and _same(facts.reader, facts.bot.login):
        raise InvalidInput(
            f"FAIRLEAD_FORGE_ADMIN_TOKEN is {facts.reader}'s, and {facts.reader} is the bot",
            "give the token of a person: the bot never changes the rules that bind it",
        )
    return Examined(fleet, forge, facts)


def expect_administrator(found: Examined) -> None:
    """Go on only where the token may change the settings.

    Raises:
        Denied: it may not.
    """
    facts = found.facts
    if not facts.administered:
        raise Denied(
            f"{facts.reader} does not administer {facts.project}",
            "give the token of somebody who does as FAIRLEAD_FORGE_ADMIN_TOKEN",
        )


def carry_out(found: Examined, done: Callable[[str], None]) -> FairleadError | None:
    """Make the changes in their order, up to the first that fails.

    Args:
        found: what to change.
        done: is told of each that is made, on one line.

    Returns:
        What ended it, and how to go on; None: all of them are made.
    """
    for change in found.changes:
        told = line(change)
        try:
            found.forge.apply(change)
        except FairleadError as error:
            return _ended(error, told)
        done(told)
    return None


def _ended(error: FairleadError, told: str) -> FairleadError:
    """Denied and InvalidInput name what was tried; the others leave open what became of it."""
    ended = error
    if isinstance(error, Conflict):
        what = f"cannot {told}: somebody changes it at the same time ({error.message})"
        ended = Unavailable(what, service="forge")
    elif isinstance(error, Unavailable):
        what = f"cannot {told}, or nobody knows: {error.service}: {error.message}"
        ended = Unavailable(what, service=error.service, retry_after=error.retry_after)
    ended.hint = error.hint or _AGAIN
    return ended


def _asked(settings: Settings) -> str:
    origin = settings.origin(settings.fleet)
    if settings.github_app is None and (origin is None or origin.password is None):
        raise InvalidInput(
            "nobody says which account is the bot's",
            "say --bot LOGIN, or set FAIRLEAD_FORGE_TOKEN to its token too",
        )
    return wiring.ports(settings).forge.login()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
