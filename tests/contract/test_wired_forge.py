"""Which forge the bot speaks to is what fleet.yaml says, with the settings of whoever runs it."""

from pathlib import Path

import pytest

from bot import wiring
from bot.adapters.local import LocalForge
from bot.settings import Origin, Settings
from gitops.errors import InvalidInput
from tests.contract.fleet_repositories import FleetRepository

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
branch: main
forge: {forge}
environments:
  - {{name: dev, clusters: [dev-1], follow: {{branch: main}}, deliver: merge-request}}
"""


def settings(directory: Path, forge: str) -> Settings:
    """Of a fleet in a directory that names this forge."""
    fleet = FleetRepository(directory)
    fleet.push("main", {"fleet.yaml": FLEET.format(forge=forge)})
    url = (directory / "fleet.git").as_uri()
    return Settings(url, work_directory=directory / "work", origins=(Origin("file://"),))


def test_the_embedded_forge_needs_no_token(tmp_path: Path) -> None:
    found = wiring.ports(settings(tmp_path, "{kind: local}"))
    assert isinstance(found.forge, LocalForge)
    assert found.forge.merge_requests() == ()


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        ("{kind: gitlab, project: acme/fleet}", "over http or https"),
        ("{kind: github, project: acme/fleet}", "over https"),
        ("{kind: gitea, project: acme/fleet}", "over http or https"),
    ],
)
def test_a_forge_that_cannot_be_asked_is_told(tmp_path: Path, forge: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        wiring.ports(settings(tmp_path, forge))
