"""Which tags are builds of the branch that an environment follows."""

from dataclasses import replace

import pytest

from bot.candidates import candidates
from bot.observation import Observation
from tests.unit.observations import COMMIT, DEV, PAYMENTS, WORKER, pin, waiting, with_source

BUILD = '"main-{sha:7}-{timestamp:%Y%m%d%H%M%S}"'


def following(branch: str, *tags: str) -> Observation:
    """Dev follows a branch, and the registry has these tags of both images."""
    found = waiting(
        {"{branch: main}": f"{{branch: {branch}}}"},
        app={BUILD: '"{branch}-{sha:7}-{timestamp:%Y%m%d%H%M%S}"'},
    )
    read = with_source(found, branches={branch: (COMMIT,)})
    pins = (pin(DEV, None), *read.pins)
    return replace(read, tags={PAYMENTS: tags, WORKER: tags}, pins=pins)


@pytest.mark.parametrize(
    ("branch", "written"),
    [("main", "main"), ("release/1.x", "release-1.x"), ("team@home/x", "team-home-x")],
)
def test_a_branch_is_found_as_a_tag_can_write_it(branch: str, written: str) -> None:
    tag = f"{written}-{COMMIT[:7]}-20260303110000"
    found = candidates(DEV, following(branch, tag))
    assert isinstance(found, tuple)
    assert [(c.commit, dict(c.tags)) for c in found] == [(COMMIT, {PAYMENTS: tag, WORKER: tag})]


def test_a_build_of_another_branch_is_none() -> None:
    other = f"release-2.x-{COMMIT[:7]}-20260303110000"
    assert candidates(DEV, following("release/1.x", other)) == ()
