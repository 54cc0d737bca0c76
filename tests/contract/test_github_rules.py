"""Each rule that the adapter relies on, on the stand-in; and on a real GitHub, when one is named.

A person runs it against an instance with

    FAIRLEAD_LIVE_GITHUB_API           where its API is, such as https://api.github.com
    FAIRLEAD_LIVE_GITHUB_ORGANISATION  one in which the first token's person may make repositories
    FAIRLEAD_LIVE_GITHUB_TOKEN         a classic one: `repo`, `delete_repo`, `read:org`
    FAIRLEAD_LIVE_GITHUB_WRITER        another person's of the organisation: `repo`

It makes a private repository there and deletes it in the end. What is `assumed` is then known.
"""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from bot.secret import Secret
from tests.conftest import Absent
from tests.contract import github_merge_rules
from tests.contract.github_place import Place
from tests.contract.github_rules import RULES, Rule
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_state import ROLES

LIVE = os.environ.get("FAIRLEAD_LIVE_GITHUB_API", "").rstrip("/")
_ORGANISATION = os.environ.get("FAIRLEAD_LIVE_GITHUB_ORGANISATION", "")
_TOKENS = {
    "owner": Secret(os.environ.get("FAIRLEAD_LIVE_GITHUB_TOKEN", "")),
    "writer": Secret(os.environ.get("FAIRLEAD_LIVE_GITHUB_WRITER", "")),
}
_numbers = count(1)


def stood_in(server: GitHub, *, rules: bool) -> Place:
    """A repository on the stand-in."""
    tokens = {"owner": server.person("olga", access=ROLES["admin"]), "writer": server.person("wim")}
    path = server.repository(f"rules-{next(_numbers)}")
    return _furnished(Place(f"{server.url}/api/v3", path, rules, tokens))


def _furnished(place: Place) -> Place:
    place.commit("main", "fleet.yaml", "name: acme\n", by="owner")
    return place


@pytest.fixture(scope="module")
def free(github_free_server: GitHub) -> Place:
    return stood_in(github_free_server, rules=False)


@pytest.fixture(scope="module")
def team(github_team_server: GitHub) -> Place:
    return stood_in(github_team_server, rules=True)


@pytest.fixture(scope="module")
def live() -> Iterator[Place]:
    name = f"fairlead-rules-{os.getpid()}"
    place = Place(LIVE, f"{_ORGANISATION}/{name}", False, _TOKENS)
    place.told("POST", f"//orgs/{_ORGANISATION}/repos", {"name": name, "private": True})
    try:
        writer = place.login("writer")
        place.told("PUT", f"/collaborators/{writer}", {"permission": "push"})
        _furnished(place)
        place.rules = place.ask("GET", "/rulesets").status == 200
        yield place
    finally:
        place.told("DELETE", "")


def rows() -> Iterator[Any]:
    """Where each rule is looked at: on the plans that have it, and on what is named."""
    for row in RULES:
        plans = {None: ("free", "team"), False: ("free",), True: ("team",)}[row.planned]
        for place in (*plans, *(["live"] if LIVE else [])):
            yield pytest.param(place, row, id=f"{place}-{row.holds.__name__}")


@pytest.mark.parametrize(("where", "row"), list(rows()))
def test_a_rule_holds(
    request: pytest.FixtureRequest, where: str, row: Rule, absent: Absent
) -> None:
    place: Place = request.getfixturevalue(where)
    if row.planned not in {None, place.rules}:
        absent(f"the plan of this rule at {place.api}", "name another repository")
    row.holds(place)


def test_every_rule_cites_its_source_and_stands_once() -> None:
    assert github_merge_rules.__doc__
    assert all(rule.source for rule in RULES)
    says = [rule.says for rule in RULES]
    assert sorted(set(says)) == sorted(says)
