"""GitHub as the settings name it: with an authority of its own, a token or an app."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot import wiring
from bot.forge import MergeRequestText
from bot.given_secrets import GitHubApp
from bot.model import IDENTITY
from bot.secret import Secret
from bot.settings import Origin, Settings
from gitops.errors import Denied, FairleadError, InvalidInput, Unavailable
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT
from tests.contract.github_world import SCOPES
from tests.real import authority
from tests.stand_ins.github import GitHub

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
branch: main
forge: {kind: github, project: acme/fleet}
environments:
  - {name: dev, clusters: [dev-1], follow: {branch: main}, deliver: merge-request}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    with GitHub(tmp_path / "github", authority.make(tmp_path)) as server:
        yield server


@pytest.fixture
def settings(server: GitHub, tmp_path: Path) -> Settings:
    """They list the server with its authority; the fleet is there."""
    url = f"{server.url}/{server.repository('fleet')}.git"
    token = server.person(BOT, *SCOPES)
    certificate = tmp_path / "certificate.pem"
    origin = Origin(server.url, BOT, token, private=True, ca_file=certificate)
    found = Settings(url, work_directory=tmp_path / "work", origins=(origin,))
    push(wiring.repository(found), "main", {"fleet.yaml": FLEET}, IDENTITY)
    return found


def as_app(settings: Settings, server: GitHub, slug: str = "fairlead-app") -> Settings:
    """The same in the name of an app, without any token."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    held = dict(scope.split(":") for scope in SCOPES)
    installation = server.app(slug, public.decode(), **held, metadata="read")
    (origin,) = settings.origins
    return replace(
        settings,
        origins=(replace(origin, username=None, password=None),),
        github_app=GitHubApp(str(installation.app.id), Secret(private.decode())),
    )


def test_a_token_is_git_s_and_the_forge_s(settings: Settings) -> None:
    ports = wiring.ports(settings)
    assert ports.forge.login() == BOT
    assert ports.forge.merge_requests() == ()
    assert ports.repository.head("main") is not None


def test_an_app_is_git_s_and_the_forge_s(settings: Settings, server: GitHub) -> None:
    ports = wiring.ports(as_app(settings, server))
    assert ports.forge.login() == "fairlead-app[bot]"
    assert ports.forge.merge_requests() == ()
    assert ports.repository.head("main") is not None


def test_an_app_opens_in_its_own_name(settings: Settings, server: GitHub) -> None:
    found = as_app(settings, server)
    branch = "promote/prod/payments/v1.0"
    push(wiring.repository(found), branch, {"payments.yaml": "tag: v1.0\n"}, IDENTITY)
    ports = wiring.ports(found)
    request = ports.forge.open(branch, "main", MergeRequestText("payments v1.0 to prod", "why"))
    (told,) = ports.forge.merge_requests()
    assert (told.number, told.author) == (request.number, "fairlead-app[bot]")
    assert told.contributors == ("fairlead-app[bot]",)


def test_an_app_that_is_not_installed_is_told(settings: Settings, server: GitHub) -> None:
    found = as_app(settings, server)
    with server.forge.lock:
        server.forge.installations.clear()
    with pytest.raises(Denied):
        wiring.ports(found)


def test_another_key_is_not_the_apps(settings: Settings, server: GitHub) -> None:
    one, other = as_app(settings, server), as_app(settings, server, "another")
    assert one.github_app is not None
    assert other.github_app is not None
    mixed = GitHubApp(one.github_app.id, other.github_app.key)
    with pytest.raises(Denied) as refused:
        wiring.ports(replace(one, github_app=mixed))
    assert "PRIVATE" not in f"{refused.value!r} {refused.value.hint}"


@pytest.mark.parametrize("kept", ["nobody's", "somebody else's", "no certificate"])
@pytest.mark.parametrize("bot", ["token", "app"])
def test_another_authority_is_not_trusted(
    settings: Settings, server: GitHub, tmp_path: Path, kept: str, bot: str
) -> None:
    found = as_app(settings, server) if bot == "app" else settings
    (origin,) = found.origins
    (tmp_path / "other").mkdir()
    other = authority.make(tmp_path / "other")
    file = {"nobody's": None, "somebody else's": other.certificate, "no certificate": other.key}
    with pytest.raises(FairleadError) as refused:
        wiring.ports(replace(found, origins=(replace(origin, ca_file=file[kept]),)))
    assert isinstance(refused.value, Unavailable | InvalidInput)


def test_without_a_token_it_is_said_what_to_set(settings: Settings, server: GitHub) -> None:
    (origin,) = settings.origins
    nobody = replace(settings, origins=(replace(origin, password=None),))
    with pytest.raises(FairleadError):
        wiring.ports(nobody)
    server.call("PATCH", "/repos/acme/fleet", {"private": False})
    with pytest.raises(InvalidInput, match="FAIRLEAD_FORGE_TOKEN"):
        wiring.ports(nobody)
