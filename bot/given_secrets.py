"""Secrets as files and the environment give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.secret import Secret
from gitops.errors import InvalidInput, Place

_ALONE = "give a file that holds the secret and nothing else"


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """The app that the bot acts as on GitHub: its id or client id, and its private key (PEM)."""

    id: str
    key: Secret


def github_app(environment: Mapping[str, str]) -> GitHubApp | None:
    """The app, None where the environment names none.

    Raises:
        InvalidInput: it stands beside a token, or without its id or key.
    """
    app = environment.get("FAIRLEAD_GITHUB_APP_ID")
    key = secret(environment, "FAIRLEAD_GITHUB_APP_KEY")
    if not app and key is None:
        return None
    if not app or key is None:
        raise InvalidInput(
            "a GitHub App is told by its id and its private key",
            "set both FAIRLEAD_GITHUB_APP_ID and FAIRLEAD_GITHUB_APP_KEY_FILE",
        )
    if secret(environment, "FAIRLEAD_FORGE_TOKEN") is not None:
        raise InvalidInput(
            "the bot is given both a token and a GitHub App", "unset FAIRLEAD_FORGE_TOKEN, or these"
        )
    return GitHubApp(app, key)


def secret(environment: Mapping[str, str], name: str) -> Secret | None:
    """What the file that `name`_FILE names holds, else the variable's own text; None without.

    Raises:
        InvalidInput: the file cannot be read, or is empty.
    """
    file = environment.get(f"{name}_FILE")
    if file:
        return secret_file(Path(file), Place(f"{name}_FILE"))
    text = environment.get(name)
    return Secret(text) if text else None


def secret_file(path: Path, place: Place) -> Secret:
    """What a file holds, without the white space around it; `place` is where it is named.

    Raises:
        InvalidInput: it cannot be read, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        told = f"the secret file {path} cannot be read ({error.strerror})"
        raise InvalidInput(told, _ALONE, place) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"the secret file {path} is no text", _ALONE, place) from error
    if not text:
        raise InvalidInput(f"the secret file {path} is empty", _ALONE, place)
    return Secret(text)
