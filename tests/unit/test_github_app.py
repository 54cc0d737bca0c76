"""A GitHub App as the bot: its tokens, its login, and what git is given."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot import settings
from bot.adapters.git_remote import Remote
from bot.adapters.github_app import AppCredential, AppKey, GitHubApp
from bot.adapters.github_project import Project
from bot.secret import Secret
from gitops.errors import Denied, InvalidInput, Unavailable
from tests.unit.github_answers import LIMITS, refused
from tests.unit.oci_stand_in import Asked, Said, StandIn

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()


class Minting:
    """A GitHub that knows app 7, and gives a new token each time, each for an hour."""

    def __init__(self) -> None:
        self.given = 0
        self.now = NOW

    def __call__(self, asked: Asked) -> Said:
        kind, _, text = asked.headers["Authorization"].partition(" ")
        assert kind == "Bearer"
        claims = jwt.decode(text, KEY.public_key(), algorithms=["RS256"], issuer="7")
        assert claims["exp"] - claims["iat"] <= 660
        match asked.method, asked.path:
            case "GET", "/api/v3/app":
                return Said(200, {"slug": "fairlead"})
            case "GET", "/api/v3/repos/acme/fleet/installation":
                return Said(200, {"id": 42})
            case "POST", "/api/v3/app/installations/42/access_tokens":
                self.given += 1
                # By GitHub's own clock, which is another than the bot's.
                ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
                return Said(201, {"token": f"ghs_canary{self.given}", "expires_at": ends})
            case _:
                return refused(404, "Not Found")


def app(stand_in: StandIn, github: Minting, pem: str = PEM) -> GitHubApp:
    project = Project.of(f"{stand_in.url}/acme/fleet.git", "acme/fleet")
    key = AppKey("7", Secret(pem))
    return GitHubApp(project, key, lambda: github.now, private=True, limits=LIMITS)


def test_a_token_is_kept_until_it_is_about_to_end() -> None:
    github = Minting()
    with StandIn(github) as stand_in:
        bot = app(stand_in, github)
        assert bot.token().reveal() == bot.token().reveal() == "ghs_canary1"
        github.now += timedelta(minutes=50)
        assert bot.token().reveal() == "ghs_canary1"
        github.now += timedelta(minutes=6)
        assert bot.token().reveal() == "ghs_canary2"
        assert bot.login() == bot.login() == "fairlead[bot]"
        assert "canary" not in repr(bot) + repr(AppCredential(bot)) + str(bot)


def test_git_is_given_the_token_of_the_moment() -> None:
    github = Minting()
    with StandIn(github) as stand_in:
        remote = Remote("https://github.com/acme/fleet.git", AppCredential(app(stand_in, github)))
        assert base64.b64decode(remote.authorization[6:]) == b"x-access-token:ghs_canary1"
        github.now += timedelta(hours=2)
        assert base64.b64decode(remote.authorization[6:]) == b"x-access-token:ghs_canary2"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (refused(401, "A JSON web token could not be decoded"), Denied),
        (refused(404, "Not Found"), Denied),
        (Said(502), Unavailable),
        (Said(200, {"id": "x"}), Unavailable),
    ],
)
def test_no_token_has_its_reason(said: Said, error: type[Exception]) -> None:
    with StandIn(lambda _: said) as stand_in, pytest.raises(error):
        app(stand_in, Minting()).token()


@pytest.mark.parametrize("pem", ["", "nothing", PEM[:200]], ids=["empty", "text", "cut"])
def test_what_is_no_key_is_refused_and_not_shown(pem: str) -> None:
    with pytest.raises(InvalidInput) as refused_key:
        AppKey("7", Secret(pem))
    assert "MII" not in f"{refused_key.value!r} {refused_key.value}"
    assert AppKey("7", Secret(PEM)).app == "7"


def test_the_environment_names_the_app_and_its_key(tmp_path: Path) -> None:
    key = tmp_path / "app.pem"
    key.write_text(PEM)
    said = {"FAIRLEAD_GITHUB_APP_ID": "7", "FAIRLEAD_GITHUB_APP_KEY_FILE": str(key)}
    found = settings.read(said, fleet="https://github.com/acme/fleet.git")
    assert found.github_app is not None
    assert (found.github_app.id, found.github_app.key) == ("7", Secret(PEM.strip()))
    assert "PRIVATE" not in repr(found)
    assert settings.read({}, fleet="https://github.com/acme/fleet.git").github_app is None


@pytest.mark.parametrize(
    "more",
    [
        {"FAIRLEAD_GITHUB_APP_ID": "7"},
        {"FAIRLEAD_GITHUB_APP_KEY": PEM},
        {
            "FAIRLEAD_GITHUB_APP_ID": "7",
            "FAIRLEAD_GITHUB_APP_KEY": PEM,
            "FAIRLEAD_FORGE_TOKEN": "ghp_x",
        },
    ],
    ids=["no key", "no id", "a token too"],
)
def test_half_an_app_and_two_bots_are_refused(more: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        settings.read(more, fleet="https://github.com/acme/fleet.git")


def test_a_person_is_not_the_app() -> None:
    said = {
        "FAIRLEAD_GITHUB_APP_ID": "7",
        "FAIRLEAD_GITHUB_APP_KEY": PEM,
        "FAIRLEAD_FORGE_ADMIN_TOKEN": "ghp_x",
    }
    found = settings.read(said, fleet="https://github.com/acme/fleet.git").administered()
    assert found.github_app is None
    assert found.origin(found.fleet) is not None
