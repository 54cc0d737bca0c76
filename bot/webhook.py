"""The webhook that fleet.yaml asks for, with the secret that the operator holds."""

from dataclasses import dataclass

from bot.secret import Secret
from gitops.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class WantedHook:
    """Where the forge shall tell of pushes, tags and merge requests, signed with `secret`."""

    url: str
    secret: Secret | None = None

    def signature(self) -> str:
        """The secret, for the forge alone.

        Raises:
            InvalidInput: the operator has given none.
        """
        if self.secret is None or not self.secret.reveal():
            raise InvalidInput(
                f"there is no secret for the webhook {self.url}",
                "set FAIRLEAD_WEBHOOK_SECRET or FAIRLEAD_WEBHOOK_SECRET_FILE to what its receiver "
                "has",
            )
        return self.secret.reveal()
