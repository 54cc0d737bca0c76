"""Which tag goes to which environment: docs/following.md, decided with the reference fleet."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
import yaml

from bot.decide import decide
from bot.model import Artifact, GitTag, Manifest, Reference, Release, Source, Target
from bot.observation import Observation, PinFacts, Resolved
from bot.plan import Deliver, Open
from bot.state import State
from gitops.config import read
from gitops.fleet import Pinned
from gitops.tree import Tree
from tests.conftest import ROOT
from tests.unit.observations import BASE, COMMIT, NOW, STATE, digest, facts, proof
from tests.unit.test_manuals import DOCS, example

APP = "payments"
IMAGE = "registry.example.com/shop/payments"
PAGE = "following.md"
FILES = ("fleet.yaml", f"apps/{APP}/app.yaml")


def rows(name: str) -> list[tuple[str, str]]:
    """Tag and environment (`-` for none) of each row of a table of the page."""
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    table = text.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0]
    return re.findall(r"^\| `(\S+)` \| (\S+) \|", table, re.MULTILINE)


def usual() -> Mapping[str, str]:
    """The reference fleet's own words."""
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in FILES}


def named() -> Mapping[str, str]:
    """The same with the page's patterns in place of stage's and prod's streams."""
    fleet, app = usual().values()
    shown = yaml.safe_load(example(PAGE, "named-fleet"))["environments"]
    for (_, stream), environment in zip(
        (("stage", "prerelease"), ("prod", "release")), shown, strict=True
    ):
        old = f"follow: {{tags: {stream}}}"
        assert old in fleet
        fleet = fleet.replace(old, f"follow: {{pattern: '{environment['follow']['pattern']}'}}")
    assert "tags: v{version}" in app
    return dict(zip(FILES, (fleet, app.replace("tags: v{version}", 'tags: "{tag}"')), strict=True))


FLEETS = {"usual": usual, "named": named}


def observation(files: Mapping[str, str], *names: str) -> Observation:
    """A fleet that has run nothing yet; tags of one commit, and images of everything.

    Each name is a git tag and an image tag at once. The commit is proven wherever it has to be.
    """
    config = read(Tree.of(files))
    assert not config.broken, config.broken
    proven = Release(APP, "before", COMMIT, (Artifact(IMAGE, "before", digest("a")),))
    targets = [Target(each.name, APP) for each in config.fleet.environments]
    pins = [
        PinFacts(t, (Pinned(IMAGE, "0.0.0-unreleased", None),), True, (IMAGE,), ("k.yaml",))
        for t in targets
    ]
    wanted = [Reference(IMAGE, name) for name in names] + [Reference(IMAGE, digest=digest("a"))]
    return Observation(
        head=BASE,
        fleet=config.fleet,
        apps=config.apps,
        state=State(
            STATE, proofs=tuple(replace(proof(proven), target=target) for target in targets)
        ),
        login="fairlead",
        pins=tuple(pins),
        sources={
            APP: Source(
                tuple(GitTag(name, COMMIT, COMMIT) for name in names),
                {"main": (COMMIT,)},
                {COMMIT: facts()},
            )
        },
        tags={IMAGE: names},
        resolved=tuple(
            Resolved(each, Manifest(digest("a"), ("linux/amd64",), None)) for each in wanted
        ),
    )


def led(files: Mapping[str, str], *names: str) -> dict[str, str]:
    """Environment to the tag whose release the bot proposes or delivers there."""
    found = {}
    for action in decide(observation(files, *names), NOW).actions:
        assert isinstance(action, Open | Deliver)
        of = action.promotions if isinstance(action, Deliver) else (action.promotion,)
        for promotion in of:
            (artifact,) = promotion.release.artifacts
            found[promotion.target.environment] = artifact.tag
    return found


@pytest.mark.parametrize(
    ("fleet", "tag", "environment"),
    [(name, *row) for name in FLEETS for row in rows(name)],
)
def test_a_tag_goes_where_the_page_says(fleet: str, tag: str, environment: str) -> None:
    wanted = {} if environment == "-" else {environment: tag}
    assert led(FLEETS[fleet](), tag) == wanted


def test_the_page_shows_what_people_asked_about() -> None:
    shown = {name: dict(rows(name)) for name in FLEETS}
    assert set(shown["usual"].values()) == set(shown["named"].values()) | {"dev"}
    assert shown["usual"]["v1.0"] == shown["named"]["1.0.0-prod"] == "prod"
    assert shown["usual"]["v1.0-rc.1"] == "stage"


@pytest.mark.parametrize("first", [1, -1])
def test_the_newest_of_each_stream_is_taken(first: int) -> None:
    names = ("v1.0.0-rc.9", "v1.0.0-rc.10", "v0.9", "v1.0", "v1.0-rc.1", "latest", "v1.0.0-prod")
    assert led(usual(), *names[:2][::first]) == {"stage": "v1.0.0-rc.10"}
    # Letters order after numbers and words by the alphabet: rc comes after prod.
    assert led(usual(), *names[::first]) == {"stage": "v1.0.0-rc.10", "prod": "v1.0"}
    pair = ("1.9.0-prod", "1.10.0-prod")
    assert led(named(), *pair[::first]) == {"prod": "1.10.0-prod"}
