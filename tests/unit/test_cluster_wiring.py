"""Which files of clusters are looked at, and when; and what comes of one that is not there."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bot.adapters.status_file import StatusFile
from bot.cluster_settings import ClusterEntry
from bot.cluster_wiring import clusters, refuse_wrong
from bot.model import Health, Readiness
from bot.settings import Settings
from bot.status_health import Written
from bot.wiring import clock
from gitops.carriers import Carried
from gitops.errors import InvalidInput
from tests.unit.test_flux_kubeconfig import written

APP = Carried("prod", "eu", "web", ())
NOWHERE = cast("Written", object())
"""No cluster here is known by statuses, so nobody asks where they are."""


def settings(*entries: ClusterEntry) -> Settings:
    return Settings("https://git.example.com/fleet.git", clusters=entries)


def said(found: Settings) -> str:
    """Why the one cluster is unknown."""
    answer = clusters(found, clock, NOWHERE).health([APP])
    assert isinstance(answer, tuple)
    (health,) = answer
    assert isinstance(health, Health)
    assert health.readiness is Readiness.UNKNOWN
    return health.message


def test_without_clusters_there_is_the_status_file_alone() -> None:
    assert isinstance(clusters(settings(), clock, NOWHERE), StatusFile)
    refuse_wrong(settings())


def test_a_cluster_that_no_entry_names_is_known_by_the_status_file_alone(tmp_path: Path) -> None:
    other = ClusterEntry("us", server="https://127.0.0.1:1", token_file=tmp_path / "token")
    told = "no `[[clusters]]` of the settings names it, and there is no status file"
    assert said(settings(other)) == told
    file = tmp_path / "status.json"
    file.write_text(
        """{"version": 1, "health": [{
            "environment": "prod", "cluster": "eu", "app": "web", "readiness": "ready",
            "since": "2026-01-05T10:00:00Z", "observed": "2026-01-05T10:00:00Z"}]}"""
    )
    found = clusters(replace(settings(other), status_file=file), clock, NOWHERE).health([APP])
    assert isinstance(found, tuple)
    assert [each.readiness for each in found] == [Readiness.READY]


def test_a_file_that_is_not_there_yet_is_a_reason_when_its_cluster_is_asked(
    tmp_path: Path,
) -> None:
    token = tmp_path / "token"
    plain = ClusterEntry("eu", server="https://127.0.0.1:1", token_file=token)
    refuse_wrong(settings(plain))
    assert said(settings(plain)) == (
        f"no token can be read from {token} (No such file or directory); "
        "give a file that holds nothing else"
    )
    config = ClusterEntry("eu", kubeconfig=tmp_path / "gone")
    refuse_wrong(settings(config))
    assert said(settings(config)) == (
        f"{tmp_path / 'gone'}: cannot be read (No such file or directory); "
        "give a kubeconfig, as `kubectl config view --raw --minify` prints one"
    )


def test_what_a_person_has_to_change_is_refused_before_any_cluster_is_asked(
    tmp_path: Path,
) -> None:
    plugin = written(tmp_path, user={"exec": {"command": "aws"}})
    wrong = settings(ClusterEntry("eu", kubeconfig=plugin))
    with pytest.raises(InvalidInput, match="starts a program for its credentials"):
        refuse_wrong(wrong)
    # It is made wrong while the bot runs.
    assert said(wrong).startswith(f"{plugin}: `exec`: the user of the context here starts")
    with pytest.raises(InvalidInput, match="is no https URL"):
        refuse_wrong(settings(ClusterEntry("eu", server="http://a", token_file=plugin)))
    refuse_wrong(settings(ClusterEntry("eu", kubeconfig=written(tmp_path))))
    refuse_wrong(settings(ClusterEntry("eu", statuses=True)))
