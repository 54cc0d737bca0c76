"""A forge's settings in the hands of an administrator and of the bot, for each forge."""

from bot.adapters.gitea_settings import GiteaSettings
from bot.diagnosis import Diagnosis
from bot.findings import Severity
from bot.forge_settings import ForgeFacts, ForgeSettings
from bot.treatment import changes, line
from gitops.config import FleetConfig
from tests.contract.forge_worlds import BOT, SCOPES, GiteaWorld
from tests.contract.settings_fleets import fleet
from tests.real.gitea import Gitea

ADMIN = "olga"
STRICT, DIRECT, GUARDED = fleet(0, 1, 2), fleet(None, 1), fleet(1, 2)


def seen_by_admin(world: GiteaWorld, server: Gitea) -> GiteaSettings:
    """As a person who administers the repository sees it."""
    return GiteaSettings(world.project, server.person(ADMIN), "main", bot=BOT, private=True)


def seen_by_bot(world: GiteaWorld, server: Gitea) -> GiteaSettings:
    """As the bot sees it."""
    token = server.person(BOT, *SCOPES)
    return GiteaSettings(world.project, token, "main", private=True)


def apply(settings: ForgeSettings, wanted: FleetConfig) -> list[str]:
    """What `forge apply` changes."""
    found = changes(wanted, seen(settings, wanted))
    for change in found:
        settings.apply(change)
    return [line(change) for change in found]


def seen(settings: ForgeSettings, wanted: FleetConfig) -> ForgeFacts:
    """What `forge apply` and `doctor` look at."""
    return settings.read((), [one.name for one in wanted.environments])


def codes(diagnosis: Diagnosis, *severities: Severity) -> set[str]:
    """Of the findings that weigh so much; of all, where no severity is said."""
    asked = severities or tuple(Severity)
    return {f.code for f in diagnosis.findings if f.severity in asked}


def rule(world: GiteaWorld, **changed: object) -> None:
    """Plant something in the rule of main."""
    world.administer("PATCH", "/branch_protections/main", changed)
