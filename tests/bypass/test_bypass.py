"""No way around an approval merges, each is refused by name, and without its trick each merges."""

import re
from pathlib import Path

import pytest

from tests.bypass.corpus import CORPUS
from tests.bypass.scene import Scene

FORGES = {
    "local": "local",
    "github": "github",
    "gitlab_free": "gitlab",
    "gitlab_premium": "gitlab",
    "gitea": "gitea",
}
"""Fixtures, and what kind of forge each is."""

MARKS = {"gitea": [pytest.mark.real, pytest.mark.slow]}

TOLD = [
    pytest.param(forge, name, marks=MARKS.get(forge, ()))
    for forge, kind in FORGES.items()
    for name, bypass in CORPUS.items()
    if kind not in bypass.cannot
]


def tell(request: pytest.FixtureRequest, directory: Path, told: tuple[str, str, bool]) -> Scene:
    forge, name, tricked = told
    scene = Scene(request.getfixturevalue(forge)(directory / "forge"), directory)
    request.addfinalizer(scene.close)
    CORPUS[name].story(scene, tricked)
    scene.run()
    return scene


@pytest.mark.parametrize(("forge", "name"), TOLD)
def test_it_does_not_merge_and_is_named(
    request: pytest.FixtureRequest, tmp_path: Path, forge: str, name: str
) -> None:
    scene = tell(request, tmp_path, (forge, name, True))
    why = scene.bot.why()
    assert not scene.merged, why
    assert [r for r in CORPUS[name].refusals if not re.search(r, why)] == [], why


@pytest.mark.parametrize(("forge", "name"), TOLD)
def test_without_its_trick_it_merges(
    request: pytest.FixtureRequest, tmp_path: Path, forge: str, name: str
) -> None:
    scene = tell(request, tmp_path, (forge, name, False))
    assert scene.merged, scene.bot.why()


def test_what_a_forge_cannot_express_has_its_reason() -> None:
    said = {(name, kind): why for name, b in CORPUS.items() for kind, why in b.cannot.items()}
    assert {kind for _, kind in said} <= set(FORGES.values())
    assert all(said.values())
    told = {name for name, _ in said}
    for name in told:
        assert len(CORPUS[name].cannot) < len(set(FORGES.values())), f"{name} is told nowhere"
