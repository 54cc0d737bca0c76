"""A Gitea whose certificate an authority of its own has signed: trusted where it is listed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import wiring
from bot.adapters.gitea import GiteaForge
from bot.adapters.gitea_api import Project
from bot.model import IDENTITY
from bot.ports import Ports
from bot.settings import Origin, Settings
from gitops.errors import FairleadError, InvalidInput, Unavailable
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT, SCOPES
from tests.real import authority, gitea_build
from tests.real.gitea import Gitea

pytestmark = [pytest.mark.real, pytest.mark.slow]

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
branch: main
forge: {kind: gitea, project: acme/fleet}
environments:
  - {name: dev, clusters: [dev-1], follow: {branch: main}, deliver: merge-request}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """They list the server with its authority; the fleet is there."""
    gitea_build.get()
    made = authority.make(tmp_path)
    with Gitea(tmp_path / "gitea", made) as server:
        url = f"{server.url}/{server.repository('fleet')}.git"
        token = server.person(BOT, *SCOPES)
        origin = Origin(server.url, BOT, token, private=True, ca_file=made.certificate)
        found = Settings(url, work_directory=tmp_path / "work", origins=(origin,))
        push(wiring.repository(found), "main", {"fleet.yaml": FLEET}, IDENTITY)
        server.settle("acme/fleet")
        yield found


def asked(settings: Settings) -> Ports:
    """Everything outside, after both git and the API were asked."""
    ports = wiring.ports(settings)
    assert ports.forge.login() == BOT
    assert ports.forge.merge_requests() == ()
    return ports


def test_a_listed_authority_is_trusted_by_git_and_by_the_forge(settings: Settings) -> None:
    assert asked(settings).repository.head("main") is not None


@pytest.mark.parametrize("kept", ["nobody's", "somebody else's", "no certificate"])
def test_another_one_is_not(settings: Settings, tmp_path: Path, kept: str) -> None:
    (origin,) = settings.origins
    (tmp_path / "other").mkdir()
    other = authority.make(tmp_path / "other")
    file = {"nobody's": None, "somebody else's": other.certificate, "no certificate": other.key}
    changed = replace(settings, origins=(replace(origin, ca_file=file[kept]),))
    with pytest.raises(FairleadError) as refused:
        wiring.ports(changed)
    assert isinstance(refused.value, Unavailable | InvalidInput)
    elsewhere = GiteaForge(
        Project.of(settings.fleet, "acme/fleet"),
        origin.password or pytest.fail("no token"),
        private=True,
        ca_file=file[kept],
    )
    with pytest.raises(FairleadError, match="certificate"):
        elsewhere.login()
