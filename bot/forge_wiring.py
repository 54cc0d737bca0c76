"""Which adapter sees and changes a forge's settings."""

from bot.adapters.gitea_api import Project
from bot.adapters.gitea_settings import GiteaSettings
from bot.forge_settings import ForgeSettings
from bot.settings import Settings
from gitops.config import FleetConfig
from gitops.errors import InvalidInput


def forge_settings(
    settings: Settings, fleet: FleetConfig, bot: str | None = None
) -> ForgeSettings | None:
    """The port, with the token that the settings hold for the fleet's origin.

    Args:
        settings: the operator's.
        fleet: which forge it is on.
        bot: the bot's login, None: the token is its own.

    Returns:
        None for the embedded forge, which has no settings, and for one whose settings this version
        does not look at.

    Raises:
        InvalidInput: there is no token.
    """
    match fleet.forge.kind, fleet.forge.project:
        case "gitea", str(path):
            origin = settings.origin(settings.fleet)
            if origin is None or origin.password is None:
                raise InvalidInput(
                    f"there is no token for {settings.fleet}",
                    "set FAIRLEAD_FORGE_TOKEN, or FAIRLEAD_FORGE_ADMIN_TOKEN to a person's",
                )
            return GiteaSettings(
                Project.of(settings.fleet, path),
                origin.password,
                fleet.branch,
                bot=bot,
                private=origin.private,
                ca_file=origin.ca_file,
            )
        case _:
            return None
